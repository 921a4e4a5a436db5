"""Permissions beyond a role: given to a person by another one, with a reason and a last day."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from app.access import grants as service
from app.api.deps import Admin, Now, SessionDep
from app.api.types import In, LongText, Out, ShortText
from app.models.access import Permission
from app.reports.administration import permissions as reports

router = APIRouter(prefix="/operations/v1/permissions", tags=["operations"])

GrantId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class GrantIn(In):
    """To whom, what, why, and the last day."""

    staff_no: ShortText
    permission: Permission
    reason: Annotated[LongText, Field(min_length=10)]
    until: date


class EndIn(In):
    """Why it ends now."""

    reason: Annotated[LongText, Field(min_length=10)]


class GrantOut(Out):
    """A permission; `in_force`: today."""

    id: int
    permission: Permission
    staff_no: str
    name: str
    unit_code: str
    reason: str
    until: date
    granted_at: datetime
    granted_by: str
    ended_at: datetime | None
    end_reason: str | None
    ended_by: str | None
    in_force: bool


class GrantsOut(Out):
    """Those in force first."""

    items: list[GrantOut]


class GivenOut(Out):
    """That it was given."""

    id: int
    permission: Permission
    until: date


class EndedOut(Out):
    """That it was ended."""

    grant_id: int
    ended_at: datetime


@router.get("")
def list_grants(_: Admin, session: SessionDep, now: Now) -> GrantsOut:
    """Who has or had which."""
    return GrantsOut.model_validate({"items": reports.grants(session, now=now)})


@router.post("", status_code=201)
def give(body: GrantIn, principal: Admin, session: SessionDep, now: Now) -> GivenOut:
    """Let somebody do more than their role allows, at most for a year; never oneself."""
    return GivenOut.model_validate(service.give_permission(session, by=principal, now=now, **body.model_dump()))


@router.post("/{grant_id}/end")
def end(grant_id: GrantId, body: EndIn, principal: Admin, session: SessionDep, now: Now) -> EndedOut:
    """End it from the next request on."""
    ended = service.end_permission(session, grant_id=grant_id, reason=body.reason, by=principal, now=now)
    return EndedOut.model_validate(ended)
