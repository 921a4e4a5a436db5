"""Submitting and approving a campaign with its preview; the approval books the capacity."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns import approval
from app.campaigns.bookings import book_capacity, lock_bookings
from app.core.errors import Conflict
from app.core.security import Principal
from app.dispatch.preview.preview import Preview, preview_campaign
from app.models.campaign import Campaign
from app.models.campaign_life import CampaignPreview

_NAMED = 10  # grids that a refusal names


class DoesNotFit(Conflict):
    """There is not enough free capacity for this campaign, and its plan does not say that it may shrink."""

    code = "campaign.does_not_fit"


def submit_plan(session: Session, *, campaign_code: str, by: Principal, comment: str = "", now: datetime) -> Campaign:
    """Ask for the approval of a draft, with the preview as the planner sees it.

    Raises as `submit_campaign` and `preview_campaign`.
    """
    campaign = approval.submit_campaign(session, campaign_code=campaign_code, by=by, comment=comment, now=now)
    _keep(session, campaign, preview_campaign(session, campaign_code=campaign_code, now=now), "submit", now)
    return campaign


def approve_plan(session: Session, *, campaign_code: str, by: Principal, comment: str = "", now: datetime) -> Campaign:
    """Approve a submitted campaign: its preview as of now, and its contacts booked by grid and week.

    What does not fit is cut by grid where the plan says `shrink`, else refused. Raises as `approve_campaign` and
    `preview_campaign`, and DoesNotFit.
    """
    campaign = approval.approve_campaign(session, campaign_code=campaign_code, by=by, comment=comment, now=now)
    lock_bookings(session)
    found = preview_campaign(session, campaign_code=campaign_code, now=now)
    if found.short and campaign.fit == "refuse":
        lacking = ", ".join(f"{each['grid']} has room for {each['free']} of {each['wanted']}" for each in found.short[:_NAMED])
        raise DoesNotFit(f"{campaign_code} does not fit into what is free: {lacking}.", short=found.short[:_NAMED])
    book_capacity(session, campaign_id=campaign.id, contacts=found.fit.booked, now=now)
    _keep(session, campaign, found, "approve", now)
    return campaign


def _keep(session: Session, campaign: Campaign, found: Preview, shown_for: str, now: datetime) -> None:
    session.add(
        CampaignPreview(
            campaign_id=campaign.id, version=campaign.version, shown_for=shown_for, made_at=now, figures=found.figures
        )
    )
    session.flush()
