"""Disputes of my people about their points: I decide, never on my own."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.deps import DisputeTermsDep, GridManager, Now, SecretDep, SessionDep, Viewer
from app.api.types import Cursor, In, Limit, LongText, MonthText, OptionalMonth, Out
from app.core.clock import Month
from app.models.dispute import DisputeDecision
from app.models.feedback import Verdict
from app.models.points import Component
from app.points.disputes.deciding import Answer, decide_dispute
from app.reports.dispute_rates import dispute_rates
from app.reports.disputes import dispute_page

router = APIRouter(prefix="/dashboard/v1/disputes", tags=["dashboard"])


class PostedOut(Out):
    """An entry that came of a dispute: in which month, and how many points."""

    entry_id: int
    month: MonthText
    points: Decimal


class DisputeOut(Out):
    """A dispute; `shown`: the line as it stood when it was disputed; `due_on`: the last day to decide on it.

    `waits_for_second`: somebody accepted it with `proposed_points`, and another person is to agree or to say otherwise.
    `verdict`: how the report `feedback_id` is judged by that, proposed or decided.
    """

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
    expected_points: Decimal | None
    due_on: date | None
    overdue: bool
    waits_for_second: bool
    proposed_points: Decimal | None
    proposed_reason: str | None
    accepted_points: Decimal | None
    feedback_id: UUID | None
    verdict: Verdict | None
    posted: PostedOut | None


class DisputePage(Out):
    """A page, newest first."""

    items: list[DisputeOut]
    next_cursor: str | None


class DecisionIn(In):
    """accepted or rejected, and why: the manager reads it.

    `points`: by how much an accepted dispute changes the line, posted to the open month; none: by nothing. Of a dispute about
    accuracy `verdict` says instead how a report stands from now on, and the points follow; `feedback_id` may be left out where
    the dispute names a work order with one report.
    """

    decision: DisputeDecision
    reason: Annotated[LongText, Field(min_length=1)]
    points: Annotated[Decimal, Field(max_digits=14, decimal_places=4)] | None = None
    verdict: Verdict | None = Field(None, description="confirmed or unverifiable")
    feedback_id: UUID | None = None


class DecisionOut(Out):
    """What was decided; still open where `waits_for_second`."""

    id: UUID
    status: str
    decision_reason: str | None
    decided_at: datetime | None
    waits_for_second: bool
    accepted_points: Decimal | None
    feedback_id: UUID | None
    verdict: Verdict | None


@router.get("")
def list_disputes(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    decided: Annotated[bool, Query(description="those that were decided, instead of those that wait")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DisputePage:
    """The disputes of my grids."""
    mine = principal.grid_ids
    page = dispute_page(session, grid_ids=mine, decided=decided, now=now, secret=secret, cursor=cursor, limit=limit)
    return DisputePage.model_validate(page)


class RateOut(Out):
    """Disputes about one month under one plan; `rate`: disputing managers of those with a statement, exact, as text."""

    month: MonthText
    plan_code: str | None
    plan_version: int | None
    managers: int
    disputing: int
    rate: str | None
    disputes: int
    open: int
    overdue: int
    accepted: int
    rejected: int
    share_in_time: str | None
    points: Decimal


class Rates(Out):
    """Newest month first."""

    items: list[RateOut]


@router.get("/rates")
def rates(principal: Viewer, session: SessionDep, now: Now, month: OptionalMonth) -> Rates:
    """How much the managers of my grids dispute, by month and plan, from a month on (this one where none is named)."""
    found = dispute_rates(session, since=month or Month.of(now), grid_ids=principal.grid_ids, now=now)
    return Rates(items=[RateOut.model_validate(one) for one in found])


@router.post("/{dispute_id}/decision")
def decide(
    dispute_id: UUID, body: DecisionIn, principal: GridManager, session: SessionDep, now: Now, terms: DisputeTermsDep
) -> DecisionOut:
    """Decide on a dispute of my grids, once; 403 on one's own. Many points wait for another person who accepts the same."""
    decided = decide_dispute(
        session,
        dispute_id=dispute_id,
        answer=Answer(**body.model_dump()),
        principal=principal,
        grid_ids=principal.grid_ids,
        now=now,
        terms=terms,
    )
    return DecisionOut.model_validate(decided)
