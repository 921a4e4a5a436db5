"""Do-not-disturb that managers of my grids want taken back: I decide."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, IdPath, In, Limit, Out, ShortText
from app.core.paging import MAX_PAGE_SIZE
from app.feedback.refusals.service import decide_undo
from app.models.do_not_disturb import UndoDecision
from app.reports.do_not_disturb import undecided_undos

router = APIRouter(prefix="/dashboard/v1/do-not-disturb-undos", tags=["dashboard"])


class UndoOut(Out):
    """What the customer refused, who recorded it, and why it is to be taken back."""

    id: int
    request_id: UUID
    customer_no: str
    staff_no: str
    manager_name: str
    scope: str
    until: date | None
    note: str | None
    recorded_at: datetime
    reason: str
    asked_at: datetime


class UndoPage(Out):
    """A page, oldest first."""

    items: list[UndoOut]
    next_cursor: str | None


class DecisionIn(In):
    """accepted: contact is allowed again as far as nothing else refuses it; rejected: the refusal holds on."""

    decision: UndoDecision
    reason: ShortText


class DecisionOut(Out):
    """What was decided. `still_refused`: the customer must not be contacted all the same, by another record."""

    id: int
    request_id: UUID
    decision: UndoDecision
    still_refused: bool


@router.get("")
def list_undos(
    principal: GridManager, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = MAX_PAGE_SIZE
) -> UndoPage:
    """What waits for my decision."""
    page = undecided_undos(session, grid_ids=principal.grid_ids, secret=secret, cursor=cursor, limit=limit)
    return UndoPage.model_validate(page)


@router.post("/{undo_id}/decision")
def decide(undo_id: IdPath, body: DecisionIn, principal: GridManager, session: SessionDep, now: Now) -> DecisionOut:
    """Decide, once; not on what I asked for myself."""
    decided = decide_undo(
        session,
        undo_id=undo_id,
        grid_ids=principal.grid_ids,
        actor_account_id=principal.account_id,
        now=now,
        **body.model_dump(),
    )
    return DecisionOut.model_validate(decided)
