"""Several campaigns as one programme (pure): sums of what each was found to have brought, with the intervals of sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.evaluation.funnel import STAGES
from app.evaluation.intervals import sum_interval


@dataclass(frozen=True)
class Programme:
    """Sums over campaigns. funnel: by stage. sales: what the contacts added, over the campaigns whose effect can be said
    (`said` of `campaigns`), with the interval of the sum; None where there is none.

    A customer of several campaigns counts in each. Money is None where no campaign has it.
    """

    campaigns: int
    said: int
    alarms: int
    funnel: dict[str, int]
    orders: int
    successes: int
    treated: int
    sales: float | None
    sales_low: float | None
    sales_high: float | None
    cost: Decimal | None
    revenue: Decimal
    margin: Decimal
    gross_return: float | None
    added_margin: float | None
    added_margin_low: float | None
    added_margin_high: float | None
    incremental_return: float | None


def sum_up(kept: Sequence[Mapping[str, Any]]) -> Programme:
    """Of the kept figures of each campaign (assessing.as_kept)."""
    effects = [one["effect"] for one in kept if one["effect"]["verdict"] != "silent"]
    added = [one["money"]["incremental_margin"] for one in kept if one["effect"]["verdict"] != "silent"]
    priced = [one for one in added if one is not None]
    sales = _sum([(one["sales"], one["sales_low"], one["sales_high"]) for one in effects])
    margins = _sum([(float(one["amount"]), float(one["low"]), float(one["high"])) for one in priced])
    costs = [Decimal(one["money"]["cost"]) for one in kept if one["money"]["cost"] is not None]
    revenue, margin = (sum((Decimal(one["money"][name]) for one in kept), Decimal(0)) for name in ("revenue", "margin"))
    cost = sum(costs, Decimal(0)) if costs else None
    whole = len(priced) == len(kept) == len(costs)
    return Programme(
        campaigns=len(kept),
        said=len(effects),
        alarms=sum(one["ratio"]["alarms"] for one in kept),
        funnel={code: sum(_count(one, code) for one in kept) for code in STAGES},
        orders=sum(one["success"]["orders"] for one in kept),
        successes=sum(one["success"]["successes"] for one in kept),
        treated=sum(one["effect"]["treated"]["customers"] for one in kept),
        sales=sales[0],
        sales_low=sales[1],
        sales_high=sales[2],
        cost=cost,
        revenue=revenue,
        margin=margin,
        gross_return=float((margin - cost) / cost) if cost and margin else None,
        added_margin=margins[0],
        added_margin_low=margins[1],
        added_margin_high=margins[2],
        incremental_return=(margins[0] - float(cost)) / float(cost) if whole and cost and margins[0] is not None else None,
    )


def _sum(intervals: Sequence[tuple[float, float, float]]) -> tuple[float | None, float | None, float | None]:
    if not intervals:
        return None, None, None
    found = sum_interval(*zip(*intervals, strict=True))
    return float(found.estimate), float(found.low), float(found.high)


def _count(figures: Mapping[str, Any], code: str) -> int:
    return next((int(stage["count"]) for stage in figures["funnel"]["stages"] if stage["code"] == code), 0)
