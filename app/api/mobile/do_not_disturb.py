"""A customer of mine does not want to be disturbed: one tap."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field

from app.api.deps import Now, SessionDep, TerminalManager
from app.api.types import IdPath, In, LongText, Out, ShortText
from app.feedback.refusals.service import Asked, ask_undo, refuse_contact
from app.feedback.values import Day, Id, Time
from app.models.do_not_disturb import UndoDecision
from app.reports.do_not_disturb import my_refusals

router = APIRouter(prefix="/mobile/v1", tags=["phone"])


class DoNotDisturbIn(In):
    """What the customer refuses: `all`, `call`, `visit`, `sms` or a product family; `until`: the last day, none for ever."""

    id: Id = Field(description="made on the phone; the same again changes nothing")
    scope: ShortText = "all"
    until: Day | None = None
    note: LongText | None = None
    asked_at: Time | None = Field(None, description="when the customer said so, by the phone's clock; none: now")
    sent_at: Time | None = Field(None, description="the phone's clock now, so that its error can be measured")


class DoNotDisturbOut(Out):
    """In force since `recorded_at`. `withdrawn`: live work orders that it ended, of whomever; a pull says which of mine."""

    id: UUID
    work_order_id: int
    scope: str
    until: date | None
    asked_at: datetime
    recorded_at: datetime
    withdrawn: int


class MyDoNotDisturbOut(Out):
    """One that I recorded. `undo`: what became of my newest request to take it back."""

    id: UUID
    work_order_id: int
    scope: str
    until: date | None
    note: str | None
    recorded_at: datetime
    undone_at: datetime | None
    undo: str | None
    undo_reason: str | None


class UndoIn(In):
    """Why it is to be taken back."""

    reason: ShortText


class UndoOut(Out):
    """My request; `decision` is null until somebody else decides, and the refusal holds until then."""

    id: int
    request_id: UUID
    reason: str
    asked_at: datetime
    decision: UndoDecision | None


@router.post("/work-orders/{work_order_id}/do-not-disturb")
def refuse(
    work_order_id: IdPath, body: DoNotDisturbIn, principal: TerminalManager, session: SessionDep, now: Now
) -> DoNotDisturbOut:
    """The customer of a work order that is or was mine does not want to be disturbed: it holds everywhere, at once."""
    asked = Asked(**body.model_dump())
    made = refuse_contact(session, principal=principal, work_order_id=work_order_id, asked=asked, now=now)
    return DoNotDisturbOut.model_validate(made)


@router.get("/do-not-disturb")
def mine(principal: TerminalManager, session: SessionDep) -> list[MyDoNotDisturbOut]:
    """The latest hundred that I recorded, newest first."""
    return [MyDoNotDisturbOut.model_validate(one) for one in my_refusals(session, staff_id=principal.staff_id or 0)]


@router.post("/do-not-disturb/{refusal_id}/undo")
def undo(refusal_id: Annotated[UUID, Path()], body: UndoIn, principal: TerminalManager, session: SessionDep, now: Now) -> UndoOut:
    """Ask for it to be taken back, because it was a mistake; my grid manager decides."""
    asked = ask_undo(session, principal=principal, refusal_id=refusal_id, reason=body.reason, now=now)
    return UndoOut.model_validate(asked)
