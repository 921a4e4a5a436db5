"""Who a customer belonged to, kept as periods: whatever is about to change grid or owner first ends the period before.

The feed and a handover may differ. What a handover decided stays as long as the feed says what it said before; when the feed
says the same as the handover it has learned of it, and when it says something else it knows something newer: then it wins.
"""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import count_changed

# A row of the feed that says something else than before the handover, be it the same as the handover, ends the hold.
_RELEASE = """
DELETE FROM ownership_holds h USING import_rows s JOIN customers c ON c.customer_no = s.customer_no
JOIN units g ON g.code = s.grid_code LEFT JOIN staff o ON o.staff_no = s.owner_staff_no
WHERE h.customer_id = c.id AND (h.feed_grid_id <> g.id OR h.feed_owner_staff_id IS DISTINCT FROM o.id)
"""
_HOLD_FAST = """
UPDATE import_rows s SET grid_code = g.code, owner_staff_no = o.staff_no
FROM ownership_holds h JOIN customers c ON c.id = h.customer_id JOIN units g ON g.id = c.grid_id
LEFT JOIN staff o ON o.id = c.owner_staff_id WHERE s.customer_no = c.customer_no
"""

# Of the staged rows only those that change something: of a million rows these are few.
_FROM_FEED = """
CREATE TEMP TABLE ownership_changes ON COMMIT DROP AS
SELECT c.id AS customer_id, g.id AS grid_id, o.id AS owner_staff_id
FROM import_rows s JOIN customers c ON c.customer_no = s.customer_no JOIN units g ON g.code = s.grid_code
LEFT JOIN staff o ON o.staff_no = s.owner_staff_no
WHERE c.grid_id <> g.id OR c.owner_staff_id IS DISTINCT FROM o.id
"""
_CLOSE = """
UPDATE customer_ownerships o SET to_date = :day FROM ownership_changes x
WHERE o.customer_id = x.customer_id AND o.to_date IS NULL AND coalesce(o.from_date, '-infinity') < :day
"""
# Of several changes on one day the last word counts for all of it.
_CORRECT = """
UPDATE customer_ownerships o SET grid_id = x.grid_id, owner_staff_id = x.owner_staff_id FROM ownership_changes x
WHERE o.customer_id = x.customer_id AND o.to_date IS NULL AND o.from_date >= :day
"""
_BEFORE = """
INSERT INTO customer_ownerships (customer_id, grid_id, owner_staff_id, to_date)
SELECT c.id, c.grid_id, c.owner_staff_id, :day FROM customers c JOIN ownership_changes x ON x.customer_id = c.id
WHERE NOT EXISTS (SELECT FROM customer_ownerships o WHERE o.customer_id = c.id) ORDER BY c.id
"""
_OPEN = """
INSERT INTO customer_ownerships (customer_id, grid_id, owner_staff_id, from_date)
SELECT x.customer_id, x.grid_id, x.owner_staff_id, :day FROM ownership_changes x
WHERE NOT EXISTS (SELECT FROM customer_ownerships o WHERE o.customer_id = x.customer_id AND o.to_date IS NULL)
ORDER BY x.customer_id
"""


_ARRIVE = """
INSERT INTO customer_arrivals (customer_id, grid_id)
SELECT c.id, x.grid_id FROM customers c JOIN ownership_changes x ON x.customer_id = c.id WHERE x.grid_id <> c.grid_id
ORDER BY c.id ON CONFLICT (customer_id) DO UPDATE SET grid_id = excluded.grid_id
"""
# A run that knows the owners of before is over by then, so that its work is seen: it keeps others from writing customers.
_AFTER_RUNS = "LOCK TABLE customers IN ROW EXCLUSIVE MODE"
_TELL = """
INSERT INTO ownership_news (customer_id, owner_staff_id)
SELECT c.id, c.owner_staff_id FROM customers c JOIN ownership_changes x ON x.customer_id = c.id
WHERE EXISTS (SELECT FROM work_orders w WHERE w.customer_id = c.id AND w.state IN ('planned', 'open', 'in_progress'))
ORDER BY c.id ON CONFLICT (customer_id) DO NOTHING
"""
_FOLLOWED = """
DELETE FROM ownership_news n WHERE n.customer_id = ANY(:customers) AND NOT EXISTS (SELECT FROM work_orders w
    WHERE w.customer_id = n.customer_id AND w.state IN ('planned', 'open', 'in_progress') AND w.id <> ALL(:orders))
"""
_GIVEN = """
INSERT INTO ownership_changes SELECT x.customer_id, x.grid_id, x.owner_staff_id
FROM unnest(CAST(:customers AS bigint[]), CAST(:grids AS int[]), CAST(:owners AS int[])) x (customer_id, grid_id, owner_staff_id)
JOIN customers c ON c.id = x.customer_id
WHERE c.grid_id <> x.grid_id OR c.owner_staff_id IS DISTINCT FROM x.owner_staff_id
"""
# The word of the feed is what stood there before the first of several handovers.
_HOLD = """
INSERT INTO ownership_holds (customer_id, feed_grid_id, feed_owner_staff_id, handover_id)
SELECT c.id, c.grid_id, c.owner_staff_id, :handover_id FROM customers c JOIN ownership_changes x ON x.customer_id = c.id
ORDER BY c.id ON CONFLICT (customer_id) DO UPDATE SET handover_id = excluded.handover_id
"""
_CHANGE = """
UPDATE customers c SET grid_id = x.grid_id, owner_staff_id = x.owner_staff_id, changed_xid = pg_current_xact_id()
FROM ownership_changes x WHERE c.id = x.customer_id
"""
_AGREED = """
DELETE FROM ownership_holds h USING customers c, ownership_changes x WHERE x.customer_id = h.customer_id AND c.id = h.customer_id
AND h.feed_grid_id = c.grid_id AND h.feed_owner_staff_id IS NOT DISTINCT FROM c.owner_staff_id
"""


def keep_ownership(session: Session, *, day: date) -> None:
    """Let the periods follow the staged rows of the customers feed, before these are merged: from `day` on it is as they say,
    but for those that do not know of a handover yet, which are made to say what the handover decided."""
    if session.scalar(text("SELECT EXISTS (SELECT FROM ownership_holds)")):
        session.execute(text(_RELEASE))
        session.execute(text(_HOLD_FAST))
    session.execute(text(_FROM_FEED))
    _write_periods(session, day)
    session.execute(text(_AFTER_RUNS))
    session.execute(text(_TELL))
    session.execute(text("DROP TABLE ownership_changes"))


def change_owners(session: Session, changes: Sequence[tuple[int, int, int | None]], *, handover_id: int, day: date) -> int:
    """From `day` on customers have this grid and owner, and keep them until the feed says something new. How many changed.

    changes: (customer id, grid id, staff id of the owner), of each customer one. Waits for an import of customers.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('imports/customers', 0))"))
    session.execute(
        text("CREATE TEMP TABLE ownership_changes (customer_id bigint, grid_id int, owner_staff_id int) ON COMMIT DROP")
    )
    customers, grids, owners = zip(*changes, strict=True) if changes else ((), (), ())
    session.execute(text(_GIVEN), {"customers": list(customers), "grids": list(grids), "owners": list(owners)})
    _write_periods(session, day)
    session.execute(text(_HOLD), {"handover_id": handover_id})
    changed = count_changed(session, _CHANGE)
    session.execute(text(_AGREED))
    session.execute(text("DROP TABLE ownership_changes"))
    session.expire_all()  # what was loaded before is no longer so
    return changed


def try_to_follow(session: Session) -> bool:
    """Whether no import and no handover changes owners until the end of this transaction; nobody is waited for."""
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended('imports/customers', 0))")))


def forget_news(session: Session, customer_ids: Collection[int], *, followed: Collection[int]) -> None:
    """Take away what the feed changed of these customers, but for who has live work beside the work orders that followed."""
    session.execute(text(_FOLLOWED), {"customers": list(customer_ids), "orders": list(followed)})


def _write_periods(session: Session, day: date) -> None:
    """From `day` on it is as the table `ownership_changes` says; what `customers` says ends."""
    # Whatever the planner believes of the periods, it never compares each of them with each change.
    session.execute(text("CREATE UNIQUE INDEX ON ownership_changes (customer_id)"))
    session.execute(text("ANALYZE ownership_changes"))
    if session.scalar(text("SELECT EXISTS (SELECT FROM ownership_changes)")):
        for statement in (_CLOSE, _CORRECT, _BEFORE, _OPEN):
            session.execute(text(statement), {"day": day})
        session.execute(text(_ARRIVE))
