"""Moving many work orders at once, each by an event of its own: one statement, and one event row for each."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.dispatch.moves import Move
from app.dispatch.states import is_live, next_state

_MOVE = text("""
WITH moved AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:days AS date[]), CAST(:rolls AS int[]),
        CAST(:pooled AS timestamptz[]), CAST(:reasons AS text[]), CAST(:ends AS boolean[]), CAST(:staff AS int[]),
        CAST(:grids AS int[]), CAST(:lent_to AS int[]), CAST(:lent_until AS date[]), CAST(:homes AS int[]))
        AS m (id, state, day, rolls, pooled_at, reason, ends, staff_id, grid_id, lent_to, lent_until, home)
), happened AS (
    SELECT * FROM unnest(CAST(:event_ids AS bigint[]), CAST(:events AS text[]), CAST(:from_states AS text[]),
        CAST(:to_states AS text[]), CAST(:firsts AS boolean[]), CAST(:actors AS int[])) WITH ORDINALITY
        AS e (id, event, from_state, to_state, is_first, actor, nth)
), written AS (
    INSERT INTO work_order_events
        (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id, actor_account_id, reason)
    SELECT w.id, :now, e.event, e.from_state, e.to_state,
        CASE WHEN e.is_first THEN w.staff_id ELSE coalesce(m.staff_id, w.staff_id) END, coalesce(m.staff_id, w.staff_id),
        e.actor, m.reason
    FROM happened e JOIN moved m USING (id) JOIN work_orders w USING (id) ORDER BY e.nth
)
UPDATE work_orders w SET state = m.state, scheduled_on = m.day, rolls = m.rolls, pooled_at = m.pooled_at,
    staff_id = coalesce(m.staff_id, w.staff_id), grid_id = coalesce(m.grid_id, w.grid_id),
    lent_to_grid_id = coalesce(m.lent_to, w.lent_to_grid_id), lent_until = coalesce(m.lent_until, w.lent_until),
    home_staff_id = CASE WHEN m.lent_to IS NULL THEN w.home_staff_id ELSE m.home END,
    closed_at = CASE WHEN m.ends THEN CAST(:now AS timestamptz) END, close_reason = CASE WHEN m.ends THEN m.reason END
FROM moved m WHERE w.id = m.id
""")


_NOTE = text("""
INSERT INTO work_order_events (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id, reason)
SELECT w.id, :now, :event, w.state, w.state, w.staff_id, w.staff_id, :reason FROM work_orders w
WHERE w.id = ANY(:ids) AND NOT EXISTS (SELECT FROM work_order_events e WHERE e.work_order_id = w.id AND e.event = :event)
ORDER BY w.id
""")


def move_many(session: Session, moves: Sequence[Move], *, now: datetime) -> None:
    """Let each event happen; the caller holds the locks, taken in the order of ids, and knows that the table allows it."""
    if not moves:
        return
    steps = [step for move in moves for step in _steps(move)]
    after = {step[0]: step[3] for step in steps}
    loans = [move.loan or (None, None, None) for move in moves]
    columns = {
        "ids": [move.work_order_id for move in moves],
        "states": [after[move.work_order_id] for move in moves],
        "days": [move.scheduled_on for move in moves],
        "rolls": [move.rolls for move in moves],
        "pooled": [move.pooled_at for move in moves],
        "reasons": [move.reason for move in moves],
        "ends": [not is_live(after[move.work_order_id]) for move in moves],
        "staff": [move.staff_id for move in moves],
        "grids": [move.grid_id for move in moves],
        "lent_to": [loan[0] for loan in loans],
        "lent_until": [loan[1] for loan in loans],
        "homes": [loan[2] for loan in loans],
    }
    names = ("event_ids", "events", "from_states", "to_states", "firsts", "actors")
    happened = dict(zip(names, (list(column) for column in zip(*steps, strict=True)), strict=True))
    session.execute(_MOVE, columns | happened | {"now": now})
    session.expire_all()  # what was loaded before is no longer so


def note_once(session: Session, work_order_ids: Collection[int], *, event: str, reason: str, now: datetime) -> None:
    """Let it be known of these work orders, each once, without a change of anything else; the caller holds the locks."""
    if work_order_ids:
        session.execute(_NOTE, {"ids": list(work_order_ids), "event": event, "reason": reason, "now": now})


def _steps(move: Move) -> Iterator[tuple[int, str, str, str, bool, int | None]]:
    """(id, event, state before, state after, whether it is the first, who) of each event of a move."""
    state, is_first = move.state, True
    for event in (move.event, move.then):
        if event is not None:
            after = next_state(state, event)
            assert after is not None
            yield move.work_order_id, event.value, str(state), after, is_first, move.actor_account_id
            state, is_first = after, False
