"""What keeps a month open, and what may wait beyond its close."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import Approver, Now, SessionDep
from app.api.types import In, LongText, MonthPath, MonthText, Out, ShortText
from app.models.close import CarriedKind
from app.points.closing.service import carry_over
from app.reports.close_checks import month_checks

router = APIRouter(prefix="/dashboard/v1/months", tags=["dashboard"])


class CheckOut(Out):
    """A check, whether it is met, and what to do where not; `blocking`: it keeps the month open."""

    code: str
    blocking: bool
    met: bool
    figures: dict[str, Any]
    zh: str
    en: str
    do_zh: str
    do_en: str


class OverrideOut(Out):
    """A check that somebody passed over at the close."""

    check_code: str
    reason: str
    by: str
    at: datetime


class ChecksOut(Out):
    """The checks of a month; of a closed one also what it was closed despite."""

    month: MonthText
    as_of: datetime
    closed_at: datetime | None
    may_close: bool
    checks: list[CheckOut]
    overrides: list[OverrideOut]


class CarryIn(In):
    """Which undecided dispute or review may wait, and why."""

    kind: CarriedKind
    ref: ShortText = Field(description="id of the dispute or the review")
    reason: Annotated[LongText, Field(min_length=1)]


class CarriedOut(Out):
    """Kept for ever."""

    kind: CarriedKind
    ref: str
    month: MonthText
    reason: str
    carried_at: datetime


@router.get("/{month}/close-checks")
def close_checks(month: MonthPath, _: Approver, session: SessionDep, now: Now) -> ChecksOut:
    """What keeps a month open, of the whole company: figures, no names."""
    return ChecksOut.model_validate(month_checks(session, month=month, now=now))


@router.post("/carried-over")
def carry(body: CarryIn, principal: Approver, session: SessionDep, now: Now) -> CarriedOut:
    """Let an undecided dispute or review of my grids wait beyond the close of its month."""
    return CarriedOut.model_validate(carry_over(session, by=principal, now=now, **body.model_dump()))
