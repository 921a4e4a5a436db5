"""Pilots: whether their stop rule speaks, and their growth into the whole campaign."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.customers import pilot_share
from app.campaigns.pilot import Pilot, PilotFigures, check_pilot, decide_pilot
from app.campaigns.steps import add_event
from app.core.db import count_changed
from app.core.errors import NotFound
from app.dispatch.run.requests import request_dispatch
from app.dispatch.sweeps import end_campaign
from app.models.campaign import Campaign

GROWN = "grown"
# Who was on the list of a pilot that stopped had to be drawn into the pilot, too.
_PROBABILITIES = (
    "UPDATE campaign_targets SET selection_probability = selection_probability * :share WHERE campaign_id = :id",
    "UPDATE work_orders SET selection_probability = selection_probability * :share WHERE campaign_id = :id",
)
_RUNNING = "SELECT code FROM campaigns WHERE status = 'running' AND pilot IS NOT NULL AND pilot_outcome IS NULL ORDER BY id"
# Success is an order in billing, as everywhere; it has the campaign's attribution days from the contact on.
_FIGURES = text("""
WITH contacted AS (
    SELECT w.customer_id, w.dispatched_at, min(f.contacted_at) AS at, bool_or(f.outcome = 'refused') AS refused
    FROM work_orders w JOIN contact_feedback f ON f.work_order_id = w.id WHERE w.campaign_id = :campaign_id
    GROUP BY w.customer_id, w.dispatched_at
), judged AS (
    SELECT at <= CAST(:matured_before AS timestamptz) AS matured,
        EXISTS (SELECT FROM orders o JOIN products p ON p.id = o.product_id WHERE o.customer_id = c.customer_id
            AND p.family = :family AND o.cancelled_at IS NULL
            AND o.ordered_at BETWEEN c.dispatched_at AND c.at + CAST(:attribution AS interval)) AS success,
        EXISTS (SELECT FROM complaints x WHERE x.customer_id = c.customer_id AND x.opened_at >= c.at) AS complaint,
        refused OR EXISTS (SELECT FROM contact_preferences r WHERE r.customer_id = c.customer_id AND r.status = 'refused'
            AND r.recorded_at >= c.dispatched_at) AS refusal
    FROM contacted c
)
SELECT count(*) AS contacted, count(*) FILTER (WHERE matured) AS matured,
    count(*) FILTER (WHERE matured AND success) AS successes,
    count(*) FILTER (WHERE complaint) AS complaints, count(*) FILTER (WHERE refusal) AS refusals FROM judged
""")


class NoPilot(NotFound):
    """This campaign has no pilot."""

    code = "campaign.no_pilot"


@dataclass(frozen=True)
class PilotReport:
    """How a pilot stands: its plan, what it has brought, and what its stop rule says of that now (None: not yet anything).

    `outcome`: what was decided, at `decided_at`.
    """

    pilot: Pilot
    figures: PilotFigures
    verdict: str | None
    why: str | None
    outcome: str | None
    decided_at: datetime | None


def report_pilot(session: Session, *, campaign_code: str, now: datetime) -> PilotReport:
    """How the pilot of a campaign stands, over the contacts that the reader may see. Raises UnknownCampaign, NoPilot."""
    campaign = campaigns.get_campaign(session, campaign_code)
    if campaign.pilot is None:
        raise NoPilot(f"code: the campaign {campaign_code} has no pilot")
    pilot = check_pilot(campaign.pilot)
    figures = figures_of(session, campaign, now=now)
    verdict, why = decide_pilot(pilot, figures) or (None, None)
    return PilotReport(pilot, figures, verdict, why, campaign.pilot_outcome, campaign.pilot_decided_at)


def check_pilots(session: Session, *, now: datetime) -> dict[str, Any]:
    """Grow or stop every pilot of which enough is known. {pilots: looked at, grown: codes, stopped: codes}.

    A grown campaign's dispatch is requested, and its control stays as it was; a stopped one is closed.
    """
    found: dict[str, Any] = {"pilots": 0, "grown": [], "stopped": []}
    for code in session.scalars(text(_RUNNING)).all():
        campaign = campaigns.lock_campaign(session, code)
        if campaign.pilot is None or campaign.pilot_outcome is not None:
            continue
        found["pilots"] += 1
        decided = decide_pilot(check_pilot(campaign.pilot), figures_of(session, campaign, now=now))
        if decided is not None:
            _conclude(session, campaign, *decided, now=now)
            found[decided[0]].append(code)
    return found


def figures_of(session: Session, campaign: Campaign, *, now: datetime) -> PilotFigures:
    """What the contacts of a campaign have brought so far."""
    attribution = timedelta(days=campaign.attribution_days)
    values = {
        "campaign_id": campaign.id,
        "family": campaign.product_family,
        "attribution": attribution,
        "matured_before": now - attribution,
    }
    return PilotFigures(**session.execute(_FIGURES, values).mappings().one())


def _conclude(session: Session, campaign: Campaign, outcome: str, why: str, *, now: datetime) -> None:
    share = pilot_share(session, campaign)
    campaign.pilot_outcome, campaign.pilot_decided_at = outcome, now
    add_event(session, campaign, f"pilot_{outcome}", to=campaign.status, by=None, comment=why, now=now)
    session.flush()
    if outcome != GROWN:
        for statement in _PROBABILITIES:
            count_changed(session, statement, {"id": campaign.id, "share": share})
        end_campaign(session, campaign_code=campaign.code, now=now)
        return
    waiting = "UPDATE campaign_targets SET reason = NULL, decided_at = NULL WHERE campaign_id = :id AND reason = 'outside_pilot'"
    count_changed(session, waiting, {"id": campaign.id})
    request_dispatch(session, campaign_codes=[campaign.code], by=None, now=now)
