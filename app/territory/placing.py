"""On which day, and if need be with whom, a live work order that is handed over is done (pure NumPy, deterministic)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOBODY = -1


@dataclass(frozen=True)
class Order:
    """A work order to be placed. Managers are places in the table of free capacity, days count from its first.

    `wish`: who is to have it if there is room, NOBODY: whoever has most. `among`: who may have it. `later`: (manager, first
    day) of who may do it later, which is better than with somebody else on another day.
    """

    work_order_id: int
    day: int
    last_day: int
    wish: int
    among: tuple[int, ...]
    later: tuple[int, int] | None = None


@dataclass(frozen=True)
class Placed:
    """Who does it and when. `fits` False: until its last day nobody has room, and manager and day say nothing."""

    manager: int
    day: int
    fits: bool = True
    is_later: bool = False


NOWHERE = Placed(NOBODY, NOBODY, fits=False)


def place_orders(orders: Sequence[Order], free: NDArray[np.int64]) -> dict[int, Placed]:
    """Where each order goes, by id; `free` (managers x days) is what they can take, and is used up.

    In the order of days and ids: with the manager wished for on its day, else with who has most room on its day, else later
    where it may be, else on the next free day of the one wished for, else on the next of anybody.
    """
    result: dict[int, Placed] = {}
    for order in sorted(orders, key=lambda one: (one.day, one.work_order_id)):
        found = _place(order, free)
        if found.fits:
            free[found.manager, found.day] -= 1
        result[order.work_order_id] = found
    return result


def _place(order: Order, free: NDArray[np.int64]) -> Placed:
    day, last = max(order.day, 0), min(order.last_day, free.shape[1] - 1)
    if day > last:
        return NOWHERE
    wished = [order.wish] if order.wish != NOBODY else []
    for manager in [*wished, *sorted(order.among, key=lambda one: (-int(free[one, day]), one))]:
        if free[manager, day] > 0:
            return Placed(manager, day)
    if order.later is not None:
        manager, first = order.later
        found = _first_free(free, manager, max(first, day), last)
        if found is not None:
            return Placed(manager, found, is_later=True)
    for group in (wished, order.among):
        days = [(found, one) for one in group if (found := _first_free(free, one, day, last)) is not None]
        if days:
            soonest, manager = min(days)
            return Placed(manager, soonest)
    return NOWHERE


def _first_free(free: NDArray[np.int64], manager: int, first: int, last: int) -> int | None:
    days = np.flatnonzero(free[manager, first : last + 1] > 0)
    return first + int(days[0]) if len(days) else None
