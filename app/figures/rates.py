"""From sums to the figures that grids, managers and branches are compared by (pure, Decimal only).

Success and accuracy are those of points; the others are shares of what was to be done. A share of counts has Wilson's interval.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

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
    return share(sums.returned, closed(sums))


def closed(sums: Sums) -> int:
    """Work orders that ended, in whatever way."""
    return sums.returned + sums.done + sums.expired + sums.withdrawn


def cycle_days(sums: Sums) -> Decimal | None:
    """Mean days from dispatch to the end of work orders that were done."""
    return share(Decimal(sums.done_seconds) / DAY, sums.done)


def return_on_cost(sums: Sums) -> Decimal | None:
    """Revenue of successes / cost of contacts."""
    return share(sums.revenue, sums.cost)


def overdue(sums: Sums) -> int:
    """Work orders whose last day passed with them open, or that expired."""
    return sums.due - sums.due_met


def _index(sums: Sums, beside: Beside) -> Value:
    success, against = success_of(sums), {"ratio": beside.ratio, "prior": beside.prior}
    return _with(success_index(success, **against), success_index_interval(success, **against))


def _rate(sums: Sums, _: Beside) -> Value:
    return _with(success_rate(success_of(sums)), success_rate_interval(success_of(sums)))


def _accuracy(sums: Sums, _: Beside) -> Value:
    judged = accuracy_figures_of(sums)
    found = interval_of(judged)
    return Value(accuracy(judged), found.low, found.high) if found else Value(accuracy(judged))


def _with(value: Decimal | None, interval: tuple[Decimal, Decimal] | None) -> Value:
    return Value(value, *interval) if value is not None and interval is not None else Value(value)


def _of_counts(rate: Decimal | None, among: int) -> Value:
    if rate is None:
        return Value(None)
    low, high = wilson(rate, Decimal(among))
    return Value(rate, low.quantize(STEP), high.quantize(STEP))


def _counted(name: str, sums: Sums, _: Beside) -> Value:
    return Value(Decimal(getattr(sums, name)))


Compute = Callable[[Sums, Beside], Value]
COUNTED = ("dispatched", "contacted", "reached", "sold", "matured", "successes", "expected", "revenue", "cost")
_FIGURES: Mapping[str, Compute] = {
    "success_index": _index,
    "success_rate": _rate,
    "accuracy": _accuracy,
    "on_time_rate": lambda sums, _: _of_counts(on_time_rate(sums), sums.due),
    "reach_rate": lambda sums, _: _of_counts(reach_rate(sums), sums.reports),
    "claim_rate": lambda sums, _: _of_counts(claim_rate(sums), spoken(sums)),
    "return_rate": lambda sums, _: _of_counts(return_rate(sums), closed(sums)),
    "cycle_days": lambda sums, _: Value(cycle_days(sums)),
    "return_on_cost": lambda sums, _: Value(return_on_cost(sums)),
    **{name: partial(_counted, name) for name in COUNTED},
    "overdue": lambda sums, _: Value(Decimal(overdue(sums))),
}
COMPARED = tuple(_FIGURES)
# Whether more is better; of the others neither is.
BETTER: Mapping[str, bool] = {
    **dict.fromkeys(("success_index", "success_rate", "accuracy", "on_time_rate", "reach_rate", "return_on_cost"), True),
    **dict.fromkeys(("return_rate", "cycle_days", "overdue"), False),
}


def value_of(code: str, sums: Sums, beside: Beside) -> Value:
    """One figure that units are compared by, by the code of its metric."""
    return _FIGURES[code](sums, beside)


def values_of(sums: Sums, beside: Beside) -> Mapping[str, Value]:
    """Every figure that units are compared by."""
    return {code: compute(sums, beside) for code, compute in _FIGURES.items()}
