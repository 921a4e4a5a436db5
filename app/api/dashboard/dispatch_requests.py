"""Dispatches that the worker makes: how far they are, and stopping them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from app.api.chinese.rows import Failable
from app.api.deps import Now, Planner, SessionDep
from app.api.types import CODE, Out
from app.dispatch.run.progress import report_run, report_runs, stop_request

router = APIRouter(prefix="/dashboard/v1/dispatch-requests", tags=["dashboard"])

RequestId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class RunProgressOut(Failable):
    """How far a requested dispatch is. state: waiting, running, stopping, done, failed, stopped. `phase` while it runs: waiting
    (for a run before it), reading, deciding, writing, balancing. Stopped, nothing of it was kept."""

    id: int
    campaign_codes: list[str]
    state: str
    ahead: int
    phase: str | None
    step: int
    steps: int
    requested_at: datetime
    begun_at: datetime | None
    told_at: datetime | None
    finished_at: datetime | None
    stop_asked_at: datetime | None
    counts: dict[str, Any]
    error: str | None


class RunsProgressOut(Out):
    """Newest first."""

    items: list[RunProgressOut]


@router.get("")
def list_requests(
    _: Planner,
    session: SessionDep,
    campaign: Annotated[str | None, Query(pattern=CODE)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> RunsProgressOut:
    """The newest requests of a dispatch, of one campaign where its code is given."""
    return RunsProgressOut.model_validate({"items": report_runs(session, campaign_code=campaign, limit=limit)})


@router.get("/{request_id}")
def get_request(request_id: RequestId, _: Planner, session: SessionDep) -> RunProgressOut:
    """How far one is."""
    return RunProgressOut.model_validate(report_run(session, request_id=request_id))


@router.post("/{request_id}/stop")
def stop(request_id: RequestId, principal: Planner, session: SessionDep, now: Now) -> RunProgressOut:
    """Stop it: at once where it waits, else between two phases of its run, which then leaves nothing. 409 where it is over."""
    return RunProgressOut.model_validate(stop_request(session, request_id=request_id, by=principal, now=now))
