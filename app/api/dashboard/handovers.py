"""Handovers of my grids: planned with a preview, confirmed by whom it takes, cancelled until their day."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Code, Cursor, In, Limit, Out, ShortText
from app.core.paging import MAX_PAGE_SIZE
from app.models.territory import HandoverKind, HandoverStatus, OrderWay
from app.reports import handovers as reports
from app.territory import service
from app.territory.terms import MOST_OTHERS, Terms

router = APIRouter(prefix="/dashboard/v1/handovers", tags=["dashboard"])

HandoverId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class HandoverIn(In):
    """What is to be handed over. Which fields there must be depends on the kind; a wrong one is named."""

    kind: HandoverKind
    effective_on: Annotated[date, Field(description="the first day on which it is otherwise, from today on")]
    reason: ShortText
    return_on: Annotated[date | None, Field(description="leave: the first day back")] = None
    staff_no: Annotated[ShortText | None, Field(description="who goes, or comes (new_manager)")] = None
    grid_code: Annotated[Code | None, Field(description="whose customers; left out: of the grid of staff_no")] = None
    to_grid_code: Annotated[Code | None, Field(description="transfer, grid_split, grid_merge")] = None
    others: Annotated[
        tuple[ShortText, ...],
        Field(max_length=MOST_OTHERS, description="who receives, gives (new_manager) or goes along (grid_split)"),
    ] = ()
    orders_only: Annotated[bool, Field(description="leave: the customers stay whose they are")] = False
    keep_promised: Annotated[bool, Field(description="who promised a call keeps the work order")] = False


class ManagerOut(Out):
    """What a manager has before and after. `monthly_value`: what the customers pay a month."""

    staff_no: str
    name: str
    in_grid_after: bool
    contacts_a_day: int
    customers_before: int
    customers_after: int
    monthly_value_before: str
    monthly_value_after: str
    orders_before: int
    orders_after: int


class OrderCountsOut(Out):
    """Live work orders: with another manager, later with their own, in the pool because nobody has room, and as they are."""

    moved: int
    later: int
    pool: int
    stays: int


class CannotMoveOut(Out):
    """Work orders that would not go to another manager, and why: nobody has a free day (they go to the pool), a call was promised
    (they stay), or the gate's word (they are withdrawn). `first`: some of them."""

    reason: str
    orders: int
    first: list[int]


class PreviewOut(Out):
    """What the handover would do."""

    customers: int
    monthly_value: str
    orders: OrderCountsOut
    cannot_move: list[CannotMoveOut] = Field(default_factory=list)
    managers: list[ManagerOut]


class OutcomeOut(Out):
    """What was done; `people` changed unit or last day. Of the `orders` some were `withdrawn` instead, because the customer or
    the contact policy speaks against the contact. Of a leave that is over also what went back."""

    customers: int
    orders: OrderCountsOut
    people: int
    withdrawn: int
    returned_customers: int | None
    returned_orders: int | None


class HandoverOut(Out):
    """A handover; `problem` is why it could not be applied the last time that it was tried."""

    id: int
    kind: HandoverKind
    status: HandoverStatus
    grid_code: str
    to_grid_code: str | None
    staff_no: str | None
    others: list[str]
    orders_only: bool
    keep_promised: bool
    effective_on: date
    return_on: date | None
    reason: str
    preview: PreviewOut
    outcome: OutcomeOut | None
    problem: str | None
    planned_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    applied_at: datetime | None
    returned_at: datetime | None


class HandoverPage(Out):
    """A page, the newest first."""

    items: list[HandoverOut]
    next_cursor: str | None


class MovedCustomerOut(Out):
    """A customer: whose before, whose after."""

    customer_no: str
    from_grid_code: str
    from_staff_no: str | None
    to_grid_code: str
    to_staff_no: str | None


class MovedCustomerPage(Out):
    """A page, by customer."""

    items: list[MovedCustomerOut]
    next_cursor: str | None


class MovedOrderOut(Out):
    """A live work order: whose and when before, whose and when after; planned until the handover is applied, then as done."""

    work_order_id: int
    campaign_code: str
    way: OrderWay
    from_grid_code: str
    from_staff_no: str
    from_day: date
    to_grid_code: str
    to_staff_no: str
    to_day: date


class MovedOrderPage(Out):
    """A page, by work order."""

    items: list[MovedOrderOut]
    next_cursor: str | None


def _wanted(principal: GridManager, secret: SecretDep, cursor: Cursor = None, limit: Limit = MAX_PAGE_SIZE) -> reports.Wanted:
    return reports.Wanted(principal.grid_ids, secret, cursor, limit)


WantedDep = Annotated[reports.Wanted, Depends(_wanted, scope="function")]


@router.post("", status_code=201)
def plan(body: HandoverIn, principal: GridManager, session: SessionDep, now: Now) -> HandoverOut:
    """Plan a handover of a grid of mine, and see what it would do; nothing moves before it is confirmed and its day has come."""
    planned = service.plan_handover(session, terms=Terms(**body.model_dump()), principal=principal, now=now)
    return _show(session, planned.id, principal)


@router.get("")
def list_handovers(
    wanted: WantedDep,
    session: SessionDep,
    status: Annotated[HandoverStatus | None, Query(description="only in this status")] = None,
) -> HandoverPage:
    """The handovers from or to my grids."""
    return HandoverPage.model_validate(reports.handover_page(session, wanted=wanted, status=status))


@router.get("/{handover_id}")
def show(handover_id: HandoverId, principal: GridManager, session: SessionDep) -> HandoverOut:
    """A handover from or to a grid of mine."""
    return _show(session, handover_id, principal)


@router.get("/{handover_id}/customers")
def list_customers(handover_id: HandoverId, wanted: WantedDep, session: SessionDep) -> MovedCustomerPage:
    """Its customers."""
    page = reports.customers_of_handover(session, handover_id=handover_id, wanted=wanted)
    return MovedCustomerPage.model_validate(page)


@router.get("/{handover_id}/orders")
def list_orders(handover_id: HandoverId, wanted: WantedDep, session: SessionDep) -> MovedOrderPage:
    """Its live work orders."""
    return MovedOrderPage.model_validate(reports.orders_of_handover(session, handover_id=handover_id, wanted=wanted))


@router.post("/{handover_id}/confirm")
def confirm(handover_id: HandoverId, principal: GridManager, session: SessionDep, now: Now) -> HandoverOut:
    """Let it be applied on its day. Between grids it takes a branch manager of both."""
    service.confirm_handover(session, handover_id=handover_id, principal=principal, now=now)
    return _show(session, handover_id, principal)


@router.post("/{handover_id}/cancel")
def cancel(handover_id: HandoverId, principal: GridManager, session: SessionDep, now: Now) -> HandoverOut:
    """Let it never be applied; possible until it is."""
    service.cancel_handover(session, handover_id=handover_id, principal=principal, now=now)
    return _show(session, handover_id, principal)


def _show(session: SessionDep, handover_id: int, principal: GridManager) -> HandoverOut:
    found = reports.get_handover(session, handover_id=handover_id, grid_ids=principal.grid_ids)
    return HandoverOut.model_validate(found)
