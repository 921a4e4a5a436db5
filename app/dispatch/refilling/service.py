"""Places that refusals, returns and unfinished work free go to the next best of the same list."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.customers import read_left_out
from app.campaigns.eligibility import draws_of
from app.core import clock
from app.core.db import count_changed
from app.dispatch.refilling import queries
from app.dispatch.refilling.rules import Kind, LeftOut, choose_next, open_places
from app.dispatch.service import dispatch_campaigns
from app.models.campaign import Campaign

_WAITING_AGAIN = """
UPDATE campaign_targets SET reason = NULL, decided_at = NULL
WHERE campaign_id = :id AND customer_id = ANY(:customer_ids) AND reason = 'over_capacity'
"""


def refill_places(session: Session, *, now: datetime) -> dict[str, Any]:
    """Dispatch to the next best who were over capacity, in running campaigns, as many as places are free again; once a day.

    A place is free again whose work order ended without a contact: withdrawn, expired, or given back and accepted. After the
    wave, which says what becomes of yesterday's unfinished work; before it, that work counts against the first free days.
    {campaigns: codes, freed_places, new_work_orders}; the run asks the gate and keeps to capacity, so whom it cannot place is
    left out again, and the place waits for the next day.
    """
    asked: dict[str, int] = {}
    for campaign, places in _places_by_campaign(session, now):
        if queries.waits_for_dispatch(session, campaign.id):
            continue  # the orders of those who wait would be taken for refills
        customer_ids = _next_of(session, campaign, places)
        if customer_ids and _let_wait(session, campaign, customer_ids):
            asked[campaign.code] = sum(places.values())
    done = dispatch_campaigns(session, campaign_codes=asked, freed_places=asked, now=now) if asked else {}
    return {
        "campaigns": sorted(asked),
        "freed_places": sum(asked.values()),
        "new_work_orders": sum(found["new_work_orders"] for found in done.values()),
    }


def _places_by_campaign(session: Session, now: datetime) -> list[tuple[Campaign, Mapping[Kind, int]]]:
    """The campaigns with open places, locked, by code; looked at again under the lock: ended or refilled meanwhile?"""
    locked = {campaigns.lock_campaign(session, campaign.code).id for campaign, _ in _look(session, now)}
    return [(campaign, places) for campaign, places in _look(session, now) if campaign.id in locked]


def _look(session: Session, now: datetime) -> list[tuple[Campaign, Mapping[Kind, int]]]:
    today = clock.local_date(now)
    found = queries.refillable(session, today=today, since=clock.start_of_day(today))
    ids = [campaign.id for campaign in found]
    freed, refilled = queries.freed_places(session, ids), queries.refilled_places(session, ids)
    places = [(campaign, open_places(freed.get(campaign.id, {}), refilled.get(campaign.id, {}))) for campaign in found]
    return [(campaign, kinds) for campaign, kinds in places if kinds]


def _next_of(session: Session, campaign: Campaign, places: Mapping[Kind, int]) -> list[int]:
    found = read_left_out(session, campaign)
    turn = draws_of(campaign.seed, "turn", found.draw_key)
    left = LeftOut(found.customer_id, found.grid_id, found.rank, found.explored, turn)
    return [int(customer_id) for customer_id in choose_next(left, places)]


def _let_wait(session: Session, campaign: Campaign, customer_ids: Collection[int]) -> int:
    return count_changed(session, _WAITING_AGAIN, {"id": campaign.id, "customer_ids": list(customer_ids)})
