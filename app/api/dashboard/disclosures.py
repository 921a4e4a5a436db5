"""Phone numbers shown, calls and openings: asked for by me, and of my people and customers read afterwards."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from app.api.deps import GridManager, Now, SecretDep, SessionDep, SettingsDep
from app.api.types import Cursor, In, Limit, Out, ShortText
from app.disclosure.service import reveal_phone
from app.models.disclosure import DisclosureKind
from app.reports.disclosures import Asked, disclosure_page

router = APIRouter(prefix="/dashboard/v1", tags=["dashboard"])


class RevealIn(In):
    """What the number is needed for, such as a back-check; it is kept."""

    purpose: ShortText


class RevealOut(Out):
    """The number, and how many more customers' numbers there are for me today."""

    phone: str
    reveals_left_today: int


class DisclosureOut(Out):
    """reveal, call: a phone number was shown; relayed_call: it was not; opening: of a customer elsewhere, until `ends_at`; view:
    such a customer was looked at. `unit_code`: where the person worked then."""

    id: int
    kind: DisclosureKind
    happened_at: datetime
    staff_no: str
    manager_name: str
    unit_code: str
    customer_no: str
    work_order_id: int | None
    purpose: str
    ends_at: datetime | None


class DisclosurePage(Out):
    """A page, newest first."""

    items: list[DisclosureOut]
    next_cursor: str | None


def get_asked(
    staff_no: Annotated[ShortText | None, Query()] = None,
    customer_no: Annotated[ShortText | None, Query()] = None,
    kind: Annotated[DisclosureKind | None, Query()] = None,
) -> Asked:
    """What is looked for."""
    return Asked(staff_no, customer_no, kind)


@router.get("/disclosures")
def list_disclosures(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    asked: Annotated[Asked, Depends(get_asked)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DisclosurePage:
    """What my people were shown beyond their daily work, and what was shown of my grids' customers; nobody can change it."""
    page = disclosure_page(session, grid_ids=principal.grid_ids, asked=asked, secret=secret, cursor=cursor, limit=limit)
    return DisclosurePage.model_validate(page)


@router.post("/customers/{customer_no}/reveal")
def reveal(
    customer_no: Annotated[ShortText, Path()],
    body: RevealIn,
    principal: GridManager,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
) -> RevealOut:
    """The phone number of a customer of my grids, for a back-check or a complaint; counted and kept like everybody's."""
    quota = settings.reveals_per_day
    shown = reveal_phone(session, principal=principal, customer_no=customer_no, purpose=body.purpose, quota=quota, now=now)
    return RevealOut.model_validate(shown)
