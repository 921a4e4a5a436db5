"""The one preview of a campaign: what its run would give as things are now, what it costs, whom it meets and displaces.

It reads what the run reads (`inputs.read_inputs`) and decides as the run decides (`deciding.decide_run`); it writes nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.campaigns import bookings, queries
from app.campaigns.eligibility import REASON_WORDS
from app.campaigns.membership import RuleNotComputable
from app.core import clock
from app.dispatch.preview import queries as preview_queries
from app.dispatch.preview.expectation import expected_gross, expected_successes
from app.dispatch.preview.weeks import Cell, Fit, fit_into, free_by_week, less_booked, monday_of
from app.dispatch.run.deciding import Decision, decide_run
from app.dispatch.run.inputs import read_inputs, read_managers
from app.dispatch.run.terms import DISPATCHED, OVER_CAPACITY, CampaignInput, RunInputs
from app.dispatch.splitting.split import Managers
from app.models.campaign import Campaign, Product
from app.models.campaign_life import CampaignPreview

MOVES = (-14, -7, 7, 14)  # days
# Of a pilot the whole list books its capacity, so that there is room to grow into.
_WANTED = (DISPATCHED, OVER_CAPACITY, REASON_WORDS.index("outside_pilot"))
MOST_OTHERS = 20  # campaigns that are run beside it, to see what it displaces


@dataclass(frozen=True)
class Preview:
    """The figures, as they are kept and shown, and how the campaign goes into the capacity that is free."""

    figures: dict[str, Any]
    fit: Fit
    short: list[dict[str, Any]]


def preview_campaign(session: Session, *, campaign_code: str, now: datetime) -> Preview:
    """The preview of a campaign that has not run yet. Raises UnknownCampaign, NoScores, CampaignOver, RuleNotComputable."""
    campaign = queries.get_campaign(session, campaign_code)
    inputs = read_inputs(session, [campaign], now=now)
    decision = decide_run(inputs).campaigns[0]
    window = (inputs.first, campaign.ends_on)
    _, free = _capacity(session, campaign, *window)
    wanted = _by_grid(decision, np.isin(decision.reason, _WANTED))
    fit = fit_into(wanted, free)
    codes = preview_queries.unit_codes(session, [*wanted, *(grid for grid, _ in free)])
    short = [{"grid": codes[grid], "wanted": wanted[grid], "free": wanted[grid] - count} for grid, count in fit.left_over.items()]
    others = preview_queries.live_beside(session, campaign, today=clock.local_date(now))
    product = queries.get_product(session, campaign.product_id)
    run = preview_queries.find_run(session, inputs.campaigns[0].scoring_run_id)
    figures = {
        "as_of": now.isoformat(),
        "version": campaign.version,
        "first_day": window[0].isoformat(),
        "last_day": window[1].isoformat(),
        "reach": _reach(decision),
        **_money(decision, inputs.campaigns[0], campaign, product, preview_queries.calibrated_on(session, run)),
        "fit": campaign.fit,
        "fits": not short,
        "short": short,
        "load": _load(decision, inputs, free, codes),
        "overlap": _overlap(session, decision, others),
        "displaced": _displaced(session, campaign, others[:MOST_OTHERS], now),
        "moved": [_moved(session, inputs, campaign, days, now) for days in MOVES],
    }
    return Preview(figures, fit, short)


def preview_now(session: Session, *, campaign_code: str, now: datetime) -> CampaignPreview:
    """The preview of now in the form of those that are kept; it is not kept. Raises as `preview_campaign`."""
    campaign = queries.get_campaign(session, campaign_code)
    figures = preview_campaign(session, campaign_code=campaign_code, now=now).figures
    return CampaignPreview(campaign_id=campaign.id, version=campaign.version, shown_for="now", made_at=now, figures=figures)


def kept_previews(session: Session, *, campaign_code: str) -> list[CampaignPreview]:
    """What was shown at the steps of a campaign, oldest first. Raises UnknownCampaign."""
    return preview_queries.previews_of(session, queries.get_campaign(session, campaign_code).id)


def _capacity(session: Session, campaign: Campaign, first: date, last: date) -> tuple[Managers, dict[Cell, int]]:
    """The managers on these days, and what they can take in each week of them beside what others have booked."""
    managers = read_managers(session, [campaign.channel], first, last)
    booked = bookings.booked_by_others(session, [campaign.id], first=first, last=last)
    return managers, less_booked(free_by_week(managers, first=first), booked)


def _reach(decision: Decision) -> dict[str, int]:
    codes, counts = np.unique(decision.reason, return_counts=True)
    return {REASON_WORDS[code] or "undecided": int(count) for code, count in zip(codes, counts, strict=True)}


def _by_grid(decision: Decision, rows: NDArray[np.bool_]) -> dict[int, int]:
    grids, counts = np.unique(decision.customers.grid_id[rows], return_counts=True)
    return {int(grid): int(count) for grid, count in zip(grids, counts, strict=True)}


def _money(decision: Decision, source: CampaignInput, campaign: Campaign, product: Product, calibrated_on: int) -> dict[str, Any]:
    rows = decision.reason == DISPATCHED
    score, uplift = (getattr(decision.customers, name)[rows].astype(np.float64) for name in ("score", "uplift"))
    contacts = int(rows.sum())
    cost = (product.contact_cost or Decimal(0)) * contacts
    found: dict[str, Any] = {
        "contacts": contacts,
        "successes": _rounded(asdict(expected_successes(score, calibrated_on=calibrated_on))),
        "cost": _amount(cost),
        "gross": None,
        "value": None,
        "return_on_cost": None,
        "budget": None if campaign.budget is None else {"planned": _amount(campaign.budget), "needed": _amount(cost)},
        "minimum_volume": None if campaign.minimum_volume is None else {"promised": campaign.minimum_volume, "reached": contacts},
    }
    if source.worth.sale is not None:
        worth = source.worth.sale * source.worth.weight
        gross = expected_gross(np.where(np.isnan(uplift), score, uplift), worth, calibrated_on=calibrated_on)
        parts = {name: Decimal(repr(part)) for name, part in asdict(gross).items()}
        found["gross"] = {name: _amount(part) for name, part in parts.items()}
        found["value"] = {name: _amount(part - cost) for name, part in parts.items()}
        found["return_on_cost"] = {name: _amount(part / cost) for name, part in parts.items()} if cost else None
    return found


def _load(decision: Decision, inputs: RunInputs, free: dict[Cell, int], codes: dict[int, str]) -> list[dict[str, Any]]:
    """Contacts of the run against what is free, by grid and week."""
    planned: dict[Cell, int] = {}
    rows = decision.reason == DISPATCHED
    pairs = np.stack([decision.customers.grid_id[rows].astype(np.int64), decision.day[rows]], axis=1)
    for (grid, day), count in zip(*np.unique(pairs, axis=0, return_counts=True), strict=True):
        cell = (int(grid), monday_of(inputs.first + timedelta(days=int(day))))
        planned[cell] = planned.get(cell, 0) + int(count)
    return [
        {
            "grid": codes[grid],
            "week": week.isoformat(),
            "contacts": planned.get((grid, week), 0),
            "free": free.get((grid, week), 0),
        }
        for grid, week in sorted(planned.keys() | free.keys(), key=lambda cell: (codes[cell[0]], cell[1]))
        if planned.get((grid, week)) or free.get((grid, week))
    ]


def _overlap(session: Session, decision: Decision, others: Sequence[Campaign]) -> list[dict[str, Any]]:
    """Customers whom other live campaigns have on their list too."""
    mine = decision.customers.customer_id[decision.reason == DISPATCHED]
    shared = {other.code: np.intersect1d(mine, preview_queries.contacts_of(session, other.id)) for other in others}
    return [
        {
            "campaign": other.code,
            "family": other.product_family,
            "status": other.status.value,
            "customers": len(shared[other.code]),
        }
        for other in others
        if len(shared[other.code])
    ]


def _displaced(session: Session, campaign: Campaign, others: Sequence[Campaign], now: datetime) -> list[dict[str, Any]]:
    """What each other campaign that still has work to place would have placed alone, and does not beside this one."""
    found = []
    for other in others:
        if not preview_queries.has_undecided(session, other) or queries.find_latest_run(session, other.product_id) is None:
            continue
        try:
            joint = read_inputs(session, [campaign, other], now=now)
        except RuleNotComputable:  # the other has no list to lose
            continue
        alone = decide_run(replace(joint, campaigns=joint.campaigns[1:])).campaigns[0]
        beside = decide_run(joint).campaigns[1]
        lost = np.setdiff1d(
            alone.customers.customer_id[alone.reason == DISPATCHED], beside.customers.customer_id[beside.reason == DISPATCHED]
        )
        if len(lost):
            value = None if alone.value is None else alone.value[np.isin(alone.customers.customer_id, lost)].sum()
            money = None if value is None else _amount(Decimal(int(value)) / 10_000)
            found.append({"campaign": other.code, "contacts": len(lost), "value": money})
    return found


def _moved(session: Session, inputs: RunInputs, campaign: Campaign, days: int, now: datetime) -> dict[str, Any]:
    """The same list, the same reasons, in the capacity of other days."""
    last = campaign.ends_on + timedelta(days=days)
    first = max(clock.local_date(now), campaign.starts_on + timedelta(days=days))
    if first > last:
        return {"days": days, "first_day": None, "last_day": last.isoformat(), "contacts": 0, "free": 0}
    managers, free = _capacity(session, campaign, first, last)
    source = replace(inputs.campaigns[0], first_day=0, last_day=None)
    moved = decide_run(replace(inputs, first=first, campaigns=[source], managers=managers, places=None)).campaigns[0]
    placed = fit_into(_by_grid(moved, np.isin(moved.reason, _WANTED)), free)
    return {
        "days": days,
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "contacts": sum(placed.booked.values()),
        "free": sum(free.values()),
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}


def _amount(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01")))
