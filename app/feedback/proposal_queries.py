"""Reads of proposed corrections."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.findings import CorrectionProposal


class UnknownProposal(NotFound):
    """There is no such proposal, or it is not yours to decide."""

    code = "proposal.unknown"


def lock_proposal(session: Session, proposal_id: int, *, grid_ids: Collection[int]) -> CorrectionProposal:
    """A proposal in these grids, locked until the end of the transaction; raises UnknownProposal."""
    statement = select(CorrectionProposal).where(CorrectionProposal.id == proposal_id, CorrectionProposal.grid_id.in_(grid_ids))
    locked = statement.order_by(CorrectionProposal.id).with_for_update().execution_options(populate_existing=True)
    found = session.scalar(locked)
    if found is None:
        raise UnknownProposal
    return found
