"""Proposed corrections of master data: their owner decides, the operator's systems hear of it, nothing is overwritten."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import Conflict, Forbidden
from app.core.security import Principal
from app.feedback import proposal_queries as queries
from app.models.findings import CorrectionProposal, ProposalDecision
from app.notices.outbox import put_event

ACCEPTED = "customer.correction_accepted"


class ProposalDecided(Conflict):
    """Somebody decided on this before."""

    code = "proposal.decided"


class OwnProposal(Forbidden):
    """Whoever proposed it may not decide it: somebody else has to."""

    code = "proposal.own"


def decide_proposal(
    session: Session,
    *,
    proposal_id: int,
    decision: ProposalDecision,
    note: str | None,
    principal: Principal,
    grid_ids: Collection[int],
    now: datetime,
) -> CorrectionProposal:
    """Accept or reject a proposal of these grids, once. Raises UnknownProposal, ProposalDecided, OwnProposal."""
    found = queries.lock_proposal(session, proposal_id, grid_ids=grid_ids)
    if found.decision is not None:
        raise ProposalDecided
    if found.staff_id == principal.staff_id:
        raise OwnProposal
    found.decision, found.decided_at = decision, now
    found.decided_by_account_id, found.decision_note = principal.account_id, note
    if decision is ProposalDecision.ACCEPTED:
        payload = {"proposal_id": found.id, "field": found.field}
        put_event(session, kind=ACCEPTED, payload=payload, grid_id=found.grid_id, now=now)
    return found
