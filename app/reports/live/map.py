"""The map of one grid: where its customers with open work are, and where today's reports were made, in order. `tiles`:
the address of the installation's own map tiles, if it has any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.core.security import Principal
from app.reports.live.grids import Grid, my_grids, shown_grids

MOST_CUSTOMERS = 2_000
MOST_REPORTS = 2_000

CUSTOMERS = text("""
SELECT c.latitude, c.longitude, w.id AS work_order_id, c.customer_no, s.staff_no, w.state, w.scheduled_on, w.due_on
FROM (SELECT * FROM work_orders WHERE grid_id = :grid AND state IN ('open', 'in_progress') AND pooled_at IS NULL
        AND lent_to_grid_id IS NULL
    UNION ALL SELECT * FROM work_orders WHERE lent_to_grid_id = :grid AND lent_to_grid_id IS NOT NULL
        AND state IN ('open', 'in_progress') AND pooled_at IS NULL) w
    JOIN customers c ON c.id = w.customer_id JOIN staff s ON s.id = w.staff_id
WHERE c.latitude IS NOT NULL AND c.longitude IS NOT NULL
ORDER BY w.scheduled_on, w.id LIMIT :most
""")
REPORTS = text("""
SELECT f.latitude, f.longitude, f.accuracy_metres, coalesce(f.mock_location, false) AS mock, f.contacted_at, f.work_order_id,
    s.staff_no, f.channel, f.outcome
FROM staff s JOIN contact_feedback f ON f.staff_id = s.id AND f.month = :month
WHERE s.unit_id = :grid AND f.received_at >= :day AND f.latitude IS NOT NULL AND f.longitude IS NOT NULL
ORDER BY s.staff_no, f.contacted_at, f.id LIMIT :most
""")


@dataclass(frozen=True)
class Map:
    """What is drawn. `customers`: those whose place the feeds say; `reports`: by manager, in their order."""

    grids: list[Grid]
    grid: Grid
    tiles: str | None
    customers: Sequence[Any]
    reports: Sequence[Any]


def map_of(session: Session, *, principal: Principal, grid_code: str | None, tiles: str, now: datetime) -> Map:
    """One grid today: this one, or the first of mine. Raises UnknownGrid."""
    grids = my_grids(session, principal.grid_ids)
    grid = shown_grids(grids, grid_code)[0]
    today = clock.start_of_day(clock.local_date(now))
    customers = session.execute(CUSTOMERS, {"grid": grid.id, "most": MOST_CUSTOMERS}).all()
    values = {"grid": grid.id, "month": Month.of(now).first_day, "day": today, "most": MOST_REPORTS}
    return Map(grids, grid, tiles or None, customers, session.execute(REPORTS, values).all())
