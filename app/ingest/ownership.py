"""Who a customer belonged to, kept as periods: whatever is about to change grid or owner first ends the period before."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

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


def keep_ownership(session: Session, *, day: date) -> None:
    """Let the periods follow the staged rows of the customers feed, before these are merged: from `day` on it is as they say."""
    session.execute(text(_FROM_FEED))
    write_periods(session, day=day)


def write_periods(session: Session, *, day: date) -> None:
    """From `day` on the customers of the table `ownership_changes` are as it says; what `customers` says ends. Drops the table.

    ownership_changes: customer_id, grid_id, owner_staff_id. `customers` is the caller's to change, afterwards.
    """
    if session.scalar(text("SELECT EXISTS (SELECT FROM ownership_changes)")):
        for statement in (_CLOSE, _CORRECT, _BEFORE, _OPEN):
            session.execute(text(statement), {"day": day} if ":day" in statement else {})
    session.execute(text("DROP TABLE ownership_changes"))
