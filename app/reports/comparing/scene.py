"""Which unit is looked at, and who or what is beneath it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.security import Principal
from app.figures.periods import Period
from app.figures.queries import sums_by
from app.figures.sums import Sums
from app.figures.unit_queries import UnitRow, UnknownUnit, all_units, grids_in
from app.models.organisation import Role, Staff, UnitKind

MANAGER = "manager"


@dataclass(frozen=True)
class Member:
    """Something that is compared: a branch, a grid or a manager (`code`: the staff number)."""

    id: int
    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class Scene:
    """A unit, the units from the top of what I see down to it, and my grids beneath it."""

    unit: UnitRow
    path: Sequence[UnitRow]
    grid_ids: Sequence[int]
    units: Mapping[int, UnitRow]

    @property
    def by(self) -> str:
        """By what sums are read: the company's by branch, a branch's by grid, a grid's by manager."""
        return {UnitKind.COMPANY: "branch_id", UnitKind.BRANCH: "grid_id", UnitKind.GRID: "staff_id"}[UnitKind(self.unit.kind)]


def scene_of(session: Session, principal: Principal, code: str | None) -> Scene:
    """The unit with this code, or my own where none is named. Raises UnknownUnit, alike for another's."""
    units = all_units(session)
    found = [one for one in units.values() if (one.id == principal.unit_id if code is None else one.code == code)]
    path = _path(units, found[0], principal) if found else []
    if not path:
        raise UnknownUnit(f"unit: there is no unit {code} of yours")
    return Scene(found[0], path, grids_in(units, found[0].id, among=principal.grid_ids), units)


def _path(units: Mapping[int, UnitRow], unit: UnitRow, principal: Principal) -> list[UnitRow]:
    """From my own unit down to this one; nothing where it is not beneath mine."""
    path = [unit]
    while path[0].id != principal.unit_id:
        above = units.get(path[0].parent_id or 0)
        if above is None:
            return []
        path.insert(0, above)
    return path


def members_of(session: Session, scene: Scene, with_figures: Collection[int], period: Period) -> list[Member]:
    """What is beneath the unit, by code, whether or not it did anything: units; managers of whom there are figures, and those who
    belong to the grid and worked in these days."""
    if scene.unit.kind != UnitKind.GRID:
        beneath = [one for one in scene.units.values() if one.parent_id == scene.unit.id]
        return sorted((Member(one.id, one.code, one.name, one.kind) for one in beneath), key=lambda one: one.code)
    belongs = (Staff.unit_id == scene.unit.id) & (Staff.role == Role.TERMINAL_MANAGER)
    works = (Staff.active_from <= period.last) & or_(Staff.active_to.is_(None), Staff.active_to >= period.first)
    people = select(Staff.id, Staff.staff_no, Staff.name).where(or_(Staff.id.in_(with_figures), belongs & works))
    return [Member(*row, MANAGER) for row in session.execute(people.order_by(Staff.staff_no))]


def sums_of(session: Session, scene: Scene, period: Period) -> dict[int, Sums]:
    """Sums by member."""
    found = sums_by(session, (scene.by,), first=period.first, last=period.last, grid_ids=scene.grid_ids)
    return {member: sums for (member,), sums in found.items()}


def sums_by_month(session: Session, scene: Scene, period: Period) -> dict[Month, dict[int, Sums]]:
    """Sums by month and member, of whole months."""
    found = sums_by(session, (scene.by, "month"), first=period.first, last=period.last, grid_ids=scene.grid_ids)
    months: dict[Month, dict[int, Sums]] = {}
    for (member, month), sums in found.items():
        months.setdefault(month, {})[member] = sums
    return months
