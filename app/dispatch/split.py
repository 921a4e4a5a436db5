"""Who gets which target, and on which day (pure NumPy): 500,000 targets of 2,000 managers in well under a second.

A manager may serve any target of the own grid, so a grid takes its best targets up to the capacity of all its managers.
Of these, those with an owner go to the owner, best first, as far as the owner's capacity goes; each of the others goes to
the manager whose load is lowest relative to capacity. Then every manager's days are filled from the first, best target first.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
NOBODY = -1


class Outcome(IntEnum):
    """What came of a target."""

    OWNER = 0
    LOWEST_LOAD = 1
    NO_ACTIVE_MANAGER = 2
    OVER_CAPACITY = 3


@dataclass(frozen=True)
class Targets:
    """Customers to be placed. `grid` and `owner` are ids (0: no owner); `order` is unique, lower goes first. Each (n,)."""

    grid: Integers
    owner: Integers
    order: NDArray[np.float64]


@dataclass(frozen=True)
class Managers:
    """Who works in the window, in the order of their ids.

    `staff`, `grid`: ids, (m,). `capacity`: contacts on each day of the window, 0 where absent, (m, days). `used`: contacts of
    these days that other work takes already, (m, days).
    """

    staff: Integers
    grid: Integers
    capacity: Integers
    used: Integers


@dataclass(frozen=True)
class Placement:
    """For each target its Outcome, the position of its manager among Managers, and the day of the window; NOBODY where none."""

    outcome: Integers
    manager: Integers
    day: Integers


def order_of(rank: Integers, explored: NDArray[np.bool_], seed: int) -> NDArray[np.float64]:
    """The order in which targets are placed: by rank, the explored ones spread among them evenly, in random order.

    So where capacity is short, chance and not the ranker decides which of the explored ones are left out.
    """
    order = np.empty(len(rank))
    ranked = np.flatnonzero(~explored)
    drawn = np.flatnonzero(explored)
    ranked = ranked[np.argsort(rank[ranked], kind="stable")]
    drawn = np.random.default_rng(seed).permutation(drawn)
    order[ranked] = (np.arange(len(ranked)) + 0.5) / max(len(ranked), 1)
    order[drawn] = (np.arange(len(drawn)) + 0.5) / max(len(drawn), 1)
    positions = np.empty(len(rank))
    positions[np.lexsort((explored, order))] = np.arange(len(rank))
    return positions


def split(targets: Targets, managers: Managers) -> Placement:
    """Place every target, or say why not. The same input gives the same output."""
    free = np.maximum(managers.capacity - managers.used, 0)
    room = free.sum(axis=1)
    working = managers.capacity.sum(axis=1) > 0
    outcome = np.full(len(targets.grid), Outcome.OVER_CAPACITY, dtype=np.int64)
    outcome[~np.isin(targets.grid, managers.grid[working])] = Outcome.NO_ACTIVE_MANAGER
    by_rank = np.argsort(targets.order, kind="stable")
    taken = by_rank[_fits(targets.grid[by_rank], managers.grid, room)]
    manager = np.full(len(targets.grid), NOBODY, dtype=np.int64)
    owner = _owner_positions(targets, managers, taken)
    owned = taken[owner != NOBODY]
    owner = owner[owner != NOBODY]
    kept = _place_within(owner) < room[owner]
    manager[owned[kept]] = owner[kept]
    outcome[owned[kept]] = Outcome.OWNER
    rest = taken[manager[taken] == NOBODY]
    own_load = np.bincount(owner[kept], minlength=len(room))
    manager[rest] = _lowest_load(targets.grid[rest], managers, room, own_load)
    outcome[rest] = Outcome.LOWEST_LOAD
    return Placement(outcome, manager, _days(manager, by_rank, free))


def _place_within(group: Integers) -> Integers:
    """The place (0 is first) of each element among those of the same group, in the order given."""
    order = np.argsort(group, kind="stable")
    sorted_group = group[order]
    starts = np.r_[True, sorted_group[1:] != sorted_group[:-1]] if len(group) else np.zeros(0, dtype=bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0))
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - first
    return place


def _fits(grid: Integers, manager_grid: Integers, room: Integers) -> NDArray[np.bool_]:
    """Whether each target, given best first, is within the room of its grid."""
    grids, position = np.unique(np.concatenate([manager_grid, grid]), return_inverse=True)
    total = np.bincount(position[: len(room)], weights=room, minlength=len(grids))
    fits: NDArray[np.bool_] = _place_within(grid) < total[position[len(room) :]]
    return fits


def _owner_positions(targets: Targets, managers: Managers, taken: Integers) -> Integers:
    """The position of each taken target's owner, if the owner is a manager of the same grid; else NOBODY."""
    if len(managers.staff) == 0:
        return np.full(len(taken), NOBODY, dtype=np.int64)
    owner = targets.owner[taken]
    position = np.minimum(np.searchsorted(managers.staff, owner), len(managers.staff) - 1)
    found = (managers.staff[position] == owner) & (managers.grid[position] == targets.grid[taken])
    return np.where(found, position, NOBODY)


def _lowest_load(grid: Integers, managers: Managers, room: Integers, own_load: Integers) -> Integers:
    """A manager of the grid for each target, best first: the one with the lowest load relative to capacity at that moment.

    A manager with load u and capacity c offers places at loads u/c, (u+1)/c, ...: to go to the lowest load every time is to
    take the places of a grid in ascending order. At equal load the one with the lower id is first.
    """
    left = room - own_load
    whole = np.maximum(managers.capacity.sum(axis=1), 1)
    manager = np.repeat(np.arange(len(room)), left)
    load = (whole - room + own_load)[manager] + _place_within(manager)
    places = np.lexsort((manager, load / whole[manager], managers.grid[manager]))
    chosen = np.empty(len(grid), dtype=np.int64)
    wanted = np.argsort(grid, kind="stable")
    offered = places[_is_wanted(managers.grid[manager[places]], grid)]
    chosen[wanted] = manager[offered]
    return chosen


def _is_wanted(offered_grid: Integers, grid: Integers) -> NDArray[np.bool_]:
    """Of places sorted by grid, the first so many of each grid as there are targets in it."""
    grids, position = np.unique(np.concatenate([grid, offered_grid]), return_inverse=True)
    count = np.bincount(position[: len(grid)], minlength=len(grids))
    wanted: NDArray[np.bool_] = _place_within(offered_grid) < count[position[len(grid) :]]
    return wanted


def _days(manager: Integers, by_rank: Integers, free: Integers) -> Integers:
    """The day of each placed target: a manager's days filled from the first, best target first."""
    day = np.full(len(manager), NOBODY, dtype=np.int64)
    placed = by_rank[manager[by_rank] != NOBODY]
    if len(placed) == 0:
        return day
    until = free.cumsum(axis=1)
    who = manager[placed]
    # One ascending line of all managers' days, so that one search finds each target's day.
    step = int(until.max()) + 1
    line = (until + np.arange(len(until))[:, None] * step).ravel()
    day[placed] = np.searchsorted(line, who * step + _place_within(who), side="right") - who * free.shape[1]
    return day
