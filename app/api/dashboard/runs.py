"""Dispatch runs: their figures, and what would have come out by other rules."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from app.api.deps import Planner, SessionDep
from app.api.types import In, Out, ShortText
from app.dispatch.run.replay import list_summaries, replay_run, summarise_run
from app.dispatch.run.rerunning import MOST_CAPACITY, Changes

router = APIRouter(prefix="/dashboard/v1/runs", tags=["dashboard"])

RunId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class RunOut(Out):
    """A dispatch of one campaign. objective, bound: what the contacts of the whole run are worth, and at most could be; gap is
    their distance as a share of the bound. `freed_places`: of a refill, for how many places that were free again it was.
    `prices`: what one more unit of budget, one promised contact less, and one more place of each grid would have brought, in
    money; null for runs of before that was kept."""

    run_id: int
    campaign_code: str
    started_at: datetime
    finished_at: datetime
    target_count: int
    waterfall: dict[str, Any]
    objective: float | None
    bound: float | None
    gap: float | None
    can_be_replayed: bool
    code_version: str | None
    freed_places: int | None
    prices: dict[str, Any] | None


class RunsOut(Out):
    """Runs, newest first."""

    items: list[RunOut]


class ChangesIn(In):
    """Other rules; without any, the run is repeated as it was."""

    capacity: Annotated[Decimal, Field(ge=0, le=MOST_CAPACITY)] = Field(
        default=Decimal(1), description="times the managers' daily capacity"
    )
    manager_cap: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(default=None, description="contacts a day at most")
    without: Annotated[list[ShortText], Field(max_length=50)] = Field(
        default_factory=list, description="reasons that are not asked"
    )


class MovedOut(Out):
    """So many customers ended with another reason."""

    before: str
    after: str
    customers: int


class CampaignComparisonOut(Out):
    """Targets by reason and the value of those dispatched, before and after."""

    campaign_code: str
    before: dict[str, int]
    after: dict[str, int]
    value_before: Decimal | None
    value_after: Decimal | None
    moved: list[MovedOut]


class ReplayOut(Out):
    """What came of the run's inputs now. `identical`: repeated by its own rules, it came to the same, to the last decision."""

    run_id: int
    identical: bool
    objective_before: float
    objective_after: float
    bound_after: float
    campaigns: list[CampaignComparisonOut]


@router.get("")
def list_runs(
    _: Planner,
    session: SessionDep,
    campaign: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RunsOut:
    """The newest runs, of one campaign where its code is given."""
    return RunsOut.model_validate({"items": list_summaries(session, campaign_code=campaign, limit=limit)})


@router.get("/{run_id}")
def get_run(run_id: RunId, _: Planner, session: SessionDep) -> RunOut:
    """One run with its waterfall and its distance from the best possible."""
    return RunOut.model_validate(summarise_run(session, run_id=run_id))


@router.post("/{run_id}/replay")
def replay(run_id: RunId, body: ChangesIn, _: Planner, session: SessionDep) -> ReplayOut:
    """Repeat a run from its stored inputs, by other rules where some are given. Nothing is written."""
    changes = Changes(capacity=body.capacity, manager_cap=body.manager_cap, without=tuple(body.without))
    return ReplayOut.model_validate(replay_run(session, run_id=run_id, changes=changes))
