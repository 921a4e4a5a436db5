"""Capacity by grid and week: what is free, what fits into it, and what others have booked of it (pure).

A booking holds contacts of a grid in a week. A campaign finds free what its managers can take on its own days of the week, less
what is booked by every other campaign that shares one of these days. For windows (runs of days) that never overbooks: of any run
of days I take the campaigns whose windows lie in it. The one approved last fitted beside those it meets; the others lie in
what is left of I on either side of its window, where the same holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from app.dispatch.splitting.split import Managers

Cell = tuple[int, date]  # grid id, Monday of the week
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Fit:
    """How a campaign goes into what is free: contacts by grid and week, and by grid what there is no room for."""

    booked: dict[Cell, int]
    left_over: dict[int, int]


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def free_by_week(managers: Managers, *, first: date) -> dict[Cell, int]:
    """Contacts that managers can still take in each week of their days, which count from `first`."""
    return spread_by_week(managers, np.maximum(managers.capacity - managers.used, 0), first=first)


def spread_by_week(managers: Managers, values: Integers, *, first: date) -> dict[Cell, int]:
    """A figure of each manager and day, (m, days) from `first` on, summed by grid and week."""
    found: dict[Cell, int] = {}
    for column in range(values.shape[1]):
        day = first + timedelta(days=column)
        for grid, count in _by_grid(managers.grid, values[:, column]):
            cell = (grid, monday_of(day))
            found[cell] = found.get(cell, 0) + count
    return found


def less_booked(free: Mapping[Cell, int], booked: Iterable[tuple[int, date, int]]) -> dict[Cell, int]:
    """What is left of `free` beside these bookings: (grid id, week, contacts)."""
    left = dict(free)
    for grid, week, contacts in booked:
        if (grid, week) in left:
            left[grid, week] = max(left[grid, week] - contacts, 0)
    return left


def share_a_day(week: date, one: tuple[date, date], other: tuple[date, date]) -> bool:
    """Whether two windows, (first day, last day), have a day of this week (its Monday) in common."""
    sunday = week + timedelta(days=6)
    return max(one[0], other[0], week) <= min(one[1], other[1], sunday)


def sum_by_week(booked: Iterable[tuple[int, date, int]]) -> dict[Cell, int]:
    """Bookings of several campaigns, (grid id, week, contacts), as one figure for each grid and week."""
    found: dict[Cell, int] = {}
    for grid, week, contacts in booked:
        found[grid, week] = found.get((grid, week), 0) + contacts
    return found


def fit_into(wanted: Mapping[int, int], free: Mapping[Cell, int]) -> Fit:
    """Contacts wanted by grid into the free weeks, the earliest first, as a run fills them."""
    booked: dict[Cell, int] = {}
    left = dict(wanted)
    for (grid, week), room in sorted(free.items(), key=lambda item: (item[0][1], item[0][0])):
        taken = min(left.get(grid, 0), room)
        if taken > 0:
            booked[grid, week] = taken
            left[grid] -= taken
    return Fit(booked, {grid: count for grid, count in sorted(left.items()) if count > 0})


def keep_for_others(managers: Managers, booked: Mapping[Cell, int], *, first: date) -> Managers:
    """The managers with what others have booked taken off what is free: of a week's days and managers by their share of it."""
    used = managers.used.copy()
    days = np.array([monday_of(first + timedelta(days=column)).toordinal() for column in range(used.shape[1])])
    for (grid, week), contacts in booked.items():
        rows, columns = np.flatnonzero(managers.grid == grid), np.flatnonzero(days == week.toordinal())
        block = np.ix_(rows, columns)
        free = np.maximum(managers.capacity[block] - used[block], 0)
        used[block] += _shares(free, min(contacts, int(free.sum())))
    return replace(managers, used=used)


def _shares(free: Integers, contacts: int) -> Integers:
    """`contacts` over the cells in proportion to what is free in each, by the largest remainders; never more than is free."""
    flat = free.ravel()
    total = int(flat.sum())
    if total == 0 or contacts == 0:
        return np.zeros_like(free)
    whole = flat * contacts // total
    rest = contacts - int(whole.sum())
    remainder = np.where(whole < flat, flat * contacts % total, -1)
    whole[np.argsort(-remainder, kind="stable")[:rest]] += 1
    return whole.reshape(free.shape)


def _by_grid(grid: Integers, count: Integers) -> Iterable[tuple[int, int]]:
    grids, position = np.unique(grid, return_inverse=True)
    sums = np.bincount(position, weights=count, minlength=len(grids))
    return ((int(each), int(total)) for each, total in zip(grids, sums, strict=True))
