"""The terms of disputes (pure): how long one may be raised, by when it is answered, who is told then, and when two decide.

Working days are Monday to Friday without the company's holidays.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from app.points.formula import ACCURACY

MOST_POINTS = Decimal(1_000_000)  # of one dispute: more is a slip of the finger
LONGEST_WAIT = 60  # working days that a deadline may be away
_SATURDAY = 5


@dataclass(frozen=True)
class DisputeTerms:
    """`raise_days`: after a month was closed (calendar days); `answer_days`: working days until it is to be decided;
    `company_days`: working days from then until the company is told; `second_above`: points above which two decide."""

    raise_days: int = 30
    answer_days: int = 5
    company_days: int = 2
    second_above: Decimal = Decimal(5)


DEFAULT_TERMS = DisputeTerms()


class Overdue(StrEnum):
    """Who is to be told of a dispute that nobody decided."""

    NOBODY = "nobody"
    BRANCH = "branch"
    COMPANY = "company"


class Way(StrEnum):
    """How a dispute may be accepted: in points, by how a report is judged, or by nothing, since it is mended where it is kept."""

    POINTS = "points"
    VERDICT = "verdict"
    MENDED = "mended"


def ways_to_accept(component: str, *, of_work_order: bool, closed: bool) -> tuple[Way, ...]:
    """How a dispute about this component may be accepted. Points are not for what has its own place: a verdict, or in an open
    month what a work order counts as, which would be paid a second time once that is mended."""
    ways = [Way.MENDED]
    if component == ACCURACY:
        ways.insert(0, Way.VERDICT)
    if not of_work_order or (closed and component != ACCURACY):
        ways.insert(0, Way.POINTS)
    return tuple(ways)


def add_working_days(day: date, number: int, holidays: Collection[date]) -> date:
    """The working day that many after `day`; 0: the day itself where it is one, else the next."""
    while number or _rests(day, holidays):
        day += timedelta(days=1)
        if number and not _rests(day, holidays):
            number -= 1
    return day


def last_looked_at(day: date, terms: DisputeTerms) -> date:
    """Until when holidays are needed to count from `day`: more calendar days than any deadline is away."""
    return day + timedelta(days=3 * (terms.answer_days + terms.company_days) + LONGEST_WAIT)


def overdue_for(due_on: date, today: date, terms: DisputeTerms, holidays: Collection[date]) -> Overdue:
    """Whom an undecided dispute with this last day concerns today, above the grid."""
    if today <= due_on:
        return Overdue.NOBODY
    return Overdue.COMPANY if today > add_working_days(due_on, terms.company_days, holidays) else Overdue.BRANCH


def may_raise(closed_on: date | None, today: date, terms: DisputeTerms) -> bool:
    """Whether a line of a month that was closed on this day (None: it is open) may be disputed today."""
    return closed_on is None or today <= last_day_to_raise(closed_on, terms)


def last_day_to_raise(closed_on: date, terms: DisputeTerms) -> date:
    """The last day on which a line of a month that was closed then may be disputed."""
    return closed_on + timedelta(days=terms.raise_days)


def needs_second(points: Decimal, terms: DisputeTerms) -> bool:
    """Whether a change of pay by so many points, up or down, takes two persons."""
    return abs(points) > terms.second_above


def points_expected(expected: str) -> Decimal | None:
    """The points that somebody wrote a line should read; None where it is no such figure but words."""
    written = expected.strip()
    if not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,4})?", written, re.ASCII):
        return None
    return Decimal(written)


def _rests(day: date, holidays: Collection[date]) -> bool:
    return day.weekday() >= _SATURDAY or day in holidays
