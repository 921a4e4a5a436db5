"""How many contacts each manager can take on each day of a window (pure NumPy)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from app.dispatch.splitting.split import Managers

DEFAULT_DAILY_CAPACITY = 20  # of a manager whose daily capacity the operator did not say


@dataclass(frozen=True)
class Manager:
    """A terminal manager: contacts a day (None: not said), days of employment (`active_to` included; None: still employed)."""

    staff_id: int
    grid_id: int
    daily_capacity: int | None
    active_from: date
    active_to: date | None


def capacity_of(
    people: Sequence[Manager],
    absences: Iterable[tuple[int, date, date]],
    loads: Iterable[tuple[int, date, int]],
    *,
    first: date,
    last: date,
) -> Managers:
    """Managers with their capacity and load on each day from `first` to `last`, both included.

    absences: (staff id, from, to), both days included; loads: (staff id, day, contacts). Those of other people are ignored.
    """
    people = sorted(people, key=lambda person: person.staff_id)
    days = (last - first).days + 1
    position = {person.staff_id: index for index, person in enumerate(people)}
    capacity = np.zeros((len(people), days), dtype=np.int64)
    used = np.zeros((len(people), days), dtype=np.int64)
    for index, person in enumerate(people):
        start, end = max(person.active_from, first), min(person.active_to or last, last)
        daily = DEFAULT_DAILY_CAPACITY if person.daily_capacity is None else max(person.daily_capacity, 0)
        capacity[index, (start - first).days : max((end - first).days + 1, 0)] = daily
    for staff_id, start, end in absences:
        if staff_id in position:
            capacity[position[staff_id], max((start - first).days, 0) : max((end - first).days + 1, 0)] = 0
    for staff_id, day, count in loads:
        if staff_id in position:
            used[position[staff_id], (day - first).days] += count
    return Managers(
        staff=np.array([person.staff_id for person in people], dtype=np.int64),
        grid=np.array([person.grid_id for person in people], dtype=np.int64),
        capacity=capacity,
        used=used,
    )


def with_unfinished(managers: Managers, unfinished: Iterable[tuple[int, int]]) -> Managers:
    """The same where so many contacts of earlier days, (staff id, contacts), take each one's first free places of the window.

    Before the morning's wave nobody knows on which days they will be; what has no room left goes to the pool.
    """
    position = {int(staff_id): index for index, staff_id in enumerate(managers.staff)}
    waiting = np.zeros(len(managers.staff), dtype=np.int64)
    for staff_id, contacts in unfinished:
        if staff_id in position:
            waiting[position[staff_id]] += contacts
    free = np.maximum(managers.capacity - managers.used, 0)
    before = np.cumsum(free, axis=1) - free
    return replace(managers, used=managers.used + np.clip(waiting[:, None] - before, 0, free))
