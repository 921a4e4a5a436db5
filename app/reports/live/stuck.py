"""Work that a rule of escalation found and that nobody moved since, and the work of one manager."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound

MOST_ROWS = 300

# What was told is found each half hour; what changed hands or ended since is not shown any more.
STUCK = text("""
SELECT e.rule, e.since, e.raised_at, w.id AS work_order_id, c.customer_no, k.code AS campaign_code,
    s.staff_no, s.name AS manager_name, g.code AS grid_code, w.state, w.scheduled_on, w.due_on, w.score,
    EXISTS (SELECT FROM escalations b WHERE b.work_order_id = e.work_order_id AND b.level = 'branch' AND b.resolved_at IS NULL)
        AS told_branch
FROM (SELECT * FROM escalations WHERE grid_id = ANY (:grids) AND level = 'grid' AND resolved_at IS NULL
        ORDER BY since, id LIMIT :most) e
    JOIN work_orders w ON w.id = e.work_order_id AND w.staff_id = e.staff_id AND w.pooled_at IS NULL
        AND w.state = ANY (CASE WHEN e.rule = 'return_undecided' THEN ARRAY['returned'] ELSE ARRAY['open', 'in_progress'] END)
    JOIN customers c ON c.id = w.customer_id JOIN campaigns k ON k.id = w.campaign_id JOIN staff s ON s.id = w.staff_id
    JOIN units g ON g.id = e.grid_id
ORDER BY e.since, e.id
""")


class StuckRow(NamedTuple):
    """A work order as STUCK finds it; see app.api.dashboard.live_schemas.StuckOut."""

    rule: str
    since: datetime
    raised_at: datetime
    work_order_id: int
    customer_no: str
    campaign_code: str
    staff_no: str
    manager_name: str
    grid_code: str
    state: str
    scheduled_on: date
    due_on: date
    score: float
    told_branch: bool


ORDERS = text("""
SELECT w.id AS work_order_id, c.customer_no, k.code AS campaign_code, w.product_family, w.state, w.scheduled_on, w.due_on,
    w.score, w.rolls, g.code AS grid_code, w.lent_until, f.outcome AS last_outcome, f.received_at AS last_report_at, f.callback_at
FROM (SELECT * FROM work_orders
        WHERE grid_id = ANY (:grids) AND staff_id = :staff AND state IN ('planned', 'open', 'in_progress') AND pooled_at IS NULL
        AND lent_to_grid_id IS NULL
    UNION ALL SELECT * FROM work_orders
        WHERE lent_to_grid_id = ANY (:grids) AND lent_to_grid_id IS NOT NULL AND staff_id = :staff
        AND state IN ('planned', 'open', 'in_progress') AND pooled_at IS NULL
    ORDER BY scheduled_on, id LIMIT :most) w
    JOIN customers c ON c.id = w.customer_id JOIN campaigns k ON k.id = w.campaign_id JOIN units g ON g.id = w.grid_id
    LEFT JOIN LATERAL (SELECT b.outcome, b.received_at, b.callback_at FROM contact_feedback b
        WHERE b.work_order_id = w.id ORDER BY b.received_at DESC, b.id DESC LIMIT 1) f ON true
ORDER BY w.scheduled_on, w.id
""")
_PERSON = text("""
SELECT id FROM staff WHERE staff_no = :staff_no AND unit_id = ANY (:grids) AND role = 'terminal_manager' AND active_from <= :today
    AND coalesce(active_to, 'infinity') >= :today
""")
_OTHERS = text("""
SELECT s.staff_no, s.name, g.code AS grid_code, s.unit_id = m.unit_id AS same_grid FROM staff s JOIN units g ON g.id = s.unit_id
    JOIN staff m ON m.id = :staff JOIN units h ON h.id = m.unit_id
WHERE g.parent_id = h.parent_id AND s.id <> m.id AND s.role = 'terminal_manager' AND s.active_from <= :today
    AND coalesce(s.active_to, 'infinity') >= :today
ORDER BY same_grid DESC, g.code, s.staff_no
""")


class UnknownManager(NotFound):
    """There is no such terminal manager in your grids today."""

    code = "manager.unknown"


def stuck_work(session: Session, *, grid_ids: Collection[int]) -> list[StuckRow]:
    """What is stuck in these grids, the longest first; at most `MOST_ROWS`."""
    return [StuckRow(*row) for row in session.execute(STUCK, {"grids": list(grid_ids), "most": MOST_ROWS})]


def orders_of(session: Session, *, staff_no: str, grid_ids: Collection[int], now: datetime) -> dict[str, Any]:
    """The live work orders of a manager of these grids, and who could have them: colleagues of the grid, then of the branch.

    Raises UnknownManager.
    """
    grids, today = list(grid_ids), clock.local_date(now)
    staff = session.scalar(_PERSON, {"staff_no": staff_no, "grids": grids, "today": today})
    if staff is None:
        raise UnknownManager
    orders = session.execute(ORDERS, {"grids": grids, "staff": staff, "most": MOST_ROWS}).all()
    return {"orders": orders, "others": session.execute(_OTHERS, {"staff": staff, "today": today}).all()}
