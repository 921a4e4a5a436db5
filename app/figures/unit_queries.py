"""Units, and the grids beneath them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from app.core.errors import NotFound
from app.models.organisation import Unit, UnitKind


class UnknownUnit(NotFound):
    """There is no such unit, or it is not yours."""

    code = "unit.unknown"


@dataclass(frozen=True)
class UnitRow:
    """A unit: company, branch or grid."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None


def all_units(session: Session) -> dict[int, UnitRow]:
    """Every unit by id, in the order of kind and code; there are some hundreds."""
    columns = (Unit.id, Unit.code, Unit.name, Unit.kind, Unit.parent_id)
    return {row.id: UnitRow(*row) for row in session.execute(select(*columns).order_by(Unit.kind, Unit.code))}


def grids_under(session: Session, unit_id: int) -> Sequence[int]:
    """Ids of the grids of a unit: itself, those of a branch, or all of the company."""
    branch = aliased(Unit)
    statement = select(Unit.id).outerjoin(branch, branch.id == Unit.parent_id).where(Unit.kind == UnitKind.GRID)
    within = or_(Unit.id == unit_id, Unit.parent_id == unit_id, branch.parent_id == unit_id)
    return session.scalars(statement.where(within).order_by(Unit.id)).all()


def grids_in(units: dict[int, UnitRow], unit_id: int, *, among: Collection[int]) -> list[int]:
    """Of these grids those of a unit: itself, those of a branch, or all of the company."""
    found = []
    for grid_id in among:
        grid = units[grid_id]
        branch = units.get(grid.parent_id or 0)
        if unit_id in (grid.id, grid.parent_id, branch.parent_id if branch else None):
            found.append(grid_id)
    return found
