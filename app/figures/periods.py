"""Days that figures are of, and those that they are held against (pure)."""

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
LONGEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Period:
    """From one local day to another, both included."""

    first: date
    last: date

    @property
    def is_whole_months(self) -> bool:
        """Whether it begins with a month and ends with one."""
        return self.first.day == 1 and (self.last + DAY).day == 1


def month_of(day: date) -> Period:
    """The month that a day is in, to its end."""
    first = day.replace(day=1)
    return Period(first, _months_after(first, 1) - DAY)


def period_before(period: Period) -> Period:
    """As many months, or days where it is not whole months, as this one, right before it."""
    if not period.is_whole_months:
        return Period(period.first - (period.last - period.first) - DAY, period.first - DAY)
    months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
    return Period(_months_after(period.first, -months), period.first - DAY)


def year_before(period: Period) -> Period:
    """The same days of the year before; whole months stay whole, and the 29th of February becomes the 28th."""
    if period.is_whole_months:
        return Period(_months_after(period.first, -12), _months_after(period.last + DAY, -12) - DAY)
    return Period(_same_day(period.first), _same_day(period.last))


def months_to(last: date, count: int) -> Period:
    """So many whole months of which the last has this day."""
    end = _months_after(last.replace(day=1), 1)
    return Period(_months_after(end, -count), end - DAY)


def _months_after(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _same_day(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
