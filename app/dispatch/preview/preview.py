"""The one preview of campaigns: what their run would give as things are now, what it costs, whom it meets and displaces.

It reads what the run reads (`inputs.read_sources`) and decides as the run decides (`deciding.decide_run`); it writes nothing.
The campaigns of a programme are decided together, as their run decides them.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.campaigns import bookings, queries
from app.campaigns.eligibility import REASON_WORDS
from app.dispatch.preview import queries as preview_queries
from app.dispatch.preview.beside import Beside, displaced_by, is_over, overlap_of, read_beside
from app.dispatch.preview.figures import load_of, money_of, reach_of
from app.dispatch.preview.weeks import Cell, Fit, fit_into, free_by_week, less_booked, share_a_day
from app.dispatch.run.deciding import Decision, decide_run
from app.dispatch.run.inputs import CampaignOver, combine_inputs, read_managers, read_sources, window_of
from app.dispatch.run.terms import DISPATCHED, OVER_CAPACITY, CampaignInput
from app.models.campaign import Campaign
from app.models.campaign_life import CampaignPreview

MOVES = (-14, -7, 7, 14)  # days
STEPS = 4 + len(MOVES)  # of a preview, for who waits for it
# Of a pilot the whole list books its capacity, so that there is room to grow into.
_WANTED = (DISPATCHED, OVER_CAPACITY, REASON_WORDS.index("outside_pilot"))

Told = Callable[[int], None]


def tell_nobody(_: int) -> None:
    """Who waits for a small preview is told nothing in between."""


@dataclass(frozen=True)
class Room:
    """How a campaign goes into the capacity that is free: by grid and week what is free of it and what it takes, and by grid
    what there is no room for."""

    free: dict[Cell, int]
    fit: Fit
    short: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """The figures of a campaign, as they are kept and shown; contacts wanted by grid, and the room for them."""

    campaign: Campaign
    figures: dict[str, Any]
    wanted: dict[int, int]
    room: Room


def preview_campaign(session: Session, *, campaign_code: str, now: datetime) -> Preview:
    """The preview of a campaign that has not run yet. Raises UnknownCampaign, NoScores, CampaignOver, RuleNotComputable."""
    return preview_campaigns(session, campaign_codes=[campaign_code], now=now)[0]


def preview_campaigns(
    session: Session, *, campaign_codes: Collection[str], told: Told = tell_nobody, now: datetime
) -> list[Preview]:
    """The previews of campaigns that are to run as one, by code. `told` hears which of STEPS is done. Raises the same."""
    chosen = [queries.get_campaign(session, code) for code in sorted(set(campaign_codes))]
    if is_over(chosen, 0, now=now):
        raise CampaignOver
    sources = read_sources(session, chosen, now=now)
    told(1)
    inputs = combine_inputs(session, chosen, sources, now=now)
    decisions = decide_run(inputs).campaigns
    wanted = _wanted(decisions)
    rooms = find_room(session, chosen, wanted, now=now)
    told(2)
    beside = read_beside(session, chosen, within=max(map(abs, MOVES)), now=now)
    told(3)
    displaced = displaced_by(session, chosen, sources, beside, now=now)
    told(4)
    moved: list[list[dict[str, Any]]] = []
    for days in MOVES:
        moved.append(_moved(session, chosen, sources, beside, days, now))
        told(4 + len(moved))
    codes = preview_queries.unit_codes(
        session, {grid for room in rooms for grid, _ in room.free} | {g for w in wanted for g in w}
    )
    return [
        Preview(
            campaign,
            {
                "as_of": now.isoformat(),
                "version": campaign.version,
                "first_day": window_of(campaign, now=now)[0].isoformat(),
                "last_day": campaign.ends_on.isoformat(),
                "beside": [other.code for other in chosen if other is not campaign],
                "reach": reach_of(decision),
                **_money(session, decision, source, campaign),
                **said_of(campaign, room),
                "load": load_of(decision, inputs.first, room.free, codes),
                "overlap": overlap_of(decision, campaign, beside),
                "displaced": displaced,
                "moved": [rows[place] for rows in moved],
            },
            want,
            room,
        )
        for place, (campaign, source, decision, want, room) in enumerate(
            zip(chosen, sources, decisions, wanted, rooms, strict=True)
        )
    ]


def find_room(session: Session, chosen: Sequence[Campaign], wanted: Sequence[dict[int, int]], *, now: datetime) -> list[Room]:
    """How the contacts wanted by grid go into what is free beside all bookings of others, one campaign after the other."""
    mine = [campaign.id for campaign in chosen]
    taken: list[tuple[date, date, Fit]] = []
    rooms = []
    for campaign, want in zip(chosen, wanted, strict=True):
        first, last = window_of(campaign, now=now)
        free = _free(session, campaign, mine, first, last)
        of_siblings = [
            (grid, week, count)
            for start, end, fit in taken
            for (grid, week), count in fit.booked.items()
            if share_a_day(week, (start, end), (first, last))
        ]
        free = less_booked(free, of_siblings)
        fit = fit_into(want, free)
        codes = preview_queries.unit_codes(session, want)
        left = [{"grid": codes[grid], "wanted": want[grid], "free": want[grid] - count} for grid, count in fit.left_over.items()]
        taken.append((first, last, fit))
        rooms.append(Room(free, fit, left))
    return rooms


def said_of(campaign: Campaign, room: Room) -> dict[str, Any]:
    """Whether there is room for a campaign, as the figures say it."""
    return {"fit": campaign.fit, "fits": not room.short, "short": room.short}


def preview_now(session: Session, *, campaign_code: str, now: datetime) -> CampaignPreview:
    """The preview of now in the form of those that are kept; it is not kept. Raises as `preview_campaign`."""
    found = preview_campaign(session, campaign_code=campaign_code, now=now)
    return preview_row(found, "now", now)


def preview_row(found: Preview, shown_for: str, now: datetime) -> CampaignPreview:
    """A preview as it is kept."""
    campaign = found.campaign
    return CampaignPreview(
        campaign_id=campaign.id, version=campaign.version, shown_for=shown_for, made_at=now, figures=found.figures
    )


def kept_previews(session: Session, *, campaign_code: str) -> list[CampaignPreview]:
    """What was shown at the steps of a campaign, oldest first. Raises UnknownCampaign."""
    return preview_queries.previews_of(session, queries.get_campaign(session, campaign_code).id)


def _free(session: Session, campaign: Campaign, mine: list[int], first: date, last: date) -> dict[Cell, int]:
    """What the managers can take in each week of these days beside what others than `mine` have booked."""
    managers = read_managers(session, [campaign.channel], first, last)
    booked = bookings.booked_by_others(session, mine, first=first, last=last)
    return less_booked(free_by_week(managers, first=first), booked)


def _wanted(decisions: Sequence[Decision]) -> list[dict[int, int]]:
    """Contacts by grid that each campaign wants: who is wanted by several is one contact, of the first of them."""
    seen = np.empty(0, dtype=np.int64)
    found = []
    for decision in decisions:
        ids = decision.customers.customer_id
        rows = np.isin(decision.reason, _WANTED) & ~np.isin(ids, seen)
        seen = np.union1d(seen, ids[rows])
        grids, counts = np.unique(decision.customers.grid_id[rows], return_counts=True)
        found.append({int(grid): int(count) for grid, count in zip(grids, counts, strict=True)})
    return found


def _money(session: Session, decision: Decision, source: CampaignInput, campaign: Campaign) -> dict[str, Any]:
    product = queries.get_product(session, campaign.product_id)
    run = preview_queries.find_run(session, source.scoring_run_id)
    return money_of(decision, source, campaign, product, preview_queries.calibrated_on(session, run))


def _moved(
    session: Session, chosen: Sequence[Campaign], sources: Sequence[CampaignInput], beside: Beside, days: int, now: datetime
) -> list[dict[str, Any]]:
    """The same lists, the same reasons, on other days: reach, successes, value and displaced work of each campaign."""
    windows = [window_of(campaign, days, now=now) for campaign in chosen]
    nothing = {"contacts": 0, "free": 0, "reach": {}, "successes": None, "value": None, "displaced": []}
    if is_over(chosen, days, now=now):
        return [{"days": days, "first_day": None, "last_day": last.isoformat(), **nothing} for _, last in windows]
    decisions = decide_run(combine_inputs(session, chosen, sources, later=[days] * len(chosen), now=now)).campaigns
    displaced = displaced_by(session, chosen, sources, beside, later=days, now=now)
    mine = [campaign.id for campaign in chosen]
    found = []
    for campaign, source, decision, (first, last) in zip(chosen, sources, decisions, windows, strict=True):
        money = _money(session, decision, source, campaign)
        found.append(
            {
                "days": days,
                "first_day": first.isoformat(),
                "last_day": last.isoformat(),
                "free": sum(_free(session, campaign, mine, first, last).values()),
                "reach": reach_of(decision),
                **{name: money[name] for name in ("contacts", "successes", "value")},
                "displaced": displaced,
            }
        )
    return found
