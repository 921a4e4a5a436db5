"""Closing a month."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import Admin, Now, SessionDep
from app.api.types import In, LongText, MonthPath, Out, ShortText
from app.points.closing.checks import CHECKS
from app.points.closing.service import Despite, close_checked

router = APIRouter(prefix="/operations/v1/months", tags=["operations"])


class DespiteIn(In):
    """A check that is passed over, and why: kept with the month and shown for ever."""

    check: ShortText = Field(examples=[next(iter(CHECKS))])
    reason: Annotated[LongText, Field(min_length=1)]


class CloseIn(In):
    """Nothing, or which blocking checks are passed over."""

    despite: list[DespiteIn] = Field(default=[], max_length=len(CHECKS))


class ClosedMonth(Out):
    """What a closed month holds. `points`: the exact sum; `sha256`: of the payroll file; `despite`: checks passed over."""

    month: str
    managers: int
    work_orders: int
    feedbacks: int
    entries: int
    statements: int
    points: str
    sha256: str
    despite: int


@router.post("/{month}/close")
def close(month: MonthPath, principal: Admin, session: SessionDep, now: Now, body: CloseIn | None = None) -> ClosedMonth:
    """Post, state and freeze a month that is over; nothing of it changes afterwards. 409 where it is not over, closed, or blocked
    by a check (/dashboard/v1/months/{month}/close-checks) that the body does not pass over."""
    despite = [Despite(**one.model_dump()) for one in (body or CloseIn()).despite]
    return ClosedMonth.model_validate(close_checked(session, month=month, by=principal, despite=despite, now=now))
