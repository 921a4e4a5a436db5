"""What may be asked of a comparison."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from app.core.clock import local_date
from app.core.errors import Invalid
from app.figures.periods import LONGEST, Period, month_of
from app.figures.rates import COMPARED
from app.reports.comparing.page import BEFORE, YEAR, Asked

_FIRST, _LAST = date(1975, 1, 1), date(2098, 11, 30)


class Against(StrEnum):
    """Which days the asked ones are held against."""

    BEFORE = BEFORE
    YEAR = YEAR


class Language(StrEnum):
    """In which language titles are."""

    ZH = "zh"
    EN = "en"


def ask(*, unit_code: str | None, first: date | None, last: date | None, measure: str, against: Against, now: datetime) -> Asked:
    """What is compared. Without days: this month to yesterday, on its first day the month before. Raises Invalid."""
    if measure not in COMPARED:
        raise Invalid("measure", "one of " + ", ".join(COMPARED))
    yesterday = local_date(now) - timedelta(days=1)
    period = Period(first or month_of(last or yesterday).first, last or (yesterday if first is None else max(first, yesterday)))
    if not (_FIRST <= period.first <= period.last <= _LAST) or period.last - period.first > LONGEST:
        raise Invalid("first", f"a day up to the last one, from {_FIRST} to {_LAST}, and five years at most")
    return Asked(unit_code, period, measure, against)
