"""Reads behind telling phones of new work."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.devices.queries import Pushable

# A phone that synced then may have missed what a transaction brought that was still under way.
UNDER_WAY = timedelta(minutes=15)
# Of what came earlier than the last message only this is looked at, for what was not committed by then.
LOOK_BACK = timedelta(hours=1)

# What a person does to an order by himself is no news to him. What came since the last message changed its row since then, too:
# so only those rows are looked at, by their index.
_ARRIVED = text("""
SELECT p.staff_id, count(*) FROM unnest(CAST(:staff AS int[]), CAST(:told AS timestamptz[]), CAST(:told_in AS text[]),
        CAST(:seen AS timestamptz[])) AS p (staff_id, told_at, told_in, seen_at)
    JOIN accounts a ON a.staff_id = p.staff_id
    JOIN work_orders w ON w.staff_id = p.staff_id AND w.state IN ('open', 'in_progress') AND w.scheduled_on <= :today
        AND w.pooled_at IS NULL AND w.changed_xid >= coalesce(pg_snapshot_xmin(CAST(p.told_in AS pg_snapshot)), CAST('0' AS xid8))
    CROSS JOIN LATERAL (SELECT greatest(w.dispatched_at, max(x.happened_at)) AS at FROM work_order_events x
        WHERE x.work_order_id = w.id AND x.actor_account_id IS DISTINCT FROM a.id AND (x.from_staff_id <> x.to_staff_id
            OR x.event IN ('released', 'reassigned', 'lent', 'brought_home', 'redispatched', 'return_rejected', 'reset'))) came
WHERE came.at > coalesce(p.seen_at, '-infinity') AND (came.at > p.told_at
    OR (w.state = 'open' AND NOT pg_visible_in_snapshot(w.changed_xid, CAST(p.told_in AS pg_snapshot))
        AND came.at > p.told_at - CAST(:look_back AS interval)))
GROUP BY p.staff_id ORDER BY p.staff_id
""")


def present_snapshot(session: Session) -> str:
    """Which transactions are over and seen as of now; what is read afterwards sees at least as much."""
    return str(session.scalars(text("SELECT CAST(pg_current_snapshot() AS text)")).one())


def arrived(session: Session, people: Sequence[Pushable], *, today: date) -> dict[int, int]:
    """By staff id: how many work orders came to their phone that they were not told of; who has none is left out."""
    values = {
        "staff": [one.staff_id for one in people],
        "told": [one.told_at for one in people],
        "told_in": [one.told_snapshot for one in people],
        "seen": [None if one.last_sync_at is None else one.last_sync_at - UNDER_WAY for one in people],
        "today": today,
        "look_back": LOOK_BACK,
    }
    return dict(session.execute(_ARRIVED, values).all()) if people else {}
