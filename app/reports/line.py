"""A manager's line of points, as those who lead the manager look at it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.points.explaining.service import Explained, explain_line
from app.points.statement_queries import UnknownManager, find_person


def line_of_manager(
    session: Session, *, staff_no: str, grid_ids: Collection[int], month: Month, line: str, now: datetime
) -> Explained:
    """A line of a manager who belongs to these grids. Raises UnknownManager, alike for one elsewhere, UnknownLine."""
    person = find_person(session, staff_no)
    if person is None or person.unit_id not in grid_ids:
        raise UnknownManager
    return explain_line(session, staff_id=person.id, month=month, line=line, now=now)
