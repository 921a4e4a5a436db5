"""Disputes of my people about their points: I decide, never on my own."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, In, Limit, LongText, MonthText, Out
from app.models.dispute import DisputeDecision
from app.models.points import Component
from app.points.disputes import decide_dispute
from app.reports.disputes import dispute_page

router = APIRouter(prefix="/dashboard/v1/disputes", tags=["dashboard"])


class DisputeOut(Out):
    """A dispute; `shown`: the line as it stood when it was disputed."""

    id: UUID
    staff_no: str
    manager_name: str
    grid_code: str
    month: MonthText
    component: Component
    entry_id: int | None
    work_order_id: int | None
    expected: str
    reason: str
    evidence: str | None
    attachment_ids: list[UUID]
    shown: dict[str, Any]
    raised_at: datetime
    status: str
    decision_reason: str | None
    decided_at: datetime | None


class DisputePage(Out):
    """A page, newest first."""

    items: list[DisputeOut]
    next_cursor: str | None


class DecisionIn(In):
    """accepted or rejected, and why: the manager reads it."""

    decision: DisputeDecision
    reason: Annotated[LongText, Field(min_length=1)]


class DecisionOut(Out):
    """What was decided."""

    id: UUID
    status: str
    decision_reason: str
    decided_at: datetime


@router.get("")
def list_disputes(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    decided: Annotated[bool, Query(description="those that were decided, instead of those that wait")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DisputePage:
    """The disputes of my grids."""
    page = dispute_page(session, grid_ids=principal.grid_ids, decided=decided, secret=secret, cursor=cursor, limit=limit)
    return DisputePage.model_validate(page)


@router.post("/{dispute_id}/decision")
def decide(dispute_id: UUID, body: DecisionIn, principal: GridManager, session: SessionDep, now: Now) -> DecisionOut:
    """Decide on a dispute of my grids, once; 403 on one's own."""
    decided = decide_dispute(
        session,
        dispute_id=dispute_id,
        decision=body.decision,
        reason=body.reason,
        principal=principal,
        grid_ids=principal.grid_ids,
        now=now,
    )
    return DecisionOut.model_validate(decided)
