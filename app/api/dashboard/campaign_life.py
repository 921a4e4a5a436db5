"""The life of a campaign: submitted, approved by another person or sent back, scheduled, run, dispatched, closed, evaluated."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from app.api.dashboard.campaigns import CampaignReportOut
from app.api.deps import Approver, Now, Planner, PlannerOrAnalyst, PlannerOrApprover, SessionDep, Viewer
from app.api.types import CodePath, In, LongText, Out
from app.campaigns import approval, service
from app.campaigns.lifecycle import Verb
from app.dispatch.preview import preview as previews
from app.dispatch.preview import requests as plan_requests
from app.dispatch.preview.piloting import report_pilot
from app.dispatch.preview.requests import preview_if_small, step_or_request
from app.dispatch.run.requests import dispatch_or_request
from app.dispatch.sweeps import end_campaign
from app.evaluation.requests import evaluate_or_request
from app.reports import campaigns as reports

router = APIRouter(prefix="/dashboard/v1/campaigns/{code}", tags=["dashboard"])


class CommentIn(In):
    """What is to be said with a step."""

    comment: LongText = ""


class ReasonIn(In):
    """Why it is sent back or taken back."""

    comment: LongText


class StepOut(CampaignReportOut):
    """The campaign after the step. `requested`: the step is left to the worker, and the campaign as it was; its progress is at
    `/dashboard/v1/plan-requests/{requested}`."""

    requested: int | None


class RequestedOut(Out):
    """What is left to the worker; its progress is at `/dashboard/v1/plan-requests/{requested}`."""

    requested: int


class CountsOut(Out):
    """What was done."""

    counts: dict[str, Any]


class CampaignEventOut(Out):
    """A step of a campaign's life; `login` null: the system."""

    happened_at: datetime
    verb: str
    from_status: str | None
    to_status: str
    login: str | None
    comment: str | None


class CampaignEventsOut(Out):
    """A campaign's life, oldest first."""

    items: list[CampaignEventOut]


class PreviewOut(Out):
    """What a version of a campaign was or is expected to bring; `shown_for`: submit, approve, asked, or now. Money is text."""

    version: int
    shown_for: str
    made_at: datetime
    figures: dict[str, Any]


class PreviewsOut(Out):
    """What planner and approver saw, oldest first."""

    items: list[PreviewOut]


class PilotPlanOut(Out):
    """The pilot as planned; a bound is null where the stop rule does not ask it."""

    share: float
    by: str
    minimum_contacts: int
    minimum_success_rate: float | None
    maximum_complaint_share: float | None
    maximum_refusal_share: float | None


class PilotFiguresOut(Out):
    """Customers contacted, of them those whose orders had their time with their successes, complaints and refusals since."""

    contacted: int
    matured: int
    successes: int
    complaints: int
    refusals: int


class PilotOut(Out):
    """How a pilot stands. `verdict`: what its stop rule says now, null: too little is known; `outcome`: what was decided."""

    pilot: PilotPlanOut
    figures: PilotFiguresOut
    verdict: str | None
    why: str | None
    outcome: str | None
    decided_at: datetime | None


_NO_COMMENT = CommentIn()


@router.get("/events")
def list_events(code: CodePath, _: Viewer, session: SessionDep) -> CampaignEventsOut:
    """What happened to a campaign, by whom, with their comments."""
    return CampaignEventsOut.model_validate({"items": reports.campaign_events(session, code=code)})


@router.get("/preview")
def preview_campaign(code: CodePath, _: PlannerOrApprover, session: SessionDep, now: Now) -> PreviewOut:
    """What the run would give now: reach by reason, successes and value with intervals, load, overlap, what it displaces.

    409 where that takes too long to wait for: POST asks the worker for it.
    """
    return PreviewOut.model_validate(preview_if_small(session, campaign_code=code, now=now))


@router.post("/preview", status_code=202)
def request_preview(code: CodePath, principal: PlannerOrApprover, session: SessionDep, now: Now) -> RequestedOut:
    """Ask the worker for the preview of now; it is then the newest of `/previews`."""
    return RequestedOut(requested=plan_requests.request_preview(session, campaign_code=code, by=principal, now=now).id)


@router.get("/previews")
def list_previews(code: CodePath, _: PlannerOrApprover, session: SessionDep) -> PreviewsOut:
    """What was shown when the campaign was submitted, when it was approved, and when somebody asked the worker for it."""
    return PreviewsOut.model_validate({"items": previews.kept_previews(session, campaign_code=code)})


@router.get("/pilot")
def get_pilot(code: CodePath, _: PlannerOrApprover, session: SessionDep, now: Now) -> PilotOut:
    """What the pilot of a campaign has brought so far in my grids, and what its stop rule says."""
    return PilotOut.model_validate(report_pilot(session, campaign_code=code, now=now))


@router.post("/submit")
def submit_campaign(code: CodePath, principal: Planner, session: SessionDep, now: Now, body: CommentIn = _NO_COMMENT) -> StepOut:
    """Ask for the approval of a draft; what it is expected to bring is kept with it. A large one is left to the worker."""
    requested = step_or_request(session, campaign_codes=[code], verb=Verb.SUBMIT, by=principal, comment=body.comment, now=now)
    return StepOut.model_validate({**vars(reports.campaign_report(session, code=code)), "requested": requested})


@router.post("/approve")
def approve_campaign(
    code: CodePath, principal: Approver, session: SessionDep, now: Now, body: CommentIn = _NO_COMMENT
) -> StepOut:
    """Let a submitted campaign run and book its capacity; not by who planned or submitted it. 409 where it does not fit.

    A large one is left to the worker.
    """
    requested = step_or_request(session, campaign_codes=[code], verb=Verb.APPROVE, by=principal, comment=body.comment, now=now)
    return StepOut.model_validate({**vars(reports.campaign_report(session, code=code)), "requested": requested})


@router.post("/send-back")
def send_back_campaign(code: CodePath, body: ReasonIn, principal: Approver, session: SessionDep, now: Now) -> CampaignReportOut:
    """Make a submitted campaign a draft again and say what is to be changed."""
    approval.send_back_campaign(session, campaign_code=code, by=principal, comment=body.comment, now=now)
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=code))


@router.post("/revise")
def revise_campaign(code: CodePath, body: ReasonIn, principal: Planner, session: SessionDep, now: Now) -> CampaignReportOut:
    """Take a campaign back before it runs: a draft again, without its approval and list."""
    approval.revise_campaign(session, campaign_code=code, by=principal, comment=body.comment, now=now)
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=code))


@router.post("/schedule")
def schedule_campaign(code: CodePath, principal: Planner, session: SessionDep, now: Now) -> CountsOut:
    """Draw the list of an approved campaign from the latest ranking: targets by reason."""
    return CountsOut(counts=service.schedule_campaign(session, campaign_code=code, by=principal, now=now))


@router.post("/run")
def run_campaign(code: CodePath, principal: Planner, session: SessionDep, now: Now) -> CampaignReportOut:
    """Let a scheduled campaign be dispatched."""
    service.run_campaign(session, campaign_code=code, by=principal, now=now)
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=code))


@router.post("/dispatch")
def dispatch(code: CodePath, principal: Planner, session: SessionDep, now: Now) -> CountsOut:
    """Make the work orders of an approved campaign; again: no second ones. Of a large one the worker makes them: `requested`."""
    return CountsOut(counts=dispatch_or_request(session, campaign_code=code, by=principal, now=now))


@router.post("/close")
def close_campaign(code: CodePath, principal: Planner, session: SessionDep, now: Now) -> CountsOut:
    """Close a campaign that was approved; its live work orders expire."""
    return CountsOut(counts=end_campaign(session, campaign_code=code, by=principal, now=now))


@router.post("/evaluate")
def evaluate_campaign(
    code: CodePath, principal: PlannerOrAnalyst, session: SessionDep, now: Now, body: CommentIn = _NO_COMMENT
) -> StepOut:
    """End the life of a closed campaign with its evaluation, once its orders are mature. A large one is left to the worker; its
    progress is then at `/dashboard/v1/evaluation-requests/{requested}`."""
    asked = evaluate_or_request(session, campaign_code=code, by=principal, comment=body.comment, concludes=True, now=now)
    return StepOut.model_validate({**vars(reports.campaign_report(session, code=code)), "requested": asked.requested})
