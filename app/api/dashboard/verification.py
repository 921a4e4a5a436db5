"""Back-checks: calling customers back about what was reported."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, In, Limit, LongText, MonthText, Out
from app.models.feedback import Channel, Verdict
from app.reports import back_checks
from app.verification import service

router = APIRouter(prefix="/dashboard/v1/back-checks", tags=["dashboard"])


class BackCheckOut(Out):
    """Whom to call about what, and the answer where there is one."""

    feedback_id: UUID
    month: MonthText
    grid_code: str
    staff_no: str
    manager_name: str
    customer_no: str | None
    customer_name: str | None
    phone: str | None
    channel: Channel
    outcome: str
    contacted_at: datetime
    feedback_note: str | None
    drawn_at: datetime
    answered_at: datetime | None
    verdict: Verdict | None
    note: str | None


class BackCheckPage(Out):
    """A page, the longest drawn first."""

    items: list[BackCheckOut]
    next_cursor: str | None


class AnswerIn(In):
    """What the customer said of the report; unverifiable where the customer could not be reached."""

    verdict: Verdict
    note: LongText | None = None


class AnswerOut(Out):
    """The answer as it is kept."""

    feedback_id: UUID
    verdict: Verdict
    note: str | None
    answered_at: datetime


@router.get("")
def drawn(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    answered: Annotated[bool, Query(description="those that have their answer")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> BackCheckPage:
    """The back-checks of my grids."""
    page = back_checks.drawn_page(
        session, grid_ids=principal.grid_ids, answered=answered, secret=secret, cursor=cursor, limit=limit
    )
    return BackCheckPage(items=[BackCheckOut.model_validate(row) for row in page.items], next_cursor=page.next_cursor)


@router.post("/{feedback_id}/answer")
def answer(feedback_id: UUID, body: AnswerIn, principal: GridManager, session: SessionDep, now: Now) -> AnswerOut:
    """Record the answer, once; 409 where there is one."""
    kept = service.answer_back_check(
        session, feedback_id=feedback_id, verdict=body.verdict, note=body.note, principal=principal, now=now
    )
    return AnswerOut.model_validate(kept)
