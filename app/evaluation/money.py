"""What a campaign cost and brought (pure). Money is Decimal with four places."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from app.core.numbers import round_points
from app.evaluation.effect import Effect
from app.evaluation.facts import Counted, Facts, Integers

TEN_THOUSAND = 10_000


@dataclass(frozen=True)
class Bounds:
    """An amount between its bounds."""

    amount: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Money:
    """contacts: those paid for, at `contact_cost` each (several offers of one contact cost once, and travel is not counted).

    revenue, margin: of the successes, by billing, else the product's price and margin. Returns are (margin - cost) / cost, as a
    share; None where nothing was spent or no margin is known. The incremental figures are the sales that the campaign added,
    worth the mean margin of a success; their interval is that of the effect, the mean taken as known.
    """

    contacts: int
    contact_cost: Decimal | None
    cost: Decimal | None
    revenue: Decimal
    margin: Decimal
    gross_return: float | None
    incremental_revenue: Bounds | None
    incremental_margin: Bounds | None
    incremental_return: tuple[float, float, float] | None


def count_money(facts: Facts, effect: Effect, *, contact_cost: Decimal | None) -> Money:
    """Cost, revenue and margin, gross and incremental."""
    contacts = int((facts.contacted & facts.leads).sum())
    cost = None if contact_cost is None else round_points(contact_cost * contacts)
    won = facts.counted == Counted.SUCCESS
    revenue, margin = (_sum(column[won]) for column in (facts.revenue, facts.margin))
    successes = int(won.sum())
    added_revenue = _added(effect, revenue, successes)
    added_margin = _added(effect, margin, successes)
    returns = None
    if added_margin is not None and cost:
        bounds = (added_margin.amount, added_margin.low, added_margin.high)
        returns = tuple(float((one - cost) / cost) for one in bounds)
    return Money(
        contacts,
        contact_cost,
        cost,
        revenue,
        margin,
        float((margin - cost) / cost) if cost and margin else None,
        added_revenue,
        added_margin,
        None if returns is None else (returns[0], returns[1], returns[2]),
    )


def _added(effect: Effect, total: Decimal, successes: int) -> Bounds | None:
    if (
        not effect.can_say
        or effect.sales is None
        or effect.sales_low is None
        or effect.sales_high is None
        or not successes
        or not total
    ):
        return None
    each = total / successes
    bounds = [round_points(each * Decimal(repr(one))) for one in (effect.sales, effect.sales_low, effect.sales_high)]
    return Bounds(*bounds)


def _sum(column: Integers) -> Decimal:
    return Decimal(int(np.sum(column, dtype=np.int64))) / TEN_THOUSAND
