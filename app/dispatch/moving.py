"""Moving many work orders at once, each by an event of its own: one statement, and one event row for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.dispatch.states import Event, is_live, next_state


@dataclass(frozen=True)
class Move:
    """A work order that the caller has locked in `state`, what happens to it, and what it has afterwards."""

    work_order_id: int
    state: str
    event: Event
    scheduled_on: date
    rolls: int
    pooled_at: datetime | None = None
    reason: str | None = None


_MOVE = text("""
WITH moved AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:events AS text[]), CAST(:states AS text[]), CAST(:days AS date[]),
        CAST(:rolls AS int[]), CAST(:pooled AS timestamptz[]), CAST(:reasons AS text[]), CAST(:ends AS boolean[]))
        AS m (id, event, state, day, rolls, pooled_at, reason, ends)
), written AS (
    INSERT INTO work_order_events
        (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id, reason)
    SELECT w.id, :now, m.event, w.state, m.state, w.staff_id, w.staff_id, m.reason
    FROM moved m JOIN work_orders w USING (id) ORDER BY w.id
)
UPDATE work_orders w SET state = m.state, scheduled_on = m.day, rolls = m.rolls, pooled_at = m.pooled_at,
    closed_at = CASE WHEN m.ends THEN CAST(:now AS timestamptz) END, close_reason = CASE WHEN m.ends THEN m.reason END
FROM moved m WHERE w.id = m.id
""")


def move_many(session: Session, moves: Sequence[Move], *, now: datetime) -> None:
    """Let each event happen; the caller holds the locks, taken in the order of ids, and knows that the table allows it."""
    after = [next_state(move.state, move.event) for move in moves]
    assert None not in after
    session.execute(
        _MOVE,
        {
            "ids": [move.work_order_id for move in moves],
            "events": [move.event.value for move in moves],
            "states": after,
            "days": [move.scheduled_on for move in moves],
            "rolls": [move.rolls for move in moves],
            "pooled": [move.pooled_at for move in moves],
            "reasons": [move.reason for move in moves],
            "ends": [not is_live(state or "") for state in after],
            "now": now,
        },
    )
    session.expire_all()  # what was loaded before is no longer so
