"""The best assignment of one grid's targets to its managers, with the proof that it is the best (pure NumPy + OR-tools).

The problem: choose at most one manager for each target so that the worth of the chosen pairs is the largest, each manager
between the lowest and the highest load; a contact short of the lowest costs more than any worth. It is a transportation
problem, so the LP has a whole-number optimum. Worth is rounded once to 2^-38 of the largest, so that all arithmetic is exact.

How it is fast: with the right price of a contact of each manager, nearly every target has one clear choice. So
1. prices come from the exact solution of a sample with places in proportion;
2. at these prices the clear choices are fixed, and min-cost flow decides the close ones exactly;
3. the whole is proven: the cheapest move between any two managers over all targets gives a graph of m + 1 nodes, and without
   a cycle of negative cost in it no exchange is better (Ahuja, Magnanti, Orlin 1993, "Network Flows", theorem 9.1). Where
   there is one, it is carried out, and asked again. Shortest paths in that graph are optimal prices, so the LP bound comes
   from the dual at these prices, not from the assignment: sum_i max(0, max_j(worth_ij - price_j)) + sum_j price_j load_j.
Steps 1 and 2 see worth with a trace of more for who is earlier and for who has the lower load, which decides among equals.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dispatch import split_flow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
_WORTH_BITS = 38
_SAMPLE = 1_000
_SMALL = 2_000  # up to here all pairs go to the flow at once
_MOST_EXCHANGES = 60  # then all pairs go to the flow
_STEPS = 32  # of load, each of which costs a little more
_RENT = 2.0**12  # of a step: 1.5e-8 of the largest worth
_CHANCE_BITS = 10


@dataclass(frozen=True)
class Loads:
    """New contacts of each manager at least and at most, contacts that count already, capacity of the window; each (m,)."""

    lowest: Integers
    highest: Integers
    used: Integers
    capacity: Integers


@dataclass(frozen=True)
class Solution:
    """manager: position or -1, (n,). objective, bound: worth of the assignment and of the LP. price: of a contact, (m,)."""

    manager: Integers
    objective: float
    bound: float
    price: Floats


def solve_grid(worth: Floats, loads: Loads, must: Booleans | None = None) -> Solution:
    """The best assignment of one grid.

    worth: (m, n), -inf where a pair must not be; must: targets that are placed in any case, (n,), which `highest` has to
    hold. Targets in the order in which equals are preferred.
    """
    m, n = worth.shape
    finite = np.isfinite(worth)
    if not finite.any():
        return Solution(np.full(n, -1, dtype=np.int64), 0.0, 0.0, np.zeros(m))
    largest = float(np.abs(worth, where=finite, out=np.zeros_like(worth)).max())
    shift = _WORTH_BITS - int(np.frexp(largest)[1]) if largest else 0
    penalty = float(2 ** (_WORTH_BITS + 2 + (m + 2).bit_length()))
    skipped = np.zeros(n) if must is None else np.where(must, -penalty, 0.0)
    exact = _Grid(np.rint(np.ldexp(worth, shift)), skipped, loads, penalty, rent=0.0)
    manager = _first_guess(exact)
    manager, price = _prove(exact, manager)
    manager = _prefer_earlier(exact, manager, price)
    objective, bound = exact.figures(manager, price)
    scale = 2.0**-shift
    return Solution(np.where(manager < m, manager, -1), objective * scale, bound * scale, price * scale)


@dataclass(frozen=True)
class _Grid:
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
            cost += self.rent * np.floor(_STEPS * (loads.used[who] + load) / np.maximum(loads.capacity[who], 1))
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
        step = np.arange(1, 2 * _STEPS) if self.rent else np.zeros(0)
        turns = np.ceil(step * loads.capacity[:, None] / _STEPS) - loads.used[:, None]
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
        """(worth of the assignment, bound of the LP at these prices, less what is short)."""
        m = len(self.worth)
        placed = np.flatnonzero(manager < m)
        load = np.bincount(manager[placed], minlength=m)
        best = np.where(self.skipped < 0, -np.inf, self.skipped)  # who must be placed has no other way
        for j in range(m):
            np.maximum(best, self.worth[j] - price[j], out=best)
        paid = np.where(price > 0, price * self.loads.highest, price * self.loads.lowest).sum()
        short = np.maximum(self.loads.lowest - load, 0).sum()
        return float(self.worth[manager[placed], placed].sum()), float(best.sum() + paid + self.penalty * short)


def _first_guess(exact: _Grid) -> Integers:
    """A feasible assignment, nearly the best, equals decided."""
    m, n = exact.worth.shape
    at = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    traced = np.empty_like(exact.worth)
    for j in range(m):
        np.add(exact.worth[j], (at * np.uint64(2 * j + 0xD1B54A33)) >> np.uint64(64 - _CHANCE_BITS), out=traced[j])
    skipped = exact.skipped + np.floor(np.arange(n) * (2**13 / n))
    grid = _Grid(traced, skipped, exact.loads, exact.penalty, _RENT)
    return grid.flow(np.isfinite(traced)) if n <= _SMALL else _from_prices(grid, _sample_prices(grid))


def _sample_prices(grid: _Grid) -> Floats:
    """Prices of every so many-th target by its best worth, with places in proportion."""
    order = np.argsort(grid.worth.max(axis=0), kind="stable")
    step = len(order) / _SAMPLE
    chosen = order[(np.arange(_SAMPLE) * step + step / 2).astype(np.int64)]
    given = grid.loads
    scaled = (np.rint(load / step).astype(np.int64) for load in (given.lowest, given.highest, given.used, given.capacity))
    sample = _Grid(grid.worth[:, chosen], grid.skipped[chosen], Loads(*scaled), grid.penalty, grid.rent)
    manager = sample.flow(np.isfinite(sample.worth))
    return split_flow.prices_of(sample.graph(manager)[1])[0][:-1]


def _from_prices(grid: _Grid, price: Floats) -> Integers:
    """Clear choices at these prices as they are, the close ones by flow."""
    m, n = grid.worth.shape
    net = np.vstack([grid.worth - price[:, None], grid.skipped[None]])
    choice = net.argmax(axis=0)
    margin = net[choice, np.arange(n)] - net
    members = [np.flatnonzero(choice == j) for j in range(m + 1)]
    for spread in (1.0, 4.0, 16.0):
        if (manager := _close(grid, margin, members, choice, spread)) is not None:
            return manager
    return grid.flow(np.isfinite(grid.worth))


def _close(grid: _Grid, margin: Floats, members: list[Integers], choice: Integers, spread: float) -> Integers | None:
    """The flow over the closest pairs of each two managers; None where what is fixed does not fit."""
    m, n = grid.worth.shape
    allowed = np.zeros((m + 1, n), dtype=bool)
    for here, who in enumerate(members):
        most = int(spread * np.sqrt(len(who) * n / _SAMPLE)) + 20
        for there in range(m + 1):
            if there != here and len(who):
                gap = margin[there, who]
                near = np.argpartition(gap, most)[:most] if most < len(who) else np.arange(len(who))
                allowed[there, who[near]] = np.isfinite(gap[near])
    open_ = np.flatnonzero(allowed.any(axis=0))
    allowed[choice[open_], open_] = True
    fixed = np.ones(n, dtype=bool)
    fixed[open_] = False
    load = np.bincount(choice[fixed], minlength=m + 1)[:m]
    if (load > grid.loads.highest).any():
        return None
    loads = Loads(np.maximum(grid.loads.lowest - load, 0), grid.loads.highest - load, grid.loads.used + load, grid.loads.capacity)
    part = _Grid(grid.worth[:, open_], grid.skipped[open_], loads, grid.penalty, grid.rent)
    manager = choice.copy()
    manager[open_] = part.flow(allowed[:m, open_])
    return manager


def _prove(exact: _Grid, manager: Integers) -> tuple[Integers, Floats]:
    """The assignment after all exchanges that are better, and the prices that prove that there is none left."""
    exchanges = 0
    while True:
        loss, graph = exact.graph(manager)
        price, cycle = split_flow.prices_of(graph)
        if not cycle:
            return manager, price[:-1]
        exchanges += 1
        if exchanges == _MOST_EXCHANGES:
            manager = exact.flow(np.isfinite(exact.worth))
        else:
            manager = _exchange(exact, manager, loss, graph, cycle)


def _exchange(exact: _Grid, manager: Integers, loss: Floats, graph: Floats, cycle: list[int]) -> Integers:
    """One target moves along each step of the cycle that is not only a change of load."""
    worth = np.vstack([exact.worth, exact.skipped[None]])
    changed = manager.copy()
    for here, there in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        if loss[here, there] == graph[here, there]:
            who = np.flatnonzero(manager == here)
            changed[who[np.argmin(worth[here, who] - worth[there, who])]] = there
    return changed


def _prefer_earlier(exact: _Grid, manager: Integers, price: Floats) -> Integers:
    """Of targets that are worth the same with everybody the earlier ones are placed: they change places with later ones."""
    m = len(exact.worth)
    net = (exact.worth - price[:, None]).max(axis=0)
    edge = np.flatnonzero((net == 0) & (exact.skipped == 0))
    if len(edge) < 2 or (manager[edge] < m).all() or (manager[edge] == m).all():
        return manager
    _, alike = np.unique(exact.worth[:, edge], axis=1, return_inverse=True)
    edge = edge[np.argsort(alike, kind="stable")]
    alike = np.sort(alike)
    placed = manager[edge] < m
    starts = np.searchsorted(alike, alike)
    due = np.arange(len(edge)) - starts < np.bincount(alike, weights=placed)[alike]
    changed = manager.copy()
    changed[edge[due & ~placed]] = manager[edge[placed & ~due]]
    changed[edge[placed & ~due]] = m
    return changed
