"""A manager's months side by side and as one (pure): points, the success index drawn toward the company's, accuracy.

Index of several months: (sum A + k m) / (sum E + k), as of one (app.points.formula), with m the mean of the months' by what was
expected; its interval as in app.points.success_interval. Accuracy: sum of truthful / sum of judged weights; its interval is
Wilson's on the sum of the months' effective judgements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.core.numbers import share
from app.core.wilson import wilson
from app.points.formula import AccuracyFigures, accuracy
from app.points.success_interval import index_interval

FEW_MATURED = 10  # work orders: fewer say little of somebody's skill
FEW_JUDGED = Decimal(5)  # independent judgements: fewer say little of somebody's truthfulness
ONE, ZERO = Decimal(1), Decimal(0)
_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval, each to 4 places; `few`: too little was counted to go by."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    few: bool


@dataclass(frozen=True)
class Counted:
    """What was counted of a manager in a closed month. `ratio`: m, `prior`: k of the index; weights as of accuracy."""

    month: str
    grid_code: str
    points: Decimal
    successes: Decimal
    matured: Decimal
    expected: Decimal
    ratio: Decimal
    prior: Decimal
    truthful_weight: Decimal
    judged_weight: Decimal
    effective_judged: Decimal
    cases: int
    upheld: int


@dataclass(frozen=True)
class Shown:
    """One month, or several as one (`month` is then empty). `points`: of one month, or the mean of the months."""

    month: str
    grid_code: str
    months: int
    points: Decimal
    successes: Decimal
    matured: Decimal
    expected: Decimal
    index: Estimate
    judged: Decimal
    accuracy: Estimate
    cases: int
    upheld: int


def read_counted(row: Any) -> Counted:
    """A row of app.reports.personnel.months: figures as a statement's lines hold them, none of what a plan does not pay."""
    success, accuracy = row.success or {}, row.accuracy or {}
    return Counted(
        month=str(row.month)[:7],
        grid_code=row.grid_code,
        points=row.total,
        successes=_number(success, "successes"),
        matured=_number(success, "matured"),
        expected=_number(success, "expected"),
        ratio=_number(success, "company_ratio", ONE),
        prior=row.index_prior,
        truthful_weight=_number(accuracy, "truthful_weight"),
        judged_weight=_number(accuracy, "judged_weight"),
        effective_judged=_number(accuracy, "effective_judged"),
        cases=row.cases or 0,
        upheld=row.upheld or 0,
    )


def show_month(one: Counted) -> Shown:
    """One month by itself."""
    return _shown(one.month, one.grid_code, [one])


def show_together(months: Sequence[Counted]) -> Shown | None:
    """Several months as one; None where there is none."""
    return _shown("", months[-1].grid_code, months) if months else None


def _shown(month: str, grid_code: str, months: Sequence[Counted]) -> Shown:
    return Shown(
        month=month,
        grid_code=grid_code,
        months=len(months),
        points=(sum((one.points for one in months), ZERO) / len(months)).quantize(_STEP),
        successes=sum((one.successes for one in months), ZERO),
        matured=sum((one.matured for one in months), ZERO),
        expected=sum((one.expected for one in months), ZERO).quantize(_STEP),
        index=skill(months),
        judged=sum((one.effective_judged for one in months), ZERO),
        accuracy=truthfulness(months),
        cases=sum(one.cases for one in months),
        upheld=sum(one.upheld for one in months),
    )


def skill(months: Sequence[Counted]) -> Estimate:
    """The success index of these months."""
    matured, expected = sum((one.matured for one in months), ZERO), sum((one.expected for one in months), ZERO)
    won, prior = sum((one.successes for one in months), ZERO), months[-1].prior
    ratio = share(sum((one.ratio * one.expected for one in months), ZERO), expected) or ONE
    rate = expected + prior
    interval = index_interval(won + prior * ratio, rate)
    if not matured or interval is None:
        return Estimate(None, None, None, few=True)
    return Estimate(_cut((won + prior * ratio) / rate), _cut(interval.low), _cut(interval.high), few=matured < FEW_MATURED)


def truthfulness(months: Sequence[Counted]) -> Estimate:
    """The accuracy of these months."""
    effective = sum((one.effective_judged for one in months), ZERO)
    rate = accuracy(
        AccuracyFigures(
            truthful_weight=sum((one.truthful_weight for one in months), ZERO),
            judged_weight=sum((one.judged_weight for one in months), ZERO),
        )
    )
    if rate is None or effective <= 0:
        return Estimate(None, None, None, few=True)
    low, high = wilson(rate, effective)
    return Estimate(_cut(rate), _cut(low), _cut(high), few=effective < FEW_JUDGED)


def _cut(value: Decimal) -> Decimal:
    return value.quantize(_STEP)


def _number(figures: dict[str, Any], name: str, default: Decimal = ZERO) -> Decimal:
    return default if figures.get(name) is None else Decimal(str(figures[name]))
