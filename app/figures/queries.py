"""Reads of the sums, always from the smallest table that has what is asked for."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Numeric, cast, func, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.figures.measures import COUNTS, KEYS
from app.figures.sums import NAMES, Sums
from app.models.figures import CampaignMonthFigures, DailyFigures, GridDayFigures, GridMonthFigures, MonthlyFigures
from app.models.organisation import Unit

_SMALLEST_FIRST = (GridMonthFigures, CampaignMonthFigures, MonthlyFigures, GridDayFigures, DailyFigures)


def sums_by(
    session: Session,
    by: Sequence[str],
    *,
    first: date,
    last: date,
    grid_ids: Collection[int],
    staff_ids: Collection[int] | None = None,
    campaign_ids: Collection[int] | None = None,
) -> dict[tuple[Any, ...], Sums]:
    """Sums from one day to another, both included, by some of `branch_id`, `grid_id`, `staff_id`, `campaign_id`, `day`, `month`
    (a Month).

    None of staff or campaigns: of all. Only what there is something of is in the answer. Whole months are read from sums of
    months; managers or campaigns by day from rows of the grids asked for, so ask for few of them.
    """
    filters = {"grid_id": grid_ids, "staff_id": staff_ids, "campaign_id": campaign_ids}
    table = _table({*by, *(name for name, wanted in filters.items() if wanted is not None)} - {"branch_id"}, first, last)
    keys = [_key(table, name) for name in by]
    statement = select(*keys, *(_sum(table, name) for name in NAMES)).where(*_within(table, first, last))
    if "branch_id" in by:
        statement = statement.join(Unit, Unit.id == table.grid_id)
    for name, wanted in filters.items():
        if wanted is not None:
            statement = statement.where(getattr(table, name).in_(wanted))
    width = len(keys)
    rows = session.execute(statement.group_by(*keys).order_by(*keys)).all() if keys else [session.execute(statement).one()]
    return {_named(by, row[:width]): Sums(*row[width:]) for row in rows}


def _table(needed: set[str], first: date, last: date) -> Any:
    whole = first.day == 1 and Month.of_day(last).next.first_day.toordinal() == last.toordinal() + 1
    for table in _SMALLEST_FIRST:
        keys = set(KEYS[table.__tablename__])
        has_days = "day" in keys
        if needed - {"month"} <= keys and (has_days or whole):
            return table
    return DailyFigures


def _within(table: Any, first: date, last: date) -> list[Any]:
    if hasattr(table, "day"):
        return [table.day >= first, table.day <= last]
    return [table.month >= Month.of_day(first), table.month <= Month.of_day(last)]


def _key(table: Any, name: str) -> Any:
    if name == "month" and hasattr(table, "day"):
        return func.date_trunc("month", table.day)
    return Unit.parent_id if name == "branch_id" else getattr(table, name)


def _sum(table: Any, name: str) -> Any:
    return func.coalesce(cast(func.sum(getattr(table, name)), BigInteger if name in COUNTS else Numeric), 0)


def _named(by: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...]:
    months = (
        Month.of_day(value) if name == "month" and not isinstance(value, Month) else value
        for name, value in zip(by, values, strict=True)
    )
    return tuple(months)
