"""Closing a month."""

from fastapi import APIRouter

from app.api.deps import Admin, Now, SessionDep
from app.api.types import MonthPath, Out
from app.points.close import close_month

router = APIRouter(prefix="/operations/v1/months", tags=["operations"])


class ClosedMonth(Out):
    """What a closed month holds. `points` is the exact sum; `sha256` is that of the payroll file."""

    month: str
    managers: int
    work_orders: int
    feedbacks: int
    entries: int
    statements: int
    points: str
    sha256: str


@router.post("/{month}/close")
def close(month: MonthPath, principal: Admin, session: SessionDep, now: Now) -> ClosedMonth:
    """Post, state and freeze a month that is over; nothing of it changes afterwards. 409 where it is not over or closed."""
    return ClosedMonth.model_validate(close_month(session, month=month, now=now, account_id=principal.account_id))
