"""Reads of targets."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.figures import FigureTarget


def targets_of_month(session: Session, month: Month, metric: str) -> dict[int, Decimal]:
    """What grids are to reach in a month by a metric, by grid id."""
    statement = select(FigureTarget.grid_id, FigureTarget.value).order_by(FigureTarget.grid_id)
    rows = session.execute(statement.where(FigureTarget.month == month, FigureTarget.metric == metric))
    return {row.grid_id: row.value for row in rows}
