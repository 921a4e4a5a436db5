"""Reads of kept evaluations and of what waits to be evaluated."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, undefer

from app.core.errors import NotFound
from app.models.campaign import Campaign, CampaignStatus
from app.models.evaluation import CampaignEvaluation, EvaluationRequest


class UnknownEvaluation(NotFound):
    """There is no such evaluation of this campaign."""

    code = "evaluation.unknown"


class UnknownRequest(NotFound):
    """There is no such request of an evaluation."""

    code = "evaluation.request_unknown"


def find_newest(session: Session, campaign_id: int) -> CampaignEvaluation | None:
    """The newest evaluation of a campaign, with its wins."""
    statement = select(CampaignEvaluation).where(CampaignEvaluation.campaign_id == campaign_id)
    newest = statement.order_by(CampaignEvaluation.number.desc()).limit(1)
    return session.scalar(newest.options(undefer(CampaignEvaluation.wins)))


def get_evaluation(session: Session, campaign: Campaign, number: int | None) -> CampaignEvaluation:
    """This version of a campaign's evaluation, None: the newest; raises UnknownEvaluation."""
    statement = select(CampaignEvaluation).where(CampaignEvaluation.campaign_id == campaign.id)
    if number is not None:
        statement = statement.where(CampaignEvaluation.number == number)
    found = session.scalar(statement.order_by(CampaignEvaluation.number.desc()).limit(1))
    if found is None:
        which = "no evaluation" if number is None else f"no evaluation {number}"
        raise UnknownEvaluation(f"number: there is {which} of the campaign {campaign.code}")
    return found


def lock_waiting_request(session: Session) -> EvaluationRequest | None:
    """The oldest request that is not done, locked; one that somebody is just working on is none."""
    statement = select(EvaluationRequest).where(EvaluationRequest.outcome.is_(None)).order_by(EvaluationRequest.id).limit(1)
    return session.scalar(statement.with_for_update(skip_locked=True))


def get_request(session: Session, request_id: int) -> EvaluationRequest:
    """The request with this id; raises UnknownRequest."""
    found = session.get(EvaluationRequest, request_id)
    if found is None:
        raise UnknownRequest(f"request: there is no request {request_id}")
    return found


def closed_campaigns(session: Session) -> list[Campaign]:
    """The campaigns that are closed and not evaluated, oldest first."""
    statement = select(Campaign).where(Campaign.status == CampaignStatus.CLOSED)
    return list(session.scalars(statement.order_by(Campaign.id)))


def evaluated_before(session: Session, before: datetime, *, closed_since: datetime) -> Sequence[Row[Campaign, datetime]]:
    """(campaign, when it was evaluated last) of those closed since an instant whose last evaluation is older than another."""
    last = (
        select(CampaignEvaluation.campaign_id, func.max(CampaignEvaluation.computed_at).label("at"))
        .group_by(CampaignEvaluation.campaign_id)
        .subquery("last")
    )
    statement = select(Campaign, last.c.at).join(last, last.c.campaign_id == Campaign.id)
    chosen = statement.where(Campaign.status == CampaignStatus.EVALUATED, Campaign.closed_at >= closed_since, last.c.at < before)
    return session.execute(chosen.order_by(Campaign.id)).all()
