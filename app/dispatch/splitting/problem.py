"""The problem of one grid in whole numbers (pure NumPy)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dispatch.splitting import flow as split_flow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
LOAD_STEPS = 32  # of load, each of which costs a little more


@dataclass(frozen=True)
class Loads:
    """New contacts of each manager at least and at most, contacts that count already, capacity of the window; each (m,)."""

    lowest: Integers
    highest: Integers
    used: Integers
    capacity: Integers


@dataclass(frozen=True)
class Grid:
    """A grid in whole numbers: worth (m, n), worth of being skipped (n,), cost of a contact short, rent of a step of load."""

    worth: Floats
    skipped: Floats
    loads: Loads
    penalty: float
    rent: float

    def cost_of_place(self, load: Integers, who: Integers) -> Floats:
        """What the next contact of these managers costs at these loads, of the same shape."""
        loads = self.loads
        cost = np.where(load < loads.lowest[who], -self.penalty, 0.0)
        if self.rent:
            cost += self.rent * np.floor(LOAD_STEPS * (loads.used[who] + load) / np.maximum(loads.capacity[who], 1))
        return np.where(load < loads.highest[who], cost, np.inf)

    def graph(self, manager: Integers) -> tuple[Floats, Floats]:
        """(losses, residual graph) of an assignment, both (m + 1, m + 1)."""
        loss = split_flow.losses(self.worth, self.skipped, manager)
        load = np.bincount(manager, minlength=len(self.worth) + 1)[:-1]
        who = np.arange(len(self.worth))
        less = np.where(load > 0, -self.cost_of_place(np.minimum(load, self.loads.highest) - 1, who), np.inf)
        return loss, split_flow.with_rooms(loss, self.cost_of_place(load, who), less)

    def places(self) -> split_flow.Places:
        """The places as blocks."""
        loads, m = self.loads, len(self.worth)
        step = np.arange(1, 2 * LOAD_STEPS) if self.rent else np.zeros(0)
        turns = np.ceil(step * loads.capacity[:, None] / LOAD_STEPS) - loads.used[:, None]
        starts = np.column_stack([np.zeros(m), loads.lowest, turns]).astype(np.int64)
        starts = np.sort(np.clip(starts, 0, loads.highest[:, None]), axis=1)
        number = np.diff(starts, axis=1, append=loads.highest[:, None])
        manager, block = np.nonzero(number)
        cost = self.cost_of_place(starts[manager, block], manager)
        return split_flow.Places(manager, number[manager, block], cost)

    def flow(self, allowed: Booleans) -> Integers:
        """The best assignment among the allowed pairs by min-cost flow; m where nobody."""
        manager, target = np.nonzero(allowed)
        pairs = split_flow.Pairs(target, manager, self.worth[manager, target])
        found = split_flow.assign(pairs, self.skipped, self.places(), len(self.worth))
        return np.where(found < 0, len(self.worth), found)

    def figures(self, manager: Integers, price: Floats) -> tuple[float, float]:
        """(worth of the assignment, bound of the LP at these prices for as many short and left out as here)."""
        m = len(self.worth)
        placed = np.flatnonzero(manager < m)
        load = np.bincount(manager[placed], minlength=m)
        best = self.skipped.copy()
        for j in range(m):
            np.maximum(best, self.worth[j] - price[j], out=best)
        paid = np.where(price > 0, price * self.loads.highest, price * self.loads.lowest).sum()
        short = np.maximum(self.loads.lowest - load, 0).sum() + np.count_nonzero(self.skipped[manager == m])
        return float(self.worth[manager[placed], placed].sum()), float(best.sum() + paid + self.penalty * short)
