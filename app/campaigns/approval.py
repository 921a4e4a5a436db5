"""From a plan to its approval and back: submitted, approved by another person, sent back, revised."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.bookings import end_bookings
from app.campaigns.lifecycle import Verb
from app.campaigns.steps import take_step
from app.core.security import Principal
from app.models.campaign import Campaign


def submit_campaign(session: Session, *, campaign_code: str, by: Principal, comment: str = "", now: datetime) -> Campaign:
    """Ask for the approval of a draft. Raises as `take_step`."""
    campaign = take_step(session, campaign_code=campaign_code, verb=Verb.SUBMIT, by=by, comment=comment, now=now)
    campaign.submitted_by = by.account_id
    session.flush()
    return campaign


def approve_campaign(session: Session, *, campaign_code: str, by: Principal, comment: str = "", now: datetime) -> Campaign:
    """Let a submitted campaign be scheduled. Raises as `take_step`; the database refuses the submitter too."""
    campaign = take_step(session, campaign_code=campaign_code, verb=Verb.APPROVE, by=by, comment=comment, now=now)
    campaign.approved_by, campaign.approved_version = by.account_id, campaign.version
    session.flush()
    return campaign


def send_back_campaign(session: Session, *, campaign_code: str, by: Principal, comment: str, now: datetime) -> Campaign:
    """Make a submitted campaign a draft again, with what is to be changed. Raises as `take_step`."""
    return _reopen_plan(session, campaign_code, Verb.SEND_BACK, by, comment, now)


def revise_campaign(session: Session, *, campaign_code: str, by: Principal, comment: str, now: datetime) -> Campaign:
    """Take a campaign back before it runs, so that it can be changed: its approval, its list and its booked capacity are gone.

    Raises as `take_step`.
    """
    return _reopen_plan(session, campaign_code, Verb.REVISE, by, comment, now)


def _reopen_plan(session: Session, code: str, verb: Verb, by: Principal, comment: str, now: datetime) -> Campaign:
    campaign = take_step(session, campaign_code=code, verb=verb, by=by, comment=comment, now=now)
    campaign.submitted_by = campaign.approved_by = campaign.approved_version = None
    if campaign.frozen_at is not None:
        session.execute(text("DELETE FROM campaign_targets WHERE campaign_id = :id"), {"id": campaign.id})
        campaign.frozen_at = campaign.scoring_run_id = campaign.last_rank = None
    session.flush()
    end_bookings(session, campaign_id=campaign.id, now=now)
    return campaign
