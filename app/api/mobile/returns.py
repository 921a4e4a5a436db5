"""Giving a work order back, with a reason."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import Now, SessionDep, TerminalManager
from app.api.types import IdPath, In, LongText, Out, ShortText
from app.dispatch.by_hand.returning import give_back
from app.dispatch.by_hand.returns import RETURN_REASONS
from app.models.work_order import ReturnDecision

router = APIRouter(prefix="/mobile/v1", tags=["phone"])


class ReasonOut(Out):
    """A reason. `needs_evidence`: a note, or the id of a report or of attachments of mine that show it."""

    code: str
    zh: str
    en: str
    needs_evidence: bool


class ReturnIn(In):
    """Why, and what shows it."""

    reason: ShortText
    note: LongText | None = None
    feedback_id: UUID | None = None
    attachment_ids: list[UUID] = Field([], max_length=5, description="of /attachments; they may arrive later")


class ReturnOut(Out):
    """My return; `decision` is null until my grid manager decides."""

    id: int
    work_order_id: int
    reason: str
    returned_at: datetime
    decision: ReturnDecision | None


@router.get("/return-reasons")
def return_reasons(_: TerminalManager) -> list[ReasonOut]:
    """The reasons for which a work order may be given back."""
    return [ReasonOut.model_validate(reason) for reason in RETURN_REASONS.values()]


@router.put("/work-orders/{work_order_id}/return")
def put_return(work_order_id: IdPath, body: ReturnIn, principal: TerminalManager, session: SessionDep, now: Now) -> ReturnOut:
    """Give a work order of mine back; sending it again changes nothing. My grid manager decides whether I have it again."""
    made = give_back(session, principal=principal, work_order_id=work_order_id, now=now, **body.model_dump())
    return ReturnOut.model_validate(made)
