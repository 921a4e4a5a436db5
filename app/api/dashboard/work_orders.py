"""Work orders of my grids: who has what, and giving it to somebody else."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, IdPath, In, Limit, Out, ShortText
from app.core.paging import MAX_PAGE_SIZE
from app.dispatch.by_hand.reassigning import reassign_work_order
from app.models.work_order import WorkOrderState
from app.reports.work_orders import work_order_page

router = APIRouter(prefix="/dashboard/v1/work-orders", tags=["dashboard"])


class WorkOrderOut(Out):
    """A work order; `score` is the calibrated probability at its dispatch."""

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


class WorkOrderPage(Out):
    """A page, by day and id."""

    items: list[WorkOrderOut]
    next_cursor: str | None


class ReassignIn(In):
    """Who gets it, and why."""

    to_staff_no: ShortText
    reason: ShortText


class ReassignedOut(Out):
    """The work order as it is now."""

    id: int
    staff_id: int
    state: WorkOrderState
    scheduled_on: date


@router.get("")
def list_work_orders(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    state: Annotated[WorkOrderState | None, Query(description="only in this state")] = None,
    pooled: Annotated[bool | None, Query(description="only what lies in the pool of its grid, or only the rest")] = None,
    cursor: Cursor = None,
    limit: Limit = MAX_PAGE_SIZE,
) -> WorkOrderPage:
    """The work orders of my grids, and those lent to them."""
    grids = principal.grid_ids
    page = work_order_page(session, grid_ids=grids, state=state, pooled=pooled, secret=secret, cursor=cursor, limit=limit)
    return WorkOrderPage.model_validate(page)


@router.post("/{work_order_id}/reassign")
def reassign(work_order_id: IdPath, body: ReassignIn, principal: GridManager, session: SessionDep, now: Now) -> ReassignedOut:
    """Give a live work order of my grids to another manager of its grid."""
    order = reassign_work_order(
        session,
        work_order_id=work_order_id,
        grid_ids=principal.grid_ids,
        actor_account_id=principal.account_id,
        now=now,
        **body.model_dump(),
    )
    return ReassignedOut.model_validate(order)
