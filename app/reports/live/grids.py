"""Which grids a live page shows: never so many that it could not be read, or not be asked for again and again."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.organisation import Unit, UnitKind

MOST_GRIDS = 30  # at once: a branch


class UnknownGrid(NotFound):
    """There is no such grid, or it is not yours."""

    code = "grid.unknown"


@dataclass(frozen=True)
class Grid:
    """A grid of mine."""

    id: int
    code: str
    name: str


def my_grids(session: Session, grid_ids: Collection[int]) -> list[Grid]:
    """These grids, by code."""
    statement = select(Unit.id, Unit.code, Unit.name).where(Unit.id.in_(grid_ids), Unit.kind == UnitKind.GRID)
    return [Grid(*row) for row in session.execute(statement.order_by(Unit.code))]


def shown_grids(grids: Collection[Grid], code: str | None) -> list[Grid]:
    """The one with this code, else all of them; of more than a page shows the first. Raises UnknownGrid."""
    if code is None:
        return list(grids) if len(grids) <= MOST_GRIDS else list(grids)[:1]
    found = [grid for grid in grids if grid.code == code]
    if not found:
        raise UnknownGrid
    return found
