"""A unit and what is beneath it side by side: now and before, adjusted for what could be expected, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import whole_company
from app.core.security import Principal
from app.figures.beside_queries import prior_of, ratio_of, ratios_by_month
from app.figures.drift_queries import find_oldest_mark
from app.figures.periods import Period, months_to, period_before, year_before
from app.figures.ranking import Place, change_is_certain, places_of
from app.figures.rates import BETTER, COMPARED, Beside, Value, value_of, values_of
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
    """A branch, grid or manager. `idle`: nothing was counted of it in these days, so that it has no figures; `measured`: the
    measure; `changed`: beyond chance; `trend`: it in each of the months."""

    member: Member
    idle: bool
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
class _Held:
    """What success is held against: of the whole company, whoever asks."""

    prior: Decimal
    ratios: Mapping[Period, Decimal]
    months: Mapping[Month, Decimal]
    oldest_mark: datetime | None


@dataclass(frozen=True)
class _Days:
    """Sums of each member in some days, and what their success is held against."""

    sums: Mapping[int, Sums]
    beside: Beside

    def of(self, member_id: int) -> Values:
        """Their figures; of whom nothing was counted, none."""
        sums = self.sums.get(member_id)
        return dict.fromkeys(COMPARED, Value(None)) if sums is None else values_of(sums, self.beside)

    def one(self, code: str, member_id: int) -> Value:
        return value_of(code, self.sums.get(member_id, NOTHING), self.beside)

    @property
    def whole(self) -> Values:
        return values_of(add_up(self.sums.values()), self.beside)


def compare(session: Session, *, principal: Principal, asked: Asked, now: datetime) -> Comparison:
    """The parts of a unit of mine. Raises UnknownUnit."""
    scene = scene_of(session, principal, asked.unit_code)
    other = period_before(asked.period) if asked.against == BEFORE else year_before(asked.period)
    held = _hold_against(session, asked.period, other)
    mine, then = _days(session, scene, asked.period, held), _days(session, scene, other, held)
    a_year_ago = then if asked.against == YEAR else _days(session, scene, year_before(asked.period), held)
    trend = _trend(session, scene, asked.period, held)
    targets = targets_of_month(session, Month.of_day(asked.period.last), asked.measure)
    members = members_of(session, scene, {*mine.sums, *then.sums}, asked.period)
    return Comparison(
        path=scene.path,
        asked=asked,
        against=other,
        months=list(trend),
        values=mine.whole,
        before=then.whole,
        year_before=a_year_ago.whole,
        target=targets.get(scene.unit.id),
        trend=[value_of(asked.measure, add_up(month.sums.values()), month.beside) for month in trend.values()],
        rows=_rows(members, asked.measure, mine, then, trend, targets),
        beside=mine.beside,
        as_of=min(held.oldest_mark or now, now),
    )


def _hold_against(session: Session, period: Period, other: Period) -> _Held:
    with whole_company(session):
        return _Held(
            prior=prior_of(session, Month.of_day(period.last)),
            ratios={one: ratio_of(session, one) for one in {period, other, year_before(period)}},
            months=ratios_by_month(session, months_to(period.last, TREND_MONTHS)),
            oldest_mark=find_oldest_mark(session),
        )


def _days(session: Session, scene: Scene, period: Period, held: _Held) -> _Days:
    return _Days(sums_of(session, scene, period), Beside(held.ratios[period], held.prior))


def _trend(session: Session, scene: Scene, period: Period, held: _Held) -> dict[Month, _Days]:
    """The months to the end of the period, each with its own company beside it."""
    months = months_to(period.last, TREND_MONTHS)
    sums, found = sums_by_month(session, scene, months), {}
    month = Month.of_day(months.first)
    while month <= Month.of_day(months.last):
        found[month] = _Days(sums.get(month, {}), Beside(held.months.get(month, Decimal(1)), held.prior))
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
        before = then.one(measure, one.id)
        rows.append(
            Row(
                member=one,
                idle=one.id not in now.sums,
                figures={code: value.value for code, value in mine.items()},
                measured=mine[measure],
                before=before,
                changed=change_is_certain(mine[measure], before),
                place=place if measure in BETTER else None,
                target=targets.get(one.id) if one.kind == "grid" else None,
                trend=[month.one(measure, one.id).value for month in trend.values()],
            )
        )
    return rows
