"""A unit and what is beneath it side by side: now and before, adjusted for what could be expected, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import whole_company
from app.core.security import Principal
from app.figures.beside_queries import beside_by_month, beside_of
from app.figures.drift_queries import find_oldest_mark
from app.figures.periods import Period, months_to, period_before, year_before
from app.figures.ranking import Place, change_is_certain, places_of
from app.figures.rates import BETTER, Beside, Value, values_of
from app.figures.sums import NOTHING, Sums, add_up
from app.figures.targets.queries import targets_of_month
from app.figures.unit_queries import UnitRow
from app.reports.comparing.scene import Member, Scene, members_of, scene_of, sums_by_month, sums_of

TREND_MONTHS = 13
BEFORE, YEAR = "before", "year"
Values = Mapping[str, Value]


@dataclass(frozen=True)
class Asked:
    """What is compared: the parts of which unit, in which days, by which measure; held against the days before or a year ago."""

    unit_code: str | None
    period: Period
    measure: str
    against: str = BEFORE


@dataclass(frozen=True)
class Row:
    """A branch, grid or manager. `measured`: the measure; `changed`: beyond chance; `trend`: it in each of the months."""

    member: Member
    figures: Mapping[str, Decimal | None]
    measured: Value
    before: Value
    changed: bool
    place: Place | None
    target: Decimal | None
    trend: Sequence[Decimal | None]


@dataclass(frozen=True)
class Comparison:
    """A unit with its parts, by their codes. `beside`: the whole company, against which success is held in these days.

    `as_of`: until when every change is in the figures.
    """

    path: Sequence[UnitRow]
    asked: Asked
    against: Period
    months: Sequence[Month]
    values: Values
    before: Values
    year_before: Values
    target: Decimal | None
    trend: Sequence[Value]
    rows: Sequence[Row]
    beside: Beside
    as_of: datetime


@dataclass(frozen=True)
class _Days:
    """Sums of each member in some days, and what their success is held against."""

    sums: Mapping[int, Sums]
    beside: Beside

    def of(self, member_id: int) -> Values:
        return values_of(self.sums.get(member_id, NOTHING), self.beside)

    @property
    def whole(self) -> Values:
        return values_of(add_up(self.sums.values()), self.beside)


def compare(session: Session, *, principal: Principal, asked: Asked, now: datetime) -> Comparison:
    """The parts of a unit of mine. Raises UnknownUnit."""
    scene = scene_of(session, principal, asked.unit_code)
    other = period_before(asked.period) if asked.against == BEFORE else year_before(asked.period)
    mine, then = _days(session, scene, asked.period), _days(session, scene, other)
    a_year_ago = then if asked.against == YEAR else _days(session, scene, year_before(asked.period))
    trend = _trend(session, scene, asked.period)
    targets = targets_of_month(session, Month.of_day(asked.period.last), asked.measure)
    with whole_company(session):
        oldest = find_oldest_mark(session)
    members = members_of(session, scene, {*mine.sums, *then.sums})
    return Comparison(
        path=scene.path,
        asked=asked,
        against=other,
        months=list(trend),
        values=mine.whole,
        before=then.whole,
        year_before=a_year_ago.whole,
        target=targets.get(scene.unit.id),
        trend=[month.whole[asked.measure] for month in trend.values()],
        rows=_rows(members, asked.measure, mine, then, trend, targets),
        beside=mine.beside,
        as_of=min(oldest or now, now),
    )


def _days(session: Session, scene: Scene, period: Period) -> _Days:
    return _Days(sums_of(session, scene, period), beside_of(session, period))


def _trend(session: Session, scene: Scene, period: Period) -> dict[Month, _Days]:
    """The months to the end of the period, each with its own company beside it."""
    months = months_to(period.last, TREND_MONTHS)
    sums, beside = sums_by_month(session, scene, months), beside_by_month(session, months)
    month, found = Month.of_day(months.first), {}
    while month <= Month.of_day(months.last):
        found[month] = _Days(sums.get(month, {}), beside.get(month, Beside(Decimal(1), Decimal(0))))
        month = month.next
    return found


def _rows(
    members: Sequence[Member],
    measure: str,
    now: _Days,
    then: _Days,
    trend: Mapping[Month, _Days],
    targets: Mapping[int, Decimal],
) -> list[Row]:
    values = [now.of(one.id) for one in members]
    places = places_of([each[measure] for each in values], more_is_better=BETTER.get(measure, True))
    rows = []
    for one, mine, place in zip(members, values, places, strict=True):
        before = then.of(one.id)[measure]
        rows.append(
            Row(
                member=one,
                figures={code: value.value for code, value in mine.items()},
                measured=mine[measure],
                before=before,
                changed=change_is_certain(mine[measure], before),
                place=place if measure in BETTER else None,
                target=targets.get(one.id) if one.kind == "grid" else None,
                trend=[month.of(one.id)[measure].value for month in trend.values()],
            )
        )
    return rows
