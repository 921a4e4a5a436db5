"""Disputes of my people about their points: I decide, never on my own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.dashboard.dispute_schemas import (
    AcceptanceIn,
    DecisionIn,
    DecisionOut,
    DisputePage,
    DisputeWholeOut,
    OutcomeOut,
    RateOut,
    Rates,
)
from app.api.deps import DisputeTermsDep, GridManager, Now, SecretDep, SessionDep, Viewer
from app.api.types import Cursor, Limit, OptionalMonth
from app.core.clock import Month
from app.points.disputes.deciding import Answer, decide_dispute
from app.points.disputes.previewing import preview_acceptance
from app.reports.dispute_page import show_dispute
from app.reports.dispute_rates import dispute_rates
from app.reports.disputes import DisputeStanding, dispute_page

router = APIRouter(prefix="/dashboard/v1/disputes", tags=["dashboard"])


@router.get("")
def list_disputes(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    standing: Annotated[DisputeStanding | None, Query(description="open, overdue, to_second, decided; open where none")] = None,
    decided: Annotated[bool, Query(description="the same as standing=decided")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DisputePage:
    """The disputes of my grids."""
    mine, stands = principal.grid_ids, standing or (DisputeStanding.DECIDED if decided else DisputeStanding.OPEN)
    page = dispute_page(session, grid_ids=mine, standing=stands, now=now, secret=secret, cursor=cursor, limit=limit)
    return DisputePage.model_validate(page)


@router.get("/rates")
def rates(principal: Viewer, session: SessionDep, now: Now, month: OptionalMonth) -> Rates:
    """How much the managers of my grids dispute, by month and plan, from a month on (this one where none is named)."""
    found = dispute_rates(session, since=month or Month.of(now), grid_ids=principal.grid_ids, now=now)
    return Rates(items=[RateOut.model_validate(one) for one in found])


@router.get("/{dispute_id}")
def one_dispute(
    dispute_id: UUID, principal: GridManager, session: SessionDep, now: Now, terms: DisputeTermsDep
) -> DisputeWholeOut:
    """A dispute of my grids with its line, why that reads so, the evidence and what happened to it."""
    mine = principal.grid_ids
    found = show_dispute(session, dispute_id=dispute_id, principal=principal, grid_ids=mine, now=now, terms=terms)
    return DisputeWholeOut.model_validate(found)


@router.post("/{dispute_id}/preview")
def preview(
    dispute_id: UUID, body: AcceptanceIn, principal: GridManager, session: SessionDep, now: Now, terms: DisputeTermsDep
) -> OutcomeOut:
    """What accepting it so would post, to which month, and whether another person is needed; it refuses what a decision would."""
    said, mine = body.model_dump(), principal.grid_ids
    outcome = preview_acceptance(session, dispute_id=dispute_id, **said, principal=principal, grid_ids=mine, now=now, terms=terms)
    return OutcomeOut.model_validate(outcome)


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
