"""The map of capacity: what managers can take, what live work takes and what is booked, by grid and week, for planners.

Asking all live work takes a second or two at size, so it is asked when something was approved, dispatched or closed since, or an
hour has passed; a preview and an approval still ask for themselves.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns import bookings
from app.core import clock
from app.dispatch.preview import queries
from app.dispatch.preview.weeks import Cell, monday_of, spread_by_week, sum_by_week
from app.dispatch.run.inputs import read_managers
from app.models.planning import CapacityMap

WEEKS = 12
OLD = timedelta(hours=1)


def measure_if_due(session: Session, *, now: datetime) -> dict[str, int]:
    """Measure anew where that is due: {cells}; {} where it is not."""
    found, seen = queries.find_capacity_map(session), queries.last_seen(session)
    if found is not None and found.seen == seen and now - found.measured_at < OLD:
        return {}
    return measure_capacity(session, now=now)


def measure_capacity(session: Session, *, now: datetime) -> dict[str, int]:
    """Measure the weeks from this one on; the map before goes. {cells}."""
    first = clock.local_date(now)
    last = monday_of(first) + timedelta(days=7 * WEEKS - 1)
    seen = queries.last_seen(session)
    managers = read_managers(session, [], first, last)
    capacity, used = (spread_by_week(managers, values, first=first) for values in (managers.capacity, managers.used))
    booked = sum_by_week(bookings.booked_by_others(session, [], first=first, last=last))
    for older in queries.capacity_maps(session):
        session.delete(older)
    cells = [_cell(cell, capacity, used, booked) for cell in sorted(capacity.keys() | used.keys() | booked.keys())]
    session.add(CapacityMap(measured_at=now, first_day=first, seen=seen, cells=cells))
    session.flush()
    return {"cells": len(cells)}


def _cell(cell: Cell, *figures: dict[Cell, int]) -> dict[str, Any]:
    grid, week = cell
    names = ("capacity", "used", "booked")
    return {"grid": grid, "week": week.isoformat(), **{name: of.get(cell, 0) for name, of in zip(names, figures, strict=True)}}
