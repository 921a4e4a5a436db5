"""From sums to the figures that grids, managers and branches are compared by (pure, Decimal only).

Success and accuracy are those of points; the others are shares of what was to be done. A share of counts has Wilson's interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.core.numbers import share
from app.core.wilson import wilson
from app.figures.sums import Sums
from app.points.certainty import interval_of
from app.points.formula import (
    AccuracyFigures,
    SuccessFigures,
    accuracy,
    success_index,
    success_index_interval,
    success_rate,
    success_rate_interval,
)

DAY = Decimal(86_400)
STEP = Decimal("0.00000001")


@dataclass(frozen=True)
class Beside:
    """What a success index is held against: `ratio`, actual / expected of the company in the same days, and the plan's k."""

    ratio: Decimal
    prior: Decimal


@dataclass(frozen=True)
class Value:
    """A figure with its 95 % interval: None where it has none, all None where there is nothing to compute it from."""

    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None


def success_of(sums: Sums) -> SuccessFigures:
    """What points compute success from."""
    return SuccessFigures(sums.successes, sums.matured, sums.left_out, sums.expected)


def accuracy_figures_of(sums: Sums) -> AccuracyFigures:
    """What points compute accuracy from."""
    weights = (sums.truthful_weight, sums.judged_weight, sums.truthful_squares, sums.judged_squares)
    return AccuracyFigures(sums.confirmed, sums.contradicted, sums.unverifiable, *weights)


def spoken(sums: Sums) -> int:
    """Reports of a talk with the customer."""
    return sums.claimed + sums.refused + sums.pending


def reach_rate(sums: Sums) -> Decimal | None:
    """Reports of a talk with the customer / reports."""
    return share(spoken(sums), sums.reports)


def claim_rate(sums: Sums) -> Decimal | None:
    """Reports of a sale / reports of a talk with the customer: what managers say, not what billing says."""
    return share(sums.claimed, spoken(sums))


def on_time_rate(sums: Sums) -> Decimal | None:
    """Work orders closed by their last day, and not by expiry / work orders whose last day it was."""
    return share(sums.due_met, sums.due)


def return_rate(sums: Sums) -> Decimal | None:
    """Work orders given back / work orders closed."""
    return share(sums.returned, sums.returned + sums.done + sums.expired + sums.withdrawn)


def cycle_days(sums: Sums) -> Decimal | None:
    """Mean days from dispatch to the end of work orders that were done."""
    return share(Decimal(sums.done_seconds) / DAY, sums.done)


def return_on_cost(sums: Sums) -> Decimal | None:
    """Revenue of successes / cost of contacts."""
    return share(sums.revenue, sums.cost)


def overdue(sums: Sums) -> int:
    """Work orders whose last day passed with them open, or that expired."""
    return sums.due - sums.due_met


def values_of(sums: Sums, beside: Beside) -> Mapping[str, Value]:
    """Every figure that units are compared by, by the code of its metric."""
    success, judged = success_of(sums), accuracy_figures_of(sums)
    rate, index = success_rate_interval(success), success_index_interval(success, ratio=beside.ratio, prior=beside.prior)
    truth = interval_of(judged)
    closed = sums.returned + sums.done + sums.expired + sums.withdrawn
    return {
        "success_index": _with(success_index(success, ratio=beside.ratio, prior=beside.prior), index),
        "success_rate": _with(success_rate(success), rate),
        "accuracy": Value(accuracy(judged), truth.low, truth.high) if truth else Value(accuracy(judged)),
        "on_time_rate": _of_counts(on_time_rate(sums), sums.due),
        "reach_rate": _of_counts(reach_rate(sums), sums.reports),
        "claim_rate": _of_counts(claim_rate(sums), spoken(sums)),
        "return_rate": _of_counts(return_rate(sums), closed),
        "cycle_days": Value(cycle_days(sums)),
        "return_on_cost": Value(return_on_cost(sums)),
        **{name: Value(Decimal(getattr(sums, name))) for name in COUNTED},
        "overdue": Value(Decimal(overdue(sums))),
    }


COUNTED = ("dispatched", "contacted", "reached", "sold", "matured", "successes", "expected", "revenue", "cost")
# Whether more is better; of the others neither is.
BETTER: Mapping[str, bool] = {
    **dict.fromkeys(("success_index", "success_rate", "accuracy", "on_time_rate", "reach_rate", "return_on_cost"), True),
    **dict.fromkeys(("return_rate", "cycle_days", "overdue"), False),
}


def _with(value: Decimal | None, interval: tuple[Decimal, Decimal] | None) -> Value:
    return Value(value, *interval) if value is not None and interval is not None else Value(value)


def _of_counts(rate: Decimal | None, among: int) -> Value:
    if rate is None:
        return Value(None)
    low, high = wilson(rate, Decimal(among))
    return Value(rate, low.quantize(STEP), high.quantize(STEP))


COMPARED = tuple(values_of(Sums(), Beside(Decimal(1), Decimal(5))))
