"""What has come of a campaign so far: its work orders by state and by the result last reported."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.campaigns.queries import get_campaign
from app.feedback.outcomes import OUTCOMES
from app.models.campaign_life import CampaignEvent

_STATES = """
SELECT w.state, count(*) FROM work_orders w WHERE w.campaign_id = :campaign_id{grids} GROUP BY 1 ORDER BY 1"""
_OUTCOMES = """
SELECT f.outcome, count(*) FROM (
    SELECT DISTINCT ON (f.work_order_id) f.outcome FROM work_orders w JOIN contact_feedback f ON f.work_order_id = w.id
    WHERE w.campaign_id = :campaign_id{grids} AND w.state NOT IN ('planned', 'open')
    ORDER BY f.work_order_id, f.received_at DESC, f.id
) f GROUP BY 1 ORDER BY 1"""


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
    """Work orders of my grids by state, those reported on by their last outcome; and when it was approved last."""

    states: dict[str, int]
    outcomes: list[Reported]
    approved_at: datetime | None


def campaign_results(session: Session, *, code: str, grid_ids: Collection[int] | None) -> CampaignResults:
    """What came of a campaign in these grids, None: of the whole company. Raises UnknownCampaign."""
    campaign = get_campaign(session, code)
    values: dict[str, Any] = {"campaign_id": campaign.id, "grid_ids": list(grid_ids or ())}
    within = "" if grid_ids is None else " AND w.grid_id = ANY(:grid_ids)"
    states, outcomes = (
        {row[0]: row[1] for row in session.execute(text(statement.format(grids=within)), values)}
        for statement in (_STATES, _OUTCOMES)
    )
    approved = select(CampaignEvent.happened_at).where(CampaignEvent.campaign_id == campaign.id, CampaignEvent.verb == "approve")
    approved_at = session.scalar(approved.order_by(CampaignEvent.id.desc()).limit(1))
    return CampaignResults(states, [_reported(code, count) for code, count in outcomes.items()], approved_at)


def _reported(code: str, orders: int) -> Reported:
    known = OUTCOMES[code]
    return Reported(code, known.zh, known.en, known.sale, orders)
