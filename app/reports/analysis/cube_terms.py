"""What may be asked of the cube: measures by dimensions over the rollups, and from which rollup it is answered (pure)."""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from app.core.errors import Invalid
from app.figures import rates
from app.figures.sums import Sums
from app.points.formula import accuracy, success_rate

MOST_CELLS = 20_000
MOST_GRID_DAYS = 1_300  # of the rollup by day and manager: a week of a whole company of 182 grids, a month of forty
LONGEST_DAYS = 3_660


class TooManyCells(Invalid):
    """The answer would have more cells than anybody reads."""

    code = "cube.too_many_cells"


class TooWide(Invalid):
    """More days of more grids than are added up while somebody waits."""

    code = "cube.too_wide"


class Dimension(StrEnum):
    """By what figures are parted. `outcome` parts reports alone, by what came of the contact."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    BRANCH = "branch"
    GRID = "grid"
    MANAGER = "manager"
    CAMPAIGN = "campaign"
    PRODUCT = "product"
    OBJECTIVE = "objective"
    CHANNEL = "channel"
    OUTCOME = "outcome"


class Period(StrEnum):
    """Which days; a saved view of one that is not `chosen` moves on with the calendar."""

    CHOSEN = "chosen"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    LAST_3_MONTHS = "last_3_months"
    THIS_YEAR = "this_year"
    LAST_12_MONTHS = "last_12_months"


class Source(StrEnum):
    """A rollup: a table of app.models.figures."""

    MONTHS_OF_GRIDS = "grid_month_figures"
    MONTHS_OF_MANAGERS = "monthly_figures"
    MONTHS_OF_CAMPAIGNS = "campaign_month_figures"
    DAYS_OF_GRIDS = "grid_day_figures"
    DAYS = "daily_figures"


TIMES = frozenset({Dimension.DAY, Dimension.WEEK, Dimension.MONTH})
OF_CAMPAIGNS = frozenset({Dimension.CAMPAIGN, Dimension.PRODUCT, Dimension.OBJECTIVE, Dimension.CHANNEL})
FILTERS = frozenset(Dimension) - TIMES - {Dimension.OUTCOME}
OUTCOME_MEASURE = "feedback_count"
OUTCOMES = ("claimed", "refused", "pending", "unreached", "impossible")


@dataclass(frozen=True)
class Measure:
    """A metric of the library as sums of columns of the rollups, and how it follows from them."""

    code: str
    columns: tuple[str, ...]
    of: Callable[[Sums], Decimal | None]


def _counted(code: str) -> Measure:
    return Measure(code, (code,), lambda sums: Decimal(getattr(sums, code)))


COUNTED = (
    "dispatched", "released", "contacted", "reached", *OUTCOMES, "cost", "done", "returned", "expired", "withdrawn",
    "due", "due_met", "sold", "matured", "successes", "left_out", "expected", "value", "revenue",
)  # fmt: skip
CLOSED = ("returned", "done", "expired", "withdrawn")
DERIVED = (
    Measure(OUTCOME_MEASURE, ("reports",), lambda sums: Decimal(sums.reports)),
    Measure("success_rate", ("successes", "matured"), lambda sums: success_rate(rates.success_of(sums))),
    Measure("accuracy", ("truthful_weight", "judged_weight"), lambda sums: accuracy(rates.accuracy_figures_of(sums))),
    Measure("reach_rate", ("claimed", "refused", "pending", "reports"), rates.reach_rate),
    Measure("claim_rate", ("claimed", "refused", "pending"), rates.claim_rate),
    Measure("on_time_rate", ("due", "due_met"), rates.on_time_rate),
    Measure("return_rate", CLOSED, rates.return_rate),
    Measure("cycle_days", ("done", "done_seconds"), rates.cycle_days),
    Measure("return_on_cost", ("revenue", "cost"), rates.return_on_cost),
    Measure("overdue", ("due", "due_met"), lambda sums: Decimal(rates.overdue(sums))),
)
MEASURES: Mapping[str, Measure] = {measure.code: measure for measure in (*map(_counted, COUNTED), *DERIVED)}


@dataclass(frozen=True)
class CubeQuestion:
    """Measures by one to three dimensions, one of which may go across; `filters`: dimension to codes, any of which will do."""

    measures: tuple[str, ...]
    rows: tuple[Dimension, ...]
    column: Dimension | None = None
    period: Period = Period.LAST_30_DAYS
    first_day: date | None = None
    last_day: date | None = None
    filters: Mapping[Dimension, Sequence[str]] = field(default_factory=dict)

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """All of them, the one across last."""
        return (*self.rows, self.column) if self.column else self.rows


def check_question(question: CubeQuestion) -> None:
    """Raise Invalid where it asks what nobody can answer."""
    for code in question.measures:
        if code not in MEASURES:
            raise Invalid("measures", f"metrics of the cube ({', '.join(sorted(MEASURES))}), got {code[:64]}")
    if len(set(question.dimensions)) != len(question.dimensions):
        raise Invalid("rows", "each dimension once")
    if len(TIMES & set(question.dimensions)) > 1:
        raise Invalid("rows", "one of day, week and month")
    if Dimension.OUTCOME in question.dimensions and set(question.measures) != {OUTCOME_MEASURE}:
        raise Invalid("measures", f"{OUTCOME_MEASURE} alone where they are parted by outcome")
    for dimension in question.filters:
        if dimension not in FILTERS:
            raise Invalid("filters", f"some of {', '.join(sorted(FILTERS))}, got {dimension}")


def days_of(question: CubeQuestion, today: date) -> tuple[date, date]:
    """First and last day of the period. Raises Invalid where chosen days are missing, turned round or too far apart."""
    if question.period is not Period.CHOSEN:
        return _moving(question.period, today)
    first, last = question.first_day, question.last_day
    if first is None or last is None:
        raise Invalid("first_day", "first_day and last_day with the period chosen")
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise Invalid("last_day", f"a day from first_day on, at most {LONGEST_DAYS} days later")
    return first, last


def source_of(question: CubeQuestion, first: date, last: date, *, grids: int) -> Source:
    """The smallest rollup that has all that is asked. Raises TooWide where only the largest has it and would be read for long."""
    asked = set(question.dimensions) | set(question.filters)
    by_manager, by_campaign = Dimension.MANAGER in asked, bool(OF_CAMPAIGNS & asked)
    whole_months = first.day == 1 and last == _end_of_month(last)
    if whole_months and not {Dimension.DAY, Dimension.WEEK} & asked and not (by_manager and by_campaign):
        by_grid = Source.MONTHS_OF_MANAGERS if by_manager else Source.MONTHS_OF_GRIDS
        return Source.MONTHS_OF_CAMPAIGNS if by_campaign else by_grid
    if not by_manager and not by_campaign:
        return Source.DAYS_OF_GRIDS
    days = (last - first).days + 1
    if days * grids > MOST_GRID_DAYS:
        expected = f"at most {MOST_GRID_DAYS:,} days of grids where managers or campaigns are asked for by day"
        will_do = "whole months of one of them, fewer days, or a filter by branch or grid will do"
        raise TooWide("last_day", f"{expected}; got {days} days of {grids} grids: {will_do}")
    return Source.DAYS


def columns_of(question: CubeQuestion) -> tuple[str, ...]:
    """The columns to add up."""
    if Dimension.OUTCOME in question.dimensions:
        return ("reports",)
    return tuple(dict.fromkeys(name for code in question.measures for name in MEASURES[code].columns))


def values_of(question: CubeQuestion, sums: Sums) -> list[Decimal | None]:
    """The measures, in the order asked."""
    return [MEASURES[code].of(sums) for code in question.measures]


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _months_back(day: date, months: int) -> date:
    """The first day of the month so many months before."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _moving(period: Period, today: date) -> tuple[date, date]:
    """Until today, or until the end of the last whole month."""
    this, before = today.replace(day=1), today.replace(day=1) - timedelta(days=1)
    found = {
        Period.LAST_7_DAYS: (today - timedelta(days=6), today),
        Period.LAST_30_DAYS: (today - timedelta(days=29), today),
        Period.THIS_MONTH: (this, _end_of_month(today)),
        Period.LAST_MONTH: (_months_back(today, 1), before),
        Period.LAST_3_MONTHS: (_months_back(today, 3), before),
        Period.THIS_YEAR: (this.replace(month=1), _end_of_month(today)),
        Period.LAST_12_MONTHS: (_months_back(today, 12), before),
    }
    return found[period]
