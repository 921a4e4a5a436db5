"""Programmes: several campaigns that are submitted, approved, sent back, scheduled, dispatched and stopped as one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path

from app.api.chinese.rows import Failable
from app.api.dashboard.campaign_life import CommentIn, CountsOut, ReasonIn
from app.api.dashboard.campaigns import CampaignReportOut
from app.api.deps import Approver, Now, Planner, PlannerOrApprover, SessionDep, Viewer
from app.api.types import LARGEST_ID, Out, ShortText
from app.campaigns.lifecycle import Verb
from app.dispatch.preview.programmes import act_on_programme, dispatch_programme
from app.dispatch.preview.requests import report_request
from app.reports.campaigns import programme_reports

router = APIRouter(prefix="/dashboard/v1", tags=["dashboard"])

Programme = Annotated[ShortText, Path(max_length=64, description="name of the programme")]
RequestId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class ProgrammeOut(Out):
    """The campaigns of a programme that are not over, by code."""

    items: list[CampaignReportOut]


class ProgrammeStepOut(Out):
    """The campaigns to which it happened; or `requested`: it is left to the worker, progress at `plan-requests`."""

    campaigns: list[str]
    requested: int | None


class PlanRequestOut(Failable):
    """How far a preview, a submission or an approval is. state: waiting, running, done or failed with its `error`.

    `ahead`: requests that are done before it; `step` of `steps`: how far it is.
    """

    id: int
    verb: str
    campaign_codes: list[str]
    state: str
    ahead: int
    step: int
    steps: int
    requested_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    error: str | None


_NO_COMMENT = CommentIn()


@router.get("/plan-requests/{request_id}")
def get_plan_request(request_id: RequestId, _: PlannerOrApprover, session: SessionDep) -> PlanRequestOut:
    """How far something is that was left to the worker."""
    return PlanRequestOut.model_validate(report_request(session, request_id=request_id))


@router.get("/programmes/{name}")
def get_programme(name: Programme, principal: Viewer, session: SessionDep) -> ProgrammeOut:
    """The campaigns of a programme that are not over, with the waterfall of my grids."""
    return ProgrammeOut.model_validate({"items": programme_reports(session, programme=name, grid_ids=principal.grid_ids)})


@router.post("/programmes/{name}/submit")
def submit_programme(
    name: Programme, principal: Planner, session: SessionDep, now: Now, body: CommentIn = _NO_COMMENT
) -> ProgrammeStepOut:
    """Ask for the approval of all its drafts, with one preview: a customer of several is one contact. All, or none."""
    return _done(session, name, Verb.SUBMIT, principal, body.comment, now)


@router.post("/programmes/{name}/approve")
def approve_programme(
    name: Programme, principal: Approver, session: SessionDep, now: Now, body: CommentIn = _NO_COMMENT
) -> ProgrammeStepOut:
    """Let all its submitted campaigns run, and book their capacity together. All, or none."""
    return _done(session, name, Verb.APPROVE, principal, body.comment, now)


@router.post("/programmes/{name}/send-back")
def send_back_programme(name: Programme, body: ReasonIn, principal: Approver, session: SessionDep, now: Now) -> ProgrammeStepOut:
    """Make all its submitted campaigns drafts again and say what is to be changed. All, or none."""
    return _done(session, name, Verb.SEND_BACK, principal, body.comment, now)


@router.post("/programmes/{name}/revise")
def revise_programme(name: Programme, body: ReasonIn, principal: Planner, session: SessionDep, now: Now) -> ProgrammeStepOut:
    """Take all its campaigns back before they run. All, or none."""
    return _done(session, name, Verb.REVISE, principal, body.comment, now)


@router.post("/programmes/{name}/schedule")
def schedule_programme(name: Programme, principal: Planner, session: SessionDep, now: Now) -> ProgrammeStepOut:
    """Draw the lists of all its approved campaigns. All, or none."""
    return _done(session, name, Verb.SCHEDULE, principal, "", now)


@router.post("/programmes/{name}/run")
def run_programme(name: Programme, principal: Planner, session: SessionDep, now: Now) -> ProgrammeStepOut:
    """Let all its scheduled campaigns be dispatched. All, or none."""
    return _done(session, name, Verb.RUN, principal, "", now)


@router.post("/programmes/{name}/dispatch")
def dispatch(name: Programme, principal: Planner, session: SessionDep, now: Now) -> CountsOut:
    """Make the work orders of its campaigns in one run; of a large one the worker makes them: `requested`."""
    return CountsOut(counts=dispatch_programme(session, programme=name, by=principal, now=now))


@router.post("/programmes/{name}/close")
def close_programme(name: Programme, principal: Planner, session: SessionDep, now: Now) -> ProgrammeStepOut:
    """Stop all its campaigns; their live work orders expire. All, or none."""
    return _done(session, name, Verb.CLOSE, principal, "", now)


def _done(session: SessionDep, name: str, verb: Verb, principal: Any, comment: str, now: datetime) -> ProgrammeStepOut:
    return ProgrammeStepOut.model_validate(
        act_on_programme(session, programme=name, verb=verb, by=principal, comment=comment, now=now)
    )
