"""Previews, submissions and approvals that are too large to wait for: made by the worker, and asked for until they are done.

A request goes through three kinds of transactions. It is claimed in one; the work, with its outcome, is another; and while it
lasts, how far it is goes into short ones of its own. Killed, the work is as if it had not begun, and the next worker does it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.campaigns import approval
from app.campaigns import queries as campaigns
from app.campaigns.lifecycle import Verb
from app.core.db import count_changed, set_scope
from app.core.errors import AppError, Conflict
from app.core.security import Principal
from app.dispatch.preview import queries
from app.dispatch.preview.approving import approve_plans, submit_plans
from app.dispatch.preview.preview import STEPS, Told, preview_campaigns, preview_now, preview_row
from app.dispatch.run.inputs import customers_to_look_at
from app.models.campaign import Campaign
from app.models.campaign_life import CampaignPreview, PlanRequest
from app.models.work_order import RequestOutcome

LARGE = 50_000  # customers to look at; below, a preview takes a few seconds
ASKED = "asked"  # `shown_for` of a preview that the worker made because somebody wanted to see it
PREVIEW = "preview"
_BUSY = "SELECT pg_try_advisory_xact_lock(hashtextextended('plan request/' || :id, 0))"
_BEGUN = "UPDATE plan_requests SET begun_at = :now, step = 0 WHERE id = :id"
_STEP = "UPDATE plan_requests SET step = :step WHERE id = :id"

T = TypeVar("T")
InTransaction = Callable[[Callable[[Session, datetime], T]], T]


class PreviewIsLarge(Conflict):
    """This preview takes too long to wait for: ask for it, and look for it when it is done."""

    code = "campaign.preview_is_large"


@dataclass(frozen=True)
class RequestReport:
    """How far a request is. state: waiting, running, done, failed; `ahead`: how many come before it; `step` of `steps`."""

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


def step_or_request(
    session: Session, *, campaign_codes: Collection[str], verb: Verb, by: Principal, comment: str = "", now: datetime
) -> int | None:
    """Submit or approve these campaigns as one, at once: None; or, where they are large, the id of the request for it.

    Raises as `submit_plans` and `approve_plans`; of what is left to the worker all but what its preview is needed for.
    """
    if _looked_at(session, campaign_codes) < LARGE:
        _PLANS[verb](session, campaign_codes=campaign_codes, by=by, comment=comment, now=now)
        return None
    with session.begin_nested() as trial:
        for code in sorted(set(campaign_codes)):
            _TRIALS[verb](session, campaign_code=code, by=by, comment=comment, now=now)
        trial.rollback()
    return _request(session, verb.value, campaign_codes, by, comment, now).id


def request_preview(session: Session, *, campaign_code: str, by: Principal, now: datetime) -> PlanRequest:
    """Ask the worker for a preview of a campaign, which is then kept with those of its steps. Raises UnknownCampaign."""
    campaigns.get_campaign(session, campaign_code)
    return _request(session, PREVIEW, [campaign_code], by, "", now)


def preview_if_small(session: Session, *, campaign_code: str, now: datetime) -> CampaignPreview:
    """The preview of now. Raises as `preview_campaign`, and PreviewIsLarge."""
    if _looked_at(session, [campaign_code]) >= LARGE:
        raise PreviewIsLarge(f"The preview of {campaign_code} takes too long to wait for: request it.")
    return preview_now(session, campaign_code=campaign_code, now=now)


def report_request(session: Session, *, request_id: int) -> RequestReport:
    """How far a request is. Raises UnknownRequest."""
    request = queries.get_request(session, request_id)
    waits = request.outcome is None
    state = "waiting" if request.begun_at is None else "running"
    return RequestReport(
        id=request.id,
        verb=request.verb,
        campaign_codes=request.campaign_codes,
        state=state if request.outcome is None else request.outcome.value,
        ahead=queries.count_waiting_before(session, request.id) if waits else 0,
        step=STEPS if request.outcome is RequestOutcome.DONE else request.step,
        steps=STEPS,
        requested_at=request.requested_at,
        begun_at=request.begun_at,
        finished_at=request.finished_at,
        error=request.error,
    )


def work_on_plans(in_transaction: InTransaction[Any]) -> dict[str, int]:
    """Do the oldest request that is not done, and keep what it is refused for: {done, failed}. `in_transaction` commits."""
    request_id: int | None = in_transaction(_claim)
    if request_id is None:
        return {"done": 0, "failed": 0}

    def told(step: int) -> None:
        in_transaction(lambda session, _: count_changed(session, _STEP, {"id": request_id, "step": step}))

    outcome = in_transaction(lambda session, now: _do(session, request_id, told, now))
    return {"done": int(outcome is RequestOutcome.DONE), "failed": int(outcome is RequestOutcome.FAILED)}


def _claim(session: Session, now: datetime) -> int | None:
    request = queries.find_waiting_request(session)
    if request is None:
        return None
    count_changed(session, _BEGUN, {"id": request.id, "now": now})
    return request.id


def _do(session: Session, request_id: int, told: Told, now: datetime) -> RequestOutcome | None:
    if not session.scalar(text(_BUSY), {"id": request_id}):
        return None
    request = queries.get_request(session, request_id)
    if request.outcome is not None:
        return None
    outcome, error = RequestOutcome.DONE, None
    try:
        with session.begin_nested():
            _carry_out(session, request, told, now)
    except AppError as refusal:
        outcome, error = RequestOutcome.FAILED, f"{refusal.code}: {refusal.detail}"
    except SQLAlchemyError as failure:  # the next request must not wait for this one for ever
        outcome, error = RequestOutcome.FAILED, type(failure).__name__
    set_scope(session, scope="all")
    request.outcome, request.error, request.finished_at = outcome, error, now
    session.flush()
    return outcome


def _carry_out(session: Session, request: PlanRequest, told: Told, now: datetime) -> None:
    """As the person who asked for it, who sees what they may see and must still be allowed to do it."""
    who = find_person(session, login=request.login, now=now)
    set_scope(session, scope=who.scope, grid_ids=who.grid_ids)
    codes = request.campaign_codes
    if request.verb == PREVIEW:
        found = preview_campaigns(session, campaign_codes=codes, told=told, now=now)
        session.add_all(preview_row(each, ASKED, now) for each in found)
    else:
        _PLANS[Verb(request.verb)](session, campaign_codes=codes, by=who, comment=request.comment, told=told, now=now)
    session.flush()


def _request(session: Session, verb: str, codes: Collection[str], by: Principal, comment: str, now: datetime) -> PlanRequest:
    request = PlanRequest(verb=verb, campaign_codes=sorted(set(codes)), login=by.login, comment=comment, step=0, requested_at=now)
    session.add(request)
    session.flush()
    return request


def _looked_at(session: Session, codes: Collection[str]) -> int:
    return sum(customers_to_look_at(session, campaigns.get_campaign(session, code)) for code in codes)


_PLANS: dict[Verb, Callable[..., list[Campaign]]] = {Verb.SUBMIT: submit_plans, Verb.APPROVE: approve_plans}
_TRIALS: dict[Verb, Callable[..., Campaign]] = {Verb.SUBMIT: approval.submit_campaign, Verb.APPROVE: approval.approve_campaign}
