"""Closed months of managers, from their statements: the figures that their points came from, and cases about them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.access.looks import note_look
from app.core.clock import Month
from app.core.errors import Invalid, NotFound
from app.core.security import Principal
from app.models.organisation import Role, Staff, Unit
from app.points.statement_queries import UnknownManager
from app.reports.administration.people import units_below
from app.reports.personnel.figures import Counted, Shown, read_counted, show_month, show_together

MOST_MONTHS = 60
MOST_PEOPLE = 500

_MONTHS = text("""
SELECT m.staff_id, m.month, u.code AS grid_code, m.total, p.index_prior, c.cases, c.upheld,
    jsonb_path_query_first(m.lines, '$[*] ? (@.component == "success" && @.kind == "earned").figures') AS success,
    jsonb_path_query_first(m.lines, '$[*] ? (@.component == "accuracy" && @.kind == "earned").figures') AS accuracy
FROM monthly_statements m JOIN units u ON u.id = m.grid_id
    JOIN points_months o ON o.month = m.month JOIN points_plans p ON p.id = o.plan_id
    LEFT JOIN (SELECT staff_id, month, count(*) AS cases,
            count(*) FILTER (WHERE decision = 'upheld' AND seconded_at IS NOT NULL) AS upheld
        FROM review_cases WHERE staff_id = ANY (:people) AND month >= :since GROUP BY 1, 2) c
        ON c.staff_id = m.staff_id AND c.month = m.month
WHERE m.staff_id = ANY (:people) AND m.month >= :since AND m.grid_id = ANY (:grid_ids)
ORDER BY m.staff_id, m.month
""")


class UnknownUnit(NotFound):
    """There is no such unit here."""

    code = "unit.unknown"


@dataclass(frozen=True)
class PersonSeen:
    """A manager, and the months as one; None where none is closed."""

    staff_no: str
    name: str
    grid_code: str
    together: Shown | None


@dataclass(frozen=True)
class UnitSeen:
    """The managers of a unit side by side, from a month on."""

    unit_code: str
    since: str
    items: list[PersonSeen]


@dataclass(frozen=True)
class HistorySeen:
    """A manager's closed months, the oldest first, and all of them as one."""

    staff_no: str
    name: str
    grid_code: str
    since: str
    together: Shown | None
    months: list[Shown]


def look_at_unit(session: Session, *, unit: str, months: int, principal: Principal, now: datetime) -> UnitSeen:
    """The managers of a unit of mine with their last months as one; that I looked is kept.

    Raises UnknownUnit, alike for one elsewhere, Invalid.
    """
    since = _since(months, now)
    unit_id, grids = _grids_of(session, unit, principal.grid_ids)
    note_look(session, principal=principal, unit_id=unit_id, now=now)
    people = _managers(session, grids)
    counted = _counted(session, [one.id for one in people], since, principal.grid_ids)
    items = [PersonSeen(one.staff_no, one.name, one.code, show_together(counted[one.id])) for one in people]
    return UnitSeen(unit, str(since), items)


def look_at_person(session: Session, *, staff_no: str, months: int, principal: Principal, now: datetime) -> HistorySeen:
    """A manager of my grids month by month; that I looked is kept. Raises UnknownManager, alike for one elsewhere, Invalid."""
    since = _since(months, now)
    statement = select(Staff.id, Staff.staff_no, Staff.name, Unit.code).join(Unit, Unit.id == Staff.unit_id)
    mine = statement.where(Staff.staff_no == staff_no, Staff.role == Role.TERMINAL_MANAGER, Staff.unit_id.in_(principal.grid_ids))
    person = session.execute(mine.order_by(Staff.id)).one_or_none()
    if person is None:
        raise UnknownManager
    note_look(session, principal=principal, staff_id=person.id, now=now)
    found = _counted(session, [person.id], since, principal.grid_ids)[person.id]
    each = [show_month(one) for one in found]
    return HistorySeen(person.staff_no, person.name, person.code, str(since), show_together(found), each)


def _since(months: int, now: datetime) -> Month:
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid("months", f"a number from 1 to {MOST_MONTHS}")
    since = Month.of(now)
    for _ in range(months):
        since = since.previous
    return since


def _grids_of(session: Session, unit: str, mine: Collection[int]) -> tuple[int, list[int]]:
    """Id of a unit, and its grids, all of which must be mine."""
    unit_id = session.scalar(select(Unit.id).where(Unit.code == unit).order_by(Unit.id))
    below = list(session.scalars(select(Unit.id).where(Unit.id.in_(units_below(unit)), Unit.kind == "grid").order_by(Unit.id)))
    if unit_id is None or not below or not set(below) <= set(mine):
        raise UnknownUnit
    return unit_id, below


def _managers(session: Session, grids: Collection[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    statement = select(Staff.id, Staff.staff_no, Staff.name, Unit.code).join(Unit, Unit.id == Staff.unit_id)
    theirs = statement.where(Staff.role == Role.TERMINAL_MANAGER, Staff.unit_id.in_(grids))
    return session.execute(theirs.order_by(Staff.staff_no).limit(MOST_PEOPLE)).all()


def _counted(session: Session, people: list[int], since: Month, grid_ids: Collection[int]) -> dict[int, list[Counted]]:
    found: defaultdict[int, list[Counted]] = defaultdict(list)
    values = {"people": people, "since": since.first_day, "grid_ids": list(grid_ids)}
    for row in session.execute(_MONTHS, values):
        found[row.staff_id].append(read_counted(row))
    return found
