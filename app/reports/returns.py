"""Work orders that were given back and wait for a decision."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.dispatch.by_hand.returns import RETURN_REASONS, closing_of, leaves_denominator
from app.models.campaign import Campaign
from app.models.customer import Customer
from app.models.organisation import Staff
from app.models.work_order import WorkOrder, WorkOrderReturn


@dataclass(frozen=True)
class ReturnRow:
    """A return, with what is to show it. `counts`: an accepted one leaves the order in the denominator of the success rate."""

    id: int
    work_order_id: int
    campaign_code: str
    customer_no: str
    staff_no: str
    manager_name: str
    reason: str
    reason_zh: str
    reason_en: str
    counts: bool
    note: str | None
    feedback_id: UUID | None
    attachment_ids: list[UUID]
    returned_at: datetime


def undecided_returns(
    session: Session, *, grid_ids: Collection[int], secret: str, cursor: str | None, limit: int
) -> Page[ReturnRow]:
    """A page of what waits for a decision in these grids, oldest first. Raises WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    name = f"returns/{sorted(grid_ids)}"
    statement = (
        select(WorkOrderReturn, Campaign.code, Customer.customer_no, Staff.staff_no, Staff.name)
        .join(WorkOrder, WorkOrder.id == WorkOrderReturn.work_order_id)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Customer, Customer.id == WorkOrder.customer_id)
        .join(Staff, Staff.id == WorkOrderReturn.staff_id)
        .where(WorkOrderReturn.grid_id.in_(grid_ids), WorkOrderReturn.decided_at.is_(None))
        .order_by(WorkOrderReturn.id)
        .limit(size + 1)
    )
    if cursor is not None:
        statement = statement.where(WorkOrderReturn.id > read_cursor(secret, name, cursor))
    rows = [_row(*found) for found in session.execute(statement)]
    return Page(rows[:size], write_cursor(secret, name, rows[size - 1].id) if len(rows) > size else None)


def _row(found: WorkOrderReturn, campaign_code: str, customer_no: str, staff_no: str, name: str) -> ReturnRow:
    return ReturnRow(
        id=found.id,
        work_order_id=found.work_order_id,
        campaign_code=campaign_code,
        customer_no=customer_no,
        staff_no=staff_no,
        manager_name=name,
        reason=found.reason,
        reason_zh=RETURN_REASONS[found.reason].zh,
        reason_en=RETURN_REASONS[found.reason].en,
        counts=not leaves_denominator(closing_of(found.reason)),
        note=found.note,
        feedback_id=found.feedback_id,
        attachment_ids=found.attachment_ids or [],
        returned_at=found.returned_at,
    )
