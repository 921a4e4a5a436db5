"""What has come of a campaign so far: its work orders by state and by the result last reported, from what is kept of it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.campaigns.queries import get_campaign
from app.core.db import whole_company
from app.feedback.outcomes import OUTCOMES
from app.figures.drift_queries import find_oldest_mark
from app.models.campaign_life import CampaignEvent

_KEPT = """
SELECT state, outcome, sum(orders) FROM campaign_result_figures WHERE campaign_id = :campaign_id{grids}
GROUP BY 1, 2 ORDER BY 1, 2"""


@dataclass(frozen=True)
class Reported:
    """An outcome in Chinese and English, whether it claims a sale, and on how many orders it was the last one."""

    code: str
    zh: str
    en: str
    sale: bool
    orders: int


@dataclass(frozen=True)
class CampaignResults:
    """Work orders of my grids by state, those reported on by their last outcome; and when it was approved last.

    `as_of`: until when every change is in these figures.
    """

    states: dict[str, int]
    outcomes: list[Reported]
    approved_at: datetime | None
    as_of: datetime


def campaign_results(session: Session, *, code: str, grid_ids: Collection[int] | None, now: datetime) -> CampaignResults:
    """What came of a campaign in these grids, None: of the whole company. Raises UnknownCampaign."""
    campaign = get_campaign(session, code)
    values: dict[str, Any] = {"campaign_id": campaign.id, "grid_ids": list(grid_ids or ())}
    within = "" if grid_ids is None else " AND grid_id = ANY(:grid_ids)"
    states, outcomes = Counter[str](), Counter[str]()
    for state, outcome, orders in session.execute(text(_KEPT.format(grids=within)), values):
        states[state] += orders
        if outcome:
            outcomes[outcome] += orders
    approved = select(CampaignEvent.happened_at).where(CampaignEvent.campaign_id == campaign.id, CampaignEvent.verb == "approve")
    approved_at = session.scalar(approved.order_by(CampaignEvent.id.desc()).limit(1))
    with whole_company(session):
        oldest_mark = find_oldest_mark(session)
    reported = [_reported(code, outcomes[code]) for code in sorted(outcomes)]
    return CampaignResults(dict(states), reported, approved_at, min(oldest_mark or now, now))


def _reported(code: str, orders: int) -> Reported:
    known = OUTCOMES[code]
    return Reported(code, known.zh, known.en, known.sale, orders)
