"""A customer I work on, whole."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.api.customer_view import CustomerViewOut
from app.api.deps import Now, SessionDep, TerminalManager
from app.api.types import ShortText
from app.reports.customer_360 import view_customer

router = APIRouter(prefix="/mobile/v1/customers", tags=["phone"])


@router.get("/{customer_no}", response_model_exclude_unset=True)
def show_customer(
    customer_no: Annotated[ShortText, Path()], principal: TerminalManager, session: SessionDep, now: Now
) -> CustomerViewOut:
    """A customer of mine, or of one of my live work orders."""
    return CustomerViewOut.model_validate(view_customer(session, customer_no=customer_no, principal=principal, now=now))
