"""Room for work that is given by hand: who has how much free on which day, seen under a lock and used up as one goes."""

from collections.abc import Collection
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import whole_company
from app.dispatch import queries
from app.dispatch.capacity import capacity_of


class Room:
    """Free contacts of some managers on each day from `first` on."""

    def __init__(self, first: date, staff: NDArray[np.int64], capacity: NDArray[np.int64], used: NDArray[np.int64]) -> None:
        self.first = first
        self._position = {int(staff_id): index for index, staff_id in enumerate(staff)}
        self._capacity, self._free = capacity, capacity - used

    def find_day(self, staff_id: int, *, wanted: date, last: date, not_before: date | None = None) -> date | None:
        """The wanted day if it is free, else the first free one after it, else before it; None where all are full."""
        index = self._position.get(staff_id)
        if index is None or last < self.first:
            return None
        days = self._free[index, : (last - self.first).days + 1] > 0
        start = min(max((wanted - self.first).days, 0), len(days) - 1)
        after = np.flatnonzero(days[start:])
        found = start + int(after[0]) if len(after) else (int(np.argmax(days)) if days.any() else None)
        day = None if found is None else self.first + timedelta(days=found)
        return None if day is None or (not_before is not None and day < not_before) else day

    def take(self, staff_id: int, day: date) -> None:
        """One contact less that day."""
        self._change(staff_id, day, -1)

    def give_back(self, staff_id: int, day: date) -> None:
        """One contact more that day: work left it."""
        self._change(staff_id, day, 1)

    def free_on(self, staff_id: int, day: date) -> int:
        """Contacts that are free that day."""
        index, offset = self._position.get(staff_id), (day - self.first).days
        inside = index is not None and 0 <= offset < self._free.shape[1]
        return int(self._free[index, offset]) if inside else 0

    def share_used(self, staff_id: int) -> float:
        """Load relative to capacity over all days; 1 for who has none."""
        index = self._position.get(staff_id)
        whole = 0 if index is None else int(self._capacity[index].sum())
        return 1.0 - float(self._free[index].sum()) / whole if whole else 1.0

    def _change(self, staff_id: int, day: date, by: int) -> None:
        index, offset = self._position.get(staff_id), (day - self.first).days
        if index is not None and 0 <= offset < self._free.shape[1]:
            self._free[index, offset] += by


def lock_room(session: Session, staff_ids: Collection[int], *, first: date, last: date) -> Room:
    """The room of these managers from `first` to `last`; nobody else gives them work until the end of the transaction.

    Work orders are locked before. All of a manager's work counts, also what the present scope may not see.
    """
    queries.lock_capacity(session, staff_ids)
    with whole_company(session):
        return read_room(session, staff_ids, first=first, last=last)


def read_room(session: Session, staff_ids: Collection[int], *, first: date, last: date) -> Room:
    """The same as it is seen now, for who gives nobody more work."""
    people = [person for person in queries.managers_active_between(session, first, last) if person.staff_id in staff_ids]
    managers = capacity_of(
        people,
        queries.absences_between(session, first, last),
        queries.load_of(session, staff_ids, first, last),
        first=first,
        last=last,
    )
    return Room(first, managers.staff, managers.capacity, managers.used)


def let_go(session: Session, work_order_id: int | None) -> None:
    """Let who acts write one work order although it leaves their grids by that: what was lent to them goes home. None: no more.

    The database agrees only while it is lent to one of their grids.
    """
    session.execute(text("SELECT let_work_order_go(CAST(:id AS bigint))"), {"id": work_order_id})
