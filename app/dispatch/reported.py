"""Moving work orders by what was reported on them, many in one statement: a report is a fact, and asks nobody."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.core.hot import Statement
from app.dispatch.states import is_live

_MOVE = """
WITH moves AS (
    SELECT * FROM json_to_recordset(%(moves)s) AS m (nth int, work_order_id bigint, event text, from_state text, to_state text,
        reason text, ends bool)
), last AS (
    SELECT DISTINCT ON (work_order_id) * FROM moves ORDER BY work_order_id, nth DESC
), moved AS (
    UPDATE work_orders w SET state = m.to_state, pooled_at = NULL, close_reason = CASE WHEN m.ends THEN m.reason END,
        closed_at = CASE WHEN m.ends THEN CAST(%(now)s AS timestamptz) END
    FROM last m WHERE w.id = m.work_order_id
    RETURNING w.id, w.staff_id
)
INSERT INTO work_order_events (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id,
    actor_account_id, reason)
SELECT m.work_order_id, CAST(%(now)s AS timestamptz), m.event, m.from_state, m.to_state, moved.staff_id, moved.staff_id,
    CAST(%(actor)s AS int), m.reason
FROM moves m JOIN moved ON moved.id = m.work_order_id ORDER BY m.nth
"""


class Reported(NamedTuple):
    """What a report did to a work order. `event`: contacted or completed; `reason`: the outcome."""

    work_order_id: int
    event: str
    from_state: str
    to_state: str
    reason: str


def move_statement(moves: Sequence[Reported], *, actor_account_id: int, now: datetime) -> Statement:
    """Moves work orders that the transaction has locked, as `move_work_order` does one by one, with a row of each event."""
    rows: list[dict[str, Any]] = [
        {"nth": nth, **move._asdict(), "ends": not is_live(move.to_state)} for nth, move in enumerate(moves)
    ]
    return _MOVE, {"moves": json.dumps(rows), "actor": actor_account_id, "now": now}
