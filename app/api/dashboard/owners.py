"""Whose customer it is and was."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.api.deps import Now, SessionDep, Viewer
from app.api.types import Out, ShortText
from app.territory.service import find_owner

router = APIRouter(prefix="/dashboard/v1/customers", tags=["dashboard"])


class OwnerOut(Out):
    """Grid and owner on the day `on`. `from_date` null: ever since the customer is known; `to_date`, the first day on which it
    was otherwise, null: to this day."""

    customer_no: str
    on: date
    grid_code: str
    owner_staff_no: str | None
    owner_name: str | None
    from_date: date | None
    to_date: date | None


@router.get("/{customer_no}/owner")
def show_owner(
    customer_no: Annotated[ShortText, Path()],
    principal: Viewer,
    session: SessionDep,
    now: Now,
    on: Annotated[date | None, Query(description="today where left out")] = None,
) -> OwnerOut:
    """Whose customer it was on a day; of the customers who are in my grids now."""
    found = find_owner(session, customer_no=customer_no, on=on, grid_ids=principal.grid_ids, now=now)
    return OwnerOut.model_validate(found)
