"""Work orders that the managers of my grids gave back: I decide."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import Field

from app.api.chinese.rows import Refusable
from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import LARGEST_ID, Cursor, IdPath, In, Limit, Out, ShortText
from app.core.paging import MAX_PAGE_SIZE
from app.dispatch.by_hand.deciding import decide_returns
from app.dispatch.by_hand.returning import decide_return
from app.dispatch.by_hand.undoing import undo_decisions
from app.models.work_order import ReturnDecision, WorkOrderState
from app.reports.returns import undecided_returns

MOST_AT_ONCE = 200

router = APIRouter(prefix="/dashboard/v1/returns", tags=["dashboard"])


class ReturnOut(Out):
    """A return on which nobody decided yet; `counts`: whether the order counts against the manager once it is accepted."""

    id: int
    work_order_id: int
    campaign_code: str
    customer_no: str
    staff_no: str
    manager_name: str
    reason: str
    reason_zh: str
    reason_en: str
    counts: bool
    note: str | None
    feedback_id: UUID | None
    attachment_ids: list[UUID]
    returned_at: datetime


class ReturnPage(Out):
    """A page, oldest first."""

    items: list[ReturnOut]
    next_cursor: str | None


class DecisionIn(In):
    """accepted, perhaps for another manager of the grid to try; or rejected: the manager has it again."""

    decision: ReturnDecision
    note: ShortText | None = None
    to_staff_no: ShortText | None = None


class DecisionOut(Out):
    """What was decided, and where the work order stands now."""

    id: int
    work_order_id: int
    decision: ReturnDecision
    state: WorkOrderState


class DecisionsIn(In):
    """The same decision on each of these returns. `dry_run`: the same answer, and nothing is changed."""

    ids: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] = Field(min_length=1, max_length=MOST_AT_ONCE)
    decision: ReturnDecision
    note: ShortText | None = None
    dry_run: bool = False


class UndoIn(In):
    """The decisions on these returns are taken back."""

    ids: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] = Field(min_length=1, max_length=MOST_AT_ONCE)


class DecisionRow(Refusable):
    """What came of one return: done, or why not; and where its work order stands (in a trial: would)."""

    return_id: int
    done: bool
    code: str | None
    detail: str | None
    work_order_id: int | None
    state: WorkOrderState | None


class UndoneOut(Out):
    """One result for each return, by id."""

    items: list[DecisionRow]


class DecisionsOut(Out):
    """One result for each return, by id."""

    dry_run: bool
    items: list[DecisionRow]


@router.get("")
def list_returns(
    principal: GridManager, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = MAX_PAGE_SIZE
) -> ReturnPage:
    """What waits for my decision."""
    page = undecided_returns(session, grid_ids=principal.grid_ids, secret=secret, cursor=cursor, limit=limit)
    return ReturnPage.model_validate(page)


@router.put("/{return_id}/decision")
def put_decision(return_id: IdPath, body: DecisionIn, principal: GridManager, session: SessionDep, now: Now) -> DecisionOut:
    """Accept or reject a return, once."""
    decided = decide_return(
        session,
        return_id=return_id,
        grid_ids=principal.grid_ids,
        actor_account_id=principal.account_id,
        now=now,
        **body.model_dump(),
    )
    return DecisionOut.model_validate(decided)


@router.post("/decisions", status_code=status.HTTP_207_MULTI_STATUS)
def decide_many(body: DecisionsIn, principal: GridManager, session: SessionDep, now: Now) -> DecisionsOut:
    """Accept or reject many returns; a refused one stops no other."""
    results = decide_returns(
        session,
        return_ids=body.ids,
        decision=body.decision,
        note=body.note,
        grid_ids=principal.grid_ids,
        actor_account_id=principal.account_id,
        dry_run=body.dry_run,
        now=now,
    )
    return DecisionsOut(dry_run=body.dry_run, items=[DecisionRow.model_validate(result) for result in results])


@router.post("/decisions/undo", status_code=status.HTTP_207_MULTI_STATUS)
def undo_many(body: UndoIn, principal: GridManager, session: SessionDep, now: Now) -> UndoneOut:
    """Take decisions of mine of today back, while nothing has come of them; a refused one stops no other."""
    results = undo_decisions(
        session, return_ids=body.ids, grid_ids=principal.grid_ids, actor_account_id=principal.account_id, now=now
    )
    return UndoneOut(items=[DecisionRow.model_validate(result) for result in results])
