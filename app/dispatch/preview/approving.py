"""Submitting and approving campaigns with their preview; the approval books the capacity. Those of a programme go together."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns import approval
from app.campaigns.bookings import book_capacity, lock_bookings
from app.core.errors import Conflict
from app.core.security import Principal
from app.dispatch.preview.preview import (
    Preview,
    Room,
    Told,
    find_room,
    preview_campaigns,
    preview_row,
    said_of,
    tell_nobody,
)
from app.models.campaign import Campaign

_NAMED = 10  # grids that a refusal names


class DoesNotFit(Conflict):
    """There is not enough free capacity for this campaign, and its plan does not say that it may shrink."""

    code = "campaign.does_not_fit"


def submit_plan(session: Session, *, campaign_code: str, by: Principal, comment: str = "", now: datetime) -> Campaign:
    """Ask for the approval of a draft, with the preview as the planner sees it.

    Raises as `submit_campaign` and `preview_campaign`.
    """
    return submit_plans(session, campaign_codes=[campaign_code], by=by, comment=comment, now=now)[0]


def submit_plans(
    session: Session,
    *,
    campaign_codes: Collection[str],
    by: Principal,
    comment: str = "",
    told: Told = tell_nobody,
    now: datetime,
) -> list[Campaign]:
    """Submit drafts that are to run as one, with their joint preview; by code. Raises as `submit_plan`."""
    codes = sorted(set(campaign_codes))
    campaigns = [approval.submit_campaign(session, campaign_code=code, by=by, comment=comment, now=now) for code in codes]
    found = preview_campaigns(session, campaign_codes=codes, told=told, now=now)
    _keep(session, found, "submit", now)
    return campaigns


def approve_plan(session: Session, *, campaign_code: str, by: Principal, comment: str = "", now: datetime) -> Campaign:
    """Approve a submitted campaign: its preview as of now, and its contacts booked by grid and week.

    What does not fit is cut by grid where the plan says `shrink`, else refused. Raises as `approve_campaign` and
    `preview_campaign`, and DoesNotFit.
    """
    return approve_plans(session, campaign_codes=[campaign_code], by=by, comment=comment, now=now)[0]


def approve_plans(
    session: Session,
    *,
    campaign_codes: Collection[str],
    by: Principal,
    comment: str = "",
    told: Told = tell_nobody,
    now: datetime,
) -> list[Campaign]:
    """Approve campaigns that are to run as one: who is wanted by several is booked once. By code; raises as `approve_plan`."""
    codes = sorted(set(campaign_codes))
    campaigns = [approval.approve_campaign(session, campaign_code=code, by=by, comment=comment, now=now) for code in codes]
    found = preview_campaigns(session, campaign_codes=codes, told=told, now=now)
    lock_bookings(session)  # what is free is asked again under the lock, which nobody holds while a preview is made
    rooms = find_room(session, campaigns, [each.wanted for each in found], now=now)
    for campaign, room in zip(campaigns, rooms, strict=True):
        _check_fit(campaign, room)
        book_capacity(session, campaign_id=campaign.id, contacts=room.fit.booked, now=now)
    booked = zip(found, rooms, strict=True)
    _keep(session, [replace(p, figures=p.figures | said_of(p.campaign, room)) for p, room in booked], "approve", now)
    return campaigns


def _check_fit(campaign: Campaign, room: Room) -> None:
    if room.short and campaign.fit == "refuse":
        lacking = ", ".join(f"{each['grid']} has room for {each['free']} of {each['wanted']}" for each in room.short[:_NAMED])
        raise DoesNotFit(f"{campaign.code} does not fit into what is free: {lacking}.", short=room.short[:_NAMED])


def _keep(session: Session, found: Collection[Preview], shown_for: str, now: datetime) -> None:
    session.add_all(preview_row(each, shown_for, now) for each in found)
    session.flush()
