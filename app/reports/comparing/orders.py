"""The work orders behind a manager's figures, the latest first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from app.access.queries import get_staff
from app.core.clock import end_of_day, start_of_day
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.figures.fact_queries import local_day
from app.figures.periods import Period
from app.models.campaign import Campaign, Product
from app.models.customer import Customer
from app.models.organisation import Unit
from app.models.work_order import WorkOrder, WorkOrderState


class Which(StrEnum):
    """Work orders of some days: dispatched then, matured then, given back then, or past their last day then."""

    DISPATCHED = "dispatched"
    MATURED = "matured"
    RETURNED = "returned"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class OrderRow:
    """A work order. `score`: the probability of a success frozen at its dispatch."""

    id: int
    customer_no: str
    campaign_code: str
    campaign_name: str
    product_code: str
    grid_code: str
    state: WorkOrderState
    score: float
    scheduled_on: date
    due_on: date
    dispatched_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    matures_at: datetime


def manager_orders(
    session: Session,
    *,
    staff_no: str,
    grid_ids: Collection[int],
    which: Which,
    period: Period,
    secret: str,
    cursor: str | None,
    limit: int,
) -> Page[OrderRow]:
    """A page of a manager's work orders in these grids, the latest dispatched first; nothing where they have none there.

    Raises UnknownStaff, WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    name = f"comparing/orders/{staff_no}/{which}/{period}/{sorted(grid_ids)}"
    staff_id = get_staff(session, staff_no).id
    statement = _rows().where(WorkOrder.staff_id == staff_id, WorkOrder.grid_id.in_(grid_ids), _of(which, period))
    if cursor is not None:
        at, last_id = read_cursor(secret, name, cursor)
        statement = statement.where(tuple_(WorkOrder.dispatched_at, WorkOrder.id) < (datetime.fromisoformat(at), last_id))
    newest = statement.order_by(WorkOrder.dispatched_at.desc(), WorkOrder.id.desc()).limit(size + 1)
    rows = [OrderRow(*row) for row in session.execute(newest)]
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], write_cursor(secret, name, [last.dispatched_at.isoformat(), last.id]) if last else None)


def _of(which: Which, period: Period) -> ColumnElement[bool]:
    begins, ends = start_of_day(period.first), end_of_day(period.last)
    if which is Which.DISPATCHED:
        return and_(WorkOrder.dispatched_at >= begins, WorkOrder.dispatched_at < ends)
    if which is Which.MATURED:
        return and_(WorkOrder.matures_at > begins, WorkOrder.matures_at <= ends)
    if which is Which.RETURNED:
        returned = WorkOrder.state == WorkOrderState.RETURNED
        return and_(returned, WorkOrder.closed_at >= begins, WorkOrder.closed_at < ends)
    in_time = and_(local_day(WorkOrder.closed_at) <= WorkOrder.due_on, WorkOrder.state != WorkOrderState.EXPIRED)
    return and_(WorkOrder.due_on.between(period.first, period.last), func.coalesce(in_time, False).is_(False))


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            WorkOrder.id,
            Customer.customer_no,
            Campaign.code,
            Campaign.name,
            Product.product_code,
            Unit.code,
            WorkOrder.state,
            WorkOrder.score,
            WorkOrder.scheduled_on,
            WorkOrder.due_on,
            WorkOrder.dispatched_at,
            WorkOrder.closed_at,
            WorkOrder.close_reason,
            WorkOrder.matures_at,
        )
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Product, Product.id == WorkOrder.product_id)
        .join(Customer, Customer.id == WorkOrder.customer_id)
        .join(Unit, Unit.id == WorkOrder.grid_id)
    )
