"""The accuracy of managers with its interval, beside their grid's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.feedback import ContactFeedback
from app.models.figures import MonthlyFigures
from app.models.organisation import Staff, Unit
from app.points.certainty import grid_rate, interval_of, near_grid
from app.points.figures import count_accuracy
from app.points.formula import AccuracyFigures, accuracy
from app.points.queries import feedback_facts


@dataclass(frozen=True)
class ManagerAccuracy:
    """A manager's month: exact decimals as text, null where nothing was judged. `near_grid`: drawn toward `grid`'s rate, the
    more so the less was judged; it is shown, and not paid."""

    confirmed: int
    contradicted: int
    unverifiable: int
    accuracy: str | None
    low: str | None
    high: str | None
    effective_judged: str | None
    grid: str | None
    near_grid: str | None


def accuracy_of(session: Session, *, month: Month, staff_id: int, grid_id: int) -> ManagerAccuracy:
    """One manager's, beside those who reported in the same grid."""
    figures = _figures(session, month, [grid_id])
    return _beside(figures.get(staff_id, AccuracyFigures()), figures)


def accuracy_in(session: Session, *, month: Month, grid_ids: Collection[int]) -> list[dict[str, Any]]:
    """Of everybody who reported in these grids, by staff number, each beside their grid."""
    found: list[dict[str, Any]] = []
    for grid in session.scalars(select(Unit).where(Unit.id.in_(grid_ids)).order_by(Unit.code)).all():
        figures = _figures(session, month, [grid.id])
        people = session.execute(
            select(Staff.id, Staff.staff_no, Staff.name).where(Staff.id.in_(figures)).order_by(Staff.staff_no)
        )
        found += [
            {"staff_no": staff_no, "name": name, "grid_code": grid.code, **vars(_beside(figures[staff_id], figures))}
            for staff_id, staff_no, name in people
        ]
    return found


def _figures(session: Session, month: Month, grid_ids: Collection[int]) -> dict[int, AccuracyFigures]:
    """Of those who reported in these grids: who belongs there or did work of theirs, by what is kept of it."""
    worked = select(MonthlyFigures.staff_id).where(MonthlyFigures.month == month, MonthlyFigures.grid_id.in_(grid_ids))
    theirs = ContactFeedback.staff_id == Staff.id, ContactFeedback.month == month, ContactFeedback.grid_id.in_(grid_ids)
    statement = select(Staff.id).where(or_(Staff.unit_id.in_(grid_ids), Staff.id.in_(worked)), exists().where(*theirs))
    return count_accuracy(feedback_facts(session, month, staff_ids=session.scalars(statement.order_by(Staff.id)).all()))


def _beside(figures: AccuracyFigures, all_of_grid: dict[int, AccuracyFigures]) -> ManagerAccuracy:
    rate, interval, grid = accuracy(figures), interval_of(figures), grid_rate(list(all_of_grid.values()))
    return ManagerAccuracy(
        confirmed=figures.confirmed,
        contradicted=figures.contradicted,
        unverifiable=figures.unverifiable,
        accuracy=None if rate is None else str(rate),
        low=str(interval.low) if interval else None,
        high=str(interval.high) if interval else None,
        effective_judged=str(interval.effective) if interval else None,
        grid=str(grid.rate) if grid else None,
        near_grid=str(near_grid(figures, grid)) if grid else None,
    )
