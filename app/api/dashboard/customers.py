"""A customer whole; and why (not) this customer, why this manager, why now."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from app.api.customer_view import CustomerViewOut
from app.api.deps import Now, SessionDep, Viewer
from app.api.types import CODE, Out, ShortText
from app.dispatch.explaining.explanation import explain_customer
from app.reports.customer_360 import view_customer

router = APIRouter(prefix="/dashboard/v1/customers", tags=["dashboard"])


class RefusalOut(Out):
    """What the customer refuses: all, a channel, or a product family."""

    scope: str
    recorded_at: datetime
    until: date | None


class HeldOut(Out):
    """A product that the customer holds or held."""

    product_code: str
    family: str
    from_date: date
    to_date: date | None


class ContactOut(Out):
    """A contact of the past."""

    contacted_at: datetime
    family: str
    channel: str | None
    outcome: str | None


class ScoreOut(Out):
    """The ranker's word: calibrated probability, rank (1 is best), and what moved it most."""

    score: float
    rank: int
    ranked_customers: int
    uplift: float | None
    as_of: date
    reasons: list[dict[str, Any]]


class EventOut(Out):
    """Something that happened to the work order."""

    happened_at: datetime
    event: str
    from_state: str
    to_state: str
    from_staff_no: str
    to_staff_no: str
    reason: str | None


class OrderOut(Out):
    """The customer's work order in the campaign."""

    work_order_id: int
    staff_no: str
    manager_name: str
    state: str
    scheduled_on: date
    due_on: date
    assigned_because: str
    dispatched_at: datetime
    close_reason: str | None
    events: list[EventOut]
    on_freed_place: bool


class StandingOut(Out):
    """The customer in one campaign. `today` is what speaks against a contact as of now."""

    campaign_code: str
    campaign_name: str
    product_code: str
    status: str
    on_list: bool
    draw: str | None
    selection_probability: float | None
    reason: str | None
    decided_at: datetime | None
    last_rank: int | None
    score: ScoreOut | None
    work_order: OrderOut | None
    today: str | None
    sentences: list[str]


class ExplanationOut(Out):
    """All that decides whether, by whom and when a customer is contacted."""

    customer_no: str
    grid_code: str
    owner_staff_no: str | None
    refusals: list[RefusalOut]
    holdings: list[HeldOut]
    last_contacts: list[ContactOut]
    campaigns: list[StandingOut]


@router.get("/{customer_no}/explanation")
def explain(
    customer_no: Annotated[ShortText, Path()],
    principal: Viewer,
    session: SessionDep,
    now: Now,
    campaign: Annotated[str | None, Query(pattern=CODE, description="only this campaign")] = None,
) -> ExplanationOut:
    """A customer of my grids, in the campaigns that concern them."""
    found = explain_customer(session, customer_no=customer_no, campaign_code=campaign, grid_ids=principal.grid_ids, now=now)
    return ExplanationOut.model_validate(found)


@router.get("/{customer_no}", response_model_exclude_unset=True)
def show_customer(customer_no: Annotated[ShortText, Path()], principal: Viewer, session: SessionDep, now: Now) -> CustomerViewOut:
    """A customer of my grids: who they are, what they hold and did, how they stand, and what to offer them."""
    return CustomerViewOut.model_validate(view_customer(session, customer_no=customer_no, principal=principal, now=now))
