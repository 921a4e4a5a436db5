"""Work orders as grid managers see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select, tuple_
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.campaign import Campaign
from app.models.customer import Customer
from app.models.organisation import Staff, Unit
from app.models.work_order import WorkOrder, WorkOrderState


@dataclass(frozen=True)
class WorkOrderRow:
    """A work order. `score` is the calibrated probability at its dispatch."""

    id: int
    campaign_code: str
    customer_no: str
    grid_code: str
    staff_no: str
    manager_name: str
    state: WorkOrderState
    scheduled_on: date
    due_on: date
    rank: int
    score: float
    assigned_because: str
    dispatched_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    pooled_at: datetime | None
    lent_to_grid_id: int | None
    lent_until: date | None
    version: int


def work_order_page(
    session: Session,
    *,
    grid_ids: Collection[int],
    state: WorkOrderState | None,
    pooled: bool | None = None,
    secret: str,
    cursor: str | None,
    limit: int,
) -> Page[WorkOrderRow]:
    """A page of the work orders of these grids and of those lent to them, by day and id; `pooled`: those in a pool, or not.

    Raises WrongCursor, Invalid for a wrong limit.
    """
    size = clamp_page_size(limit)
    name = f"work-orders/{state}/{pooled}/{sorted(grid_ids)}"
    mine = or_(WorkOrder.grid_id.in_(grid_ids), WorkOrder.lent_to_grid_id.in_(grid_ids))
    statement = _rows().where(mine).order_by(WorkOrder.scheduled_on, WorkOrder.id).limit(size + 1)
    if state is not None:
        statement = statement.where(WorkOrder.state == state)
    if pooled is not None:
        statement = statement.where(WorkOrder.pooled_at.is_not(None) if pooled else WorkOrder.pooled_at.is_(None))
    if cursor is not None:
        day, last_id = read_cursor(secret, name, cursor)
        statement = statement.where(tuple_(WorkOrder.scheduled_on, WorkOrder.id) > (date.fromisoformat(day), last_id))
    rows = [WorkOrderRow(*row) for row in session.execute(statement)]
    more = len(rows) > size
    last = rows[size - 1] if more else None
    return Page(rows[:size], write_cursor(secret, name, [last.scheduled_on.isoformat(), last.id]) if last else None)


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            WorkOrder.id,
            Campaign.code,
            Customer.customer_no,
            Unit.code,
            Staff.staff_no,
            Staff.name,
            WorkOrder.state,
            WorkOrder.scheduled_on,
            WorkOrder.due_on,
            WorkOrder.rank,
            WorkOrder.score,
            WorkOrder.assigned_because,
            WorkOrder.dispatched_at,
            WorkOrder.closed_at,
            WorkOrder.close_reason,
            WorkOrder.pooled_at,
            WorkOrder.lent_to_grid_id,
            WorkOrder.lent_until,
            WorkOrder.version,
        )
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Customer, Customer.id == WorkOrder.customer_id)
        .join(Unit, Unit.id == WorkOrder.grid_id)
        .join(Staff, Staff.id == WorkOrder.staff_id)
    )
