"""Accepted corrections, for the system that owns the customers' data."""

from datetime import datetime

from fastapi import APIRouter

from app.api.deps import Admin, SecretDep, SessionDep
from app.api.types import Cursor, Limit, Out
from app.core.paging import MAX_PAGE_SIZE
from app.reports.proposals import accepted_corrections

router = APIRouter(prefix="/operations/v1/corrections", tags=["operations"])


class CorrectionOut(Out):
    """That a field of a customer should hold this value; somebody proposed it and somebody else agreed."""

    id: int
    customer_no: str
    field: str
    value: str
    decided_at: datetime


class CorrectionPage(Out):
    """A page, in the order of the decisions."""

    items: list[CorrectionOut]
    next_cursor: str | None


@router.get("")
def list_corrections(
    _: Admin, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = MAX_PAGE_SIZE
) -> CorrectionPage:
    """The accepted ones, whole; the event `customer.correction_accepted` says when there is another."""
    return CorrectionPage.model_validate(accepted_corrections(session, secret=secret, cursor=cursor, limit=limit))
