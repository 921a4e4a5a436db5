"""The figures of a preview, out of what would be decided: reach, expectation and money, load."""

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from app.campaigns.eligibility import REASON_WORDS
from app.dispatch.preview.expectation import expected_gross, expected_successes
from app.dispatch.preview.weeks import Cell, monday_of
from app.dispatch.run.deciding import Decision
from app.dispatch.run.terms import DISPATCHED, CampaignInput
from app.models.campaign import Campaign, Product


def reach_of(decision: Decision) -> dict[str, int]:
    """Customers by reason."""
    codes, counts = np.unique(decision.reason, return_counts=True)
    return {REASON_WORDS[code] or "undecided": int(count) for code, count in zip(codes, counts, strict=True)}


def money_of(
    decision: Decision, source: CampaignInput, campaign: Campaign, product: Product, calibrated_on: int
) -> dict[str, Any]:
    """Contacts, successes and money with intervals, and what the plan promised. Money is text."""
    rows = decision.reason == DISPATCHED
    score, uplift = (getattr(decision.customers, name)[rows].astype(np.float64) for name in ("score", "uplift"))
    contacts = int(rows.sum())
    cost = (product.contact_cost or Decimal(0)) * contacts
    found: dict[str, Any] = {
        "contacts": contacts,
        "successes": _rounded(asdict(expected_successes(score, calibrated_on=calibrated_on))),
        "cost": amount(cost),
        "gross": None,
        "value": None,
        "return_on_cost": None,
        "budget": None if campaign.budget is None else {"planned": amount(campaign.budget), "needed": amount(cost)},
        "minimum_volume": None if campaign.minimum_volume is None else {"promised": campaign.minimum_volume, "reached": contacts},
    }
    if source.worth.sale is not None:
        worth = source.worth.sale * source.worth.weight
        gross = expected_gross(np.where(np.isnan(uplift), score, uplift), worth, calibrated_on=calibrated_on)
        parts = {name: Decimal(repr(part)) for name, part in asdict(gross).items()}
        found["gross"] = {name: amount(part) for name, part in parts.items()}
        found["value"] = {name: amount(part - cost) for name, part in parts.items()}
        found["return_on_cost"] = {name: amount(part / cost) for name, part in parts.items()} if cost else None
    return found


def load_of(decision: Decision, first: date, free: dict[Cell, int], codes: dict[int, str]) -> list[dict[str, Any]]:
    """Contacts against what is free, by grid and week. first: the day from which the days of the decision count."""
    planned: dict[Cell, int] = {}
    rows = decision.reason == DISPATCHED
    pairs = np.stack([decision.customers.grid_id[rows].astype(np.int64), decision.day[rows]], axis=1)
    for (grid, day), count in zip(*np.unique(pairs, axis=0, return_counts=True), strict=True):
        cell = (int(grid), monday_of(first + timedelta(days=int(day))))
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


def amount(value: Decimal) -> str:
    """Money as text with two decimals."""
    return str(value.quantize(Decimal("0.01")))


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
