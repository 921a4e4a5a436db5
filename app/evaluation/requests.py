"""Evaluations that are too large to wait for: made by the worker as a job, and by the next worker where it is killed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.access.service import find_person
from app.campaigns import queries as campaigns
from app.campaigns import service as campaign_life
from app.campaigns.steps import check_comment, check_over
from app.core.errors import AppError
from app.core.security import Principal
from app.evaluation import queries
from app.evaluation.fact_queries import count_targets_of
from app.evaluation.service import compute_evaluation, evaluate_campaign
from app.models.evaluation import EvaluationRequest
from app.models.work_order import RequestOutcome

LARGE = 20_000  # targets; below, an evaluation takes a second or so


@dataclass(frozen=True)
class Asked:
    """What came of asking: the `number` of the new evaluation, or the id of the request for it."""

    number: int | None = None
    requested: int | None = None


@dataclass(frozen=True)
class RequestReport:
    """How far a request is. state: waiting, done, failed; error: what it was refused for."""

    id: int
    campaign_code: str
    state: str
    requested_at: datetime
    finished_at: datetime | None
    error: str | None


def evaluate_or_request(
    session: Session, *, campaign_code: str, by: Principal, comment: str = "", concludes: bool, now: datetime
) -> Asked:
    """Evaluate a campaign at once, or, where it is large, ask the worker to. `concludes`: it ends its life, else it is looked at
    (again). Raises as `evaluate_campaign` and `compute_evaluation`; of what is left to the worker too.
    """
    campaign = campaigns.get_campaign(session, campaign_code)
    work = evaluate_campaign if concludes else compute_evaluation
    if count_targets_of(session, campaign.id) < LARGE:
        return Asked(number=work(session, campaign_code=campaign_code, by=by, comment=comment, now=now).number)
    if concludes:
        with session.begin_nested() as trial:
            campaign_life.evaluate_campaign(session, campaign_code=campaign_code, by=by, comment=comment, now=now)
            trial.rollback()
    else:
        check_over(campaign)
        check_comment(comment)
    request = EvaluationRequest(
        campaign_code=campaign_code, login=by.login, comment=comment, concludes=concludes, requested_at=now
    )
    session.add(request)
    session.flush()
    return Asked(requested=request.id)


def evaluate_requested(session: Session, *, now: datetime) -> dict[str, Any]:
    """Make the oldest evaluation that was asked for; what it is refused for is kept with it. {} where there is none."""
    request = queries.lock_waiting_request(session)
    if request is None:
        return {}
    try:
        with session.begin_nested():
            by = find_person(session, login=request.login, now=now)
            work = evaluate_campaign if request.concludes else compute_evaluation
            work(session, campaign_code=request.campaign_code, by=by, comment=request.comment, now=now)
        request.outcome = RequestOutcome.DONE
    except AppError as refusal:
        request.outcome, request.error = RequestOutcome.FAILED, f"{refusal.code}: {refusal.detail}"
    except SQLAlchemyError as failure:  # the next request must not wait for this one for ever
        request.outcome, request.error = RequestOutcome.FAILED, type(failure).__name__
    request.finished_at = now
    session.flush()
    return {"request": request.id, "outcome": request.outcome.value}


def report_request(session: Session, *, request_id: int) -> RequestReport:
    """How far a request is. Raises UnknownRequest."""
    request = queries.get_request(session, request_id)
    return RequestReport(
        id=request.id,
        campaign_code=request.campaign_code,
        state="waiting" if request.outcome is None else request.outcome.value,
        requested_at=request.requested_at,
        finished_at=request.finished_at,
        error=request.error,
    )
