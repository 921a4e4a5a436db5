"""Who gets which target, and on which day (pure): exact for every grid, 2,870,000 targets of 2,000 managers in seconds.

A manager may serve any target of the own grid. Of a grid's targets and managers those pairs are chosen that are worth the
most together (worth.py), each manager within what is free in the window and within the bounds of fairness, minimum and
maximum (loads.py); exact.py says how, and proves it with a bound. Pairs worth less than nothing are not chosen.

Drawn targets are there to learn from, so chance and not worth decides who of them is left out: where a grid is short of
capacity they keep their share of the places, in the order of `order_of`, and of the others none displaces them.
A pinned target stays where it is and counts. Of targets that are worth the same the first in order goes first.
"""

import numpy as np

from app.dispatch.splitting.loads import days_between, days_of
from app.dispatch.splitting.shares import Beside, empty_placement, split_parts
from app.dispatch.splitting.terms import (
    NOBODY,
    Booleans,
    Floats,
    GridFigures,
    Integers,
    Managers,
    Outcome,
    Placement,
    Targets,
)
from app.dispatch.splitting.worth import SplitRules

__all__ = ["NOBODY", "GridFigures", "Managers", "Outcome", "Placement", "SplitRules", "Targets", "order_of", "split"]


def order_of(rank: Integers, explored: Booleans, turn: Integers) -> Floats:
    """The order in which targets are placed: by rank, the explored ones spread among them evenly, by `turn`, a random number.

    So where capacity is short, chance and not the ranker decides which of the explored ones are left out.
    """
    ranked = np.flatnonzero(~explored)
    drawn = np.flatnonzero(explored)
    ranked = ranked[np.argsort(rank[ranked], kind="stable")]
    drawn = drawn[np.lexsort((rank[drawn], turn[drawn]))]
    every = len(ranked) / max(len(drawn), 1)  # the j-th drawn one stands where (j + 1/2) of the ranked ones' shares are over
    ahead = np.clip(np.floor((np.arange(len(drawn)) + 0.5) * every + 0.5).astype(np.int64), 0, len(ranked))
    positions, is_drawn = np.empty(len(rank)), np.zeros(len(rank), dtype=bool)
    is_drawn[ahead + np.arange(len(drawn))] = True
    positions[drawn], positions[ranked] = np.flatnonzero(is_drawn), np.flatnonzero(~is_drawn)
    return positions


def split(targets: Targets, managers: Managers, rules: SplitRules | None = None, *, beside: Beside | None = None) -> Placement:
    """Place every target, or say why not. The same input gives the same output, in whatever order it is given.

    `beside`: who splits about half of the grids meanwhile.
    """
    rules = rules or SplitRules()
    placement = empty_placement(len(targets.grid), len(managers.staff))
    working = np.flatnonzero(managers.capacity.sum(axis=1) > 0)
    if len(targets.grid) == 0 or len(working) == 0:
        return placement
    free = np.maximum(managers.capacity - managers.used, 0)
    by_order = _in_order(targets.order)
    parts = _by_grid(targets, managers, working, by_order)
    figures = split_parts(targets, managers, rules, parts, placement, beside)
    _place_on_days(targets, placement, by_order, free)
    return Placement(placement.outcome, placement.manager, placement.day, placement.worth, tuple(figures), placement.short)


def _in_order(order: Floats) -> Integers:
    """`argsort`, at once where the order is the numbers from 0 on."""
    n = len(order)
    place = order.astype(np.int64)
    by_order = np.full(n, -1, dtype=np.int64)
    if (place == order).all() and place.min() >= 0 and place.max() < n:
        by_order[place] = np.arange(n)
    return by_order if (by_order >= 0).all() else np.argsort(order, kind="stable")


def _by_grid(targets: Targets, managers: Managers, working: Integers, by_order: Integers) -> list[tuple[Integers, Integers]]:
    """(positions of the managers, positions of the targets, best first) of each grid that has both, by grid."""
    grids = np.unique(managers.grid[working])
    at = np.minimum(np.searchsorted(grids, targets.grid), len(grids) - 1)
    at[grids[at] != targets.grid] = len(grids)
    sorted_at = at[by_order].astype(np.uint16 if len(grids) < 2**16 else np.int64)
    grouped = by_order[np.argsort(sorted_at, kind="stable")]
    ends = np.cumsum(np.bincount(at, minlength=len(grids) + 1))
    parts = np.split(grouped, ends[:-1])
    return [(working[managers.grid[working] == grid], part) for grid, part in zip(grids, parts[:-1], strict=True) if len(part)]


def _place_on_days(targets: Targets, placement: Placement, by_order: Integers, free: Integers) -> None:
    """Days within what is free; who has days of the own and does not fit them is over capacity."""
    if targets.earliest is None and targets.latest is None:
        placement.day[:] = days_of(placement.manager, by_order, free)
        return
    n, last = len(targets.grid), free.shape[1] - 1
    earliest = np.zeros(n, dtype=np.int64) if targets.earliest is None else targets.earliest
    latest = np.full(n, last) if targets.latest is None else targets.latest
    placement.day[:] = days_between(placement.manager, by_order, free, earliest, latest)
    lost = np.flatnonzero((placement.manager != NOBODY) & (placement.day == NOBODY))
    placement.outcome[lost], placement.manager[lost], placement.worth[lost] = Outcome.OVER_CAPACITY, NOBODY, 0.0
