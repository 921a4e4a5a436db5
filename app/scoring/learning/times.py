"""Columns that say when: days in any common form, instants, or numbers that rise with time (pure)."""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.errors import Invalid
from app.scoring.learning.encoding import to_numbers

FORMS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "%d.%m.%Y", "%d.%m.%y"),
    *("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%m-%d-%Y", "%d-%m-%Y", "%m-%d-%y", "%d-%m-%y"),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
)
FIRST, LAST = date(1950, 1, 1), date(2100, 12, 31)  # a year of two digits is no year of four
CLOCK = r"[T ]\s*\d{1,2}:\d{2}.*$"
MONTH_ONLY = r"^(\d{4})[-/.](\d{1,2})$"


class UnusableTime(Invalid):
    """The column does not say when."""

    code = "extract.unusable_time"


def read_times(values: pl.Series, *, today: date) -> tuple[NDArray[np.int64], bool]:
    """(n,) whole numbers that rise with time, and whether they are days since 1970. No value is missing.

    Numbers such as 20260301 are days. Raises UnusableTime.
    """
    name = values.name
    if values.dtype == pl.String:
        numbers = to_numbers(values)
        values = _as_days(values) if numbers.null_count() else numbers
    if values.dtype.is_numeric() and (days := _written_as_days(values)) is not None:
        values = days
    if values.dtype in (pl.Date, pl.Datetime):
        days = values.cast(pl.Date)
        late = int((days > today).sum())
        if late:
            raise UnusableTime("time", f"days up to {today}, whose outcome can be known, {name!r} is later in {late} rows")
        return days.cast(pl.Int64).to_numpy(), True
    if not values.dtype.is_numeric():
        raise UnusableTime("time", f"a column of days, instants or numbers that rise with time, {name!r} is {_told(values)}")
    if values.dtype.is_integer():
        return values.cast(pl.Int64).to_numpy(), False
    return values.rank("dense").cast(pl.Int64).to_numpy(), False


def _as_days(texts: pl.Series) -> pl.Series:
    """The texts as days, if a form fits all of them; of two that fit, the one by which more time passes.

    01/02/2026, 01/03/2026 and so on are the first days of months, not the first days of January.
    """
    plain = texts.str.strip_chars().str.replace(CLOCK, "").str.replace(MONTH_ONLY, "${1}-${2}-01")
    readings = [days for form in FORMS if (days := _days(plain, form)) is not None]
    return max(readings, key=_span, default=texts)


def _span(days: pl.Series) -> int:
    return int(np.ptp(days.cast(pl.Int64).to_numpy()))


def _written_as_days(numbers: pl.Series) -> pl.Series | None:
    """Numbers of eight digits such as 20260301, all of them days."""
    if not numbers.is_between(FIRST.year * 10_000, (LAST.year + 1) * 10_000).all() or (numbers % 1 != 0).any():
        return None
    return _days(numbers.cast(pl.Int64).cast(pl.String), "%Y%m%d")


def _days(texts: pl.Series, form: str) -> pl.Series | None:
    days = texts.str.to_date(form, strict=False)
    return days if not days.null_count() and days.is_between(FIRST, LAST).all() else None


def _told(values: pl.Series) -> str:
    """What is there instead: of texts one of each of the first shapes, so that days of two forms are seen."""
    if values.dtype != pl.String:
        return str(values.dtype)
    shapes = values.str.replace_all(r"\d+", "9")
    firsts = [values[int((shapes == shape).arg_max() or 0)] for shape in shapes.unique(maintain_order=True).head(3)]
    return f"text such as {', '.join(map(repr, firsts))}"
