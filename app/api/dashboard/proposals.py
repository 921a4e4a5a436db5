"""Corrections of customers' data that the managers of my grids propose: I decide."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, IdPath, In, Limit, Out, ShortText
from app.core.paging import MAX_PAGE_SIZE
from app.feedback.proposing import decide_proposal
from app.models.findings import ProposalDecision
from app.reports.proposals import undecided_proposals

router = APIRouter(prefix="/dashboard/v1/correction-proposals", tags=["dashboard"])


class ProposalOut(Out):
    """What should be said instead of `current`, which is null where the feeds have no such field. Of phones only the ends."""

    id: int
    customer_no: str
    field: str
    field_zh: str
    field_en: str
    current: str | None
    value: str
    staff_no: str
    manager_name: str
    feedback_id: UUID
    proposed_at: datetime


class ProposalPage(Out):
    """A page, oldest first."""

    items: list[ProposalOut]
    next_cursor: str | None


class DecisionIn(In):
    """accepted: the operator's systems are told, and their next extract brings it; rejected: nothing happens."""

    decision: ProposalDecision
    note: ShortText | None = None


class DecisionOut(Out):
    """What was decided."""

    id: int
    decision: ProposalDecision
    decided_at: datetime


@router.get("")
def list_proposals(
    principal: GridManager, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = MAX_PAGE_SIZE
) -> ProposalPage:
    """What waits for my decision."""
    page = undecided_proposals(session, grid_ids=principal.grid_ids, secret=secret, cursor=cursor, limit=limit)
    return ProposalPage.model_validate(page)


@router.post("/{proposal_id}/decision")
def decide(proposal_id: IdPath, body: DecisionIn, principal: GridManager, session: SessionDep, now: Now) -> DecisionOut:
    """Accept or reject a proposal, once."""
    grids = principal.grid_ids
    decided = decide_proposal(session, proposal_id=proposal_id, principal=principal, grid_ids=grids, now=now, **body.model_dump())
    return DecisionOut.model_validate(decided)
