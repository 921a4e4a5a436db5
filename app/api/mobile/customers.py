"""A customer I work on: whole, called, and, in an emergency, one of somebody else's."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from app.api.customer_view import CustomerViewOut
from app.api.deps import CallRelay, Now, SessionDep, SettingsDep, TerminalManager
from app.api.types import LARGEST_ID, In, Out, ShortText
from app.disclosure import service
from app.reports.customer_360 import view_customer

router = APIRouter(prefix="/mobile/v1/customers", tags=["phone"])

CustomerNo = Annotated[ShortText, Path()]


class RevealIn(In):
    """What the number is needed for; it is kept."""

    purpose: ShortText


class RevealOut(Out):
    """The number, and how many more customers' numbers there are for me today."""

    phone: str
    reveals_left_today: int


class CallIn(In):
    """For which work order I call."""

    work_order_id: int = Field(ge=1, le=LARGEST_ID)


class DialOut(Out):
    """What to dial."""

    dial: str


class OpeningIn(In):
    """Why I must see a customer who is not mine; my grid manager and the customer's read it."""

    reason: ShortText


class OpeningOut(Out):
    """The customer is open to me until then."""

    customer_no: str
    ends_at: datetime


@router.get("/{customer_no}", response_model_exclude_unset=True)
def show_customer(customer_no: CustomerNo, principal: TerminalManager, session: SessionDep, now: Now) -> CustomerViewOut:
    """A customer of mine, of one of my live work orders, or one whom I opened."""
    return CustomerViewOut.model_validate(view_customer(session, customer_no=customer_no, principal=principal, now=now))


@router.post("/{customer_no}/reveal")
def reveal(
    customer_no: CustomerNo, body: RevealIn, principal: TerminalManager, session: SessionDep, settings: SettingsDep, now: Now
) -> RevealOut:
    """The phone number of a customer whom I may see. 429: all of today are used up, and my manager knows."""
    quota = settings.reveals_per_day
    shown = service.reveal_phone(
        session, principal=principal, customer_no=customer_no, purpose=body.purpose, quota=quota, now=now
    )
    return RevealOut.model_validate(shown)


@router.post("/{customer_no}/call")
def call(
    customer_no: CustomerNo,
    body: CallIn,
    principal: TerminalManager,
    session: SessionDep,
    settings: SettingsDep,
    relay: CallRelay,
    now: Now,
) -> DialOut:
    """What to dial for a live work order of mine: a relay's number where there is one, else the customer's own."""
    dial = service.put_call_through(
        session,
        principal=principal,
        customer_no=customer_no,
        work_order_id=body.work_order_id,
        relay=relay,
        quota=settings.reveals_per_day,
        now=now,
    )
    return DialOut(dial=dial.number)


@router.post("/{customer_no}/break-glass")
def break_glass(
    customer_no: CustomerNo, body: OpeningIn, principal: TerminalManager, session: SessionDep, now: Now
) -> OpeningOut:
    """See a customer who is not mine for three hours, in an emergency. My grid manager is told, and every look is kept."""
    made = service.break_glass(session, principal=principal, customer_no=customer_no, reason=body.reason, now=now)
    return OpeningOut.model_validate(made)
