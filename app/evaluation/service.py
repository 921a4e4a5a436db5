"""Evaluating campaigns: what they brought is computed and kept, the first time and again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns import service as campaign_life
from app.campaigns.customers import pilot_share
from app.campaigns.pilot import check_pilot
from app.campaigns.steps import check_comment, check_over
from app.core.db import whole_company
from app.core.security import Principal
from app.evaluation import queries
from app.evaluation.advice import Figures
from app.evaluation.assessing import Terms, as_kept, assess
from app.evaluation.doing_well import Group
from app.evaluation.fact_queries import get_product_of, matures_at, read_bounds, read_facts, read_managers
from app.evaluation.since import Integers, difference_since
from app.models.campaign import Campaign
from app.models.evaluation import CampaignEvaluation, EvaluatedManager

LOOKED_AT_AGAIN = timedelta(days=7)  # an evaluated campaign is asked this often whether sales came late or were cancelled
AGAIN_UNTIL = timedelta(days=180)  # after its close
MOST_A_NIGHT = 40  # evaluated for the first time: years of closed campaigns are not one transaction
GROWN = "grown"


def evaluate_campaign(
    session: Session, *, campaign_code: str, by: Principal | None = None, comment: str = "", now: datetime
) -> CampaignEvaluation:
    """End the life of a closed campaign whose orders are mature with its evaluation, which is kept.

    Raises as `campaigns.service.evaluate_campaign`.
    """
    campaign = campaign_life.evaluate_campaign(session, campaign_code=campaign_code, by=by, comment=comment, now=now)
    return _compute(session, campaign, by, comment, now)


def compute_evaluation(
    session: Session, *, campaign_code: str, by: Principal | None = None, comment: str = "", now: datetime
) -> CampaignEvaluation:
    """The next version of the evaluation of a campaign that is over; before its orders are mature it is not final.

    Raises UnknownCampaign, WrongStatus while it is not closed, and Invalid for a comment that cannot be kept.
    """
    campaign = campaigns.lock_campaign(session, campaign_code)
    check_over(campaign)
    check_comment(comment)
    return _compute(session, campaign, by, comment, now)


def evaluate_mature(session: Session, *, now: datetime) -> dict[str, Any]:
    """Evaluate closed campaigns whose orders are mature, the oldest first, and look again at those evaluated before.

    {evaluated: codes, again: codes of those with late or lost sales since, which got a new version}.
    """
    mature = [campaign.code for campaign in queries.closed_campaigns(session) if matures_at(campaign) <= now]
    evaluated = mature[:MOST_A_NIGHT]
    for code in evaluated:
        evaluate_campaign(session, campaign_code=code, now=now)
    again = []
    for campaign, _ in queries.evaluated_before(session, now - LOOKED_AT_AGAIN, closed_since=now - AGAIN_UNTIL):
        campaigns.lock_campaign(session, campaign.code)
        if _has_changed(session, campaign):
            _compute(session, campaign, None, "late_or_lost_sales", now)
            again.append(campaign.code)
    return {"evaluated": evaluated, "again": again}


def _compute(session: Session, campaign: Campaign, by: Principal | None, comment: str, now: datetime) -> CampaignEvaluation:
    with whole_company(session):
        before = queries.find_newest(session, campaign.id)
        facts, words = read_facts(session, campaign)
        people = read_managers(session, campaign.id)
        figures = assess(facts, words, [group for group, *_ in people], _terms(session, campaign))
        kept, wins = as_kept(figures), _wins(facts.win)
        evaluation = CampaignEvaluation(
            campaign_id=campaign.id,
            number=1 if before is None else before.number + 1,
            computed_at=now,
            account_id=None if by is None else by.account_id,
            comment=comment or None,
            is_final=matures_at(campaign) <= now,
            bounds=read_bounds(session, campaign),
            figures=kept,
            difference=None if before is None else _since(before, kept, wins),
            wins=wins.tolist(),
        )
        session.add(evaluation)
        session.flush()
        session.add_all(_managers(evaluation.id, figures, people))
    return evaluation


def _terms(session: Session, campaign: Campaign) -> Terms:
    """A pilot that grew is the whole campaign; one that stopped, or still lasts, was its own part alone."""
    partly = campaign.pilot is not None and campaign.pilot_outcome != GROWN
    return Terms(
        control_share=float(campaign.control_share),
        pilot_share=pilot_share(session, campaign) if partly else 1.0,
        pilot_by_grids=partly and campaign.pilot is not None and check_pilot(campaign.pilot).by == "grids",
        contact_cost=get_product_of(session, campaign).contact_cost,
    )


def _since(before: CampaignEvaluation, kept: Mapping[str, Any], wins: Integers) -> dict[str, Any]:
    return difference_since(before.figures, np.array(before.wins, np.int64), kept, wins, number=before.number)


def _has_changed(session: Session, campaign: Campaign) -> bool:
    before = queries.find_newest(session, campaign.id)
    facts, _ = read_facts(session, campaign)
    return before is None or not np.array_equal(np.array(before.wins, np.int64), _wins(facts.win))


def _wins(column: Integers) -> Integers:
    return np.unique(column[column > 0])


def _managers(evaluation_id: int, figures: Figures, people: Sequence[tuple[Group, int, int]]) -> list[EvaluatedManager]:
    placed = {one.name: one for one in figures.managers.groups}
    found = []
    for group, staff_id, grid_id in people:
        one = placed[group.name]
        amounts = {name: Decimal(str(round(getattr(one, name), 4))) for name in ("orders", "successes", "expected")}
        bounds = {"index": one.index, "low": one.low, "high": one.high, "verdict": one.verdict}
        found.append(EvaluatedManager(evaluation_id=evaluation_id, staff_id=staff_id, grid_id=grid_id, **amounts, **bounds))
    return found
