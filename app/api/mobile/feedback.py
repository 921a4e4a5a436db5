"""What I report from my phone."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from app.api.deps import Now, SecretDep, SessionDep, TerminalManager
from app.api.mobile.bodies import read_batch
from app.api.mobile.schemas import FeedbackAnswer, FeedbackAnswers, FeedbackIn, SetAsideOut, SetAsidePage, described_feedback
from app.api.types import Cursor, Limit
from app.feedback import queries, service

router = APIRouter(prefix="/mobile/v1/feedback", tags=["phone"])

_BODY: dict[str, Any] = {"application/json": {"schema": described_feedback()}}


@router.post("", status_code=207, openapi_extra={"requestBody": {"required": True, "content": _BODY}})
def send(
    body: Annotated[FeedbackIn, Depends(read_batch)], principal: TerminalManager, session: SessionDep, now: Now
) -> FeedbackAnswers:
    """Report up to 200 contacts; one answer for each, in order. Sending the same again changes nothing."""
    batch = service.Batch(body.sent_at, body.device_id, body.items)
    answers = service.record_feedback(session, principal=principal, batch=batch, now=now)
    return FeedbackAnswers(items=[FeedbackAnswer.model_validate(answer) for answer in answers])


@router.get("/set-aside")
def set_aside(
    principal: TerminalManager, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = 100
) -> SetAsidePage:
    """What I sent and was not taken, with the reason, newest first."""
    page = queries.set_aside_of_me(session, principal=principal, secret=secret, cursor=cursor, limit=limit)
    return SetAsidePage(items=[SetAsideOut.model_validate(one) for one in page.items], next_cursor=page.next_cursor)
