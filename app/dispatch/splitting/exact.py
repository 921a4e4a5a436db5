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

from app.dispatch.splitting import flow as split_flow
from app.dispatch.splitting.guess import first_guess
from app.dispatch.splitting.problem import Booleans, Floats, Grid, Integers, Loads

_WORTH_BITS = 38
_AT_ONCE = 200  # exchanges of one kind
_MOST_EXCHANGES = 60  # then all pairs go to the flow


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
    exact = Grid(np.rint(np.ldexp(worth, shift)), skipped, loads, penalty, rent=0.0)
    manager = first_guess(exact)
    manager, price = _prove(exact, manager)
    manager = _prefer_earlier(exact, manager, price)
    objective, bound = exact.figures(manager, price)
    scale = 2.0**-shift
    return Solution(np.where(manager < m, manager, -1), objective * scale, bound * scale, price * scale)


def _prove(exact: Grid, manager: Integers) -> tuple[Integers, Floats]:
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


def _exchange(exact: Grid, manager: Integers, loss: Floats, graph: Floats, cycle: list[int]) -> Integers:
    """One target moves along each step of the cycle that is not only a change of load; more than one as long as that pays."""
    steps = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    moves = [(here, there) for here, there in steps if loss[here, there] == graph[here, there]]
    ways = []
    for here, there in moves:
        who = np.flatnonzero(manager == here)
        own, other = (exact.worth[j, who] if j < len(exact.worth) else exact.skipped[who] for j in (here, there))
        lost = own - other
        if len(who) > _AT_ONCE:
            near = np.argpartition(lost, _AT_ONCE)[:_AT_ONCE]
            who, lost = who[near], lost[near]
        cheap = np.argsort(lost, kind="stable")
        ways.append((who[cheap], lost[cheap]))
    times = min(len(who) for who, _ in ways) if len(moves) == len(steps) else 1
    pays = np.sum([lost[:times] for _, lost in ways], axis=0) < 0
    times = max(int(np.cumprod(pays).sum()), 1)
    changed = manager.copy()
    for (who, _), (_, there) in zip(ways, moves, strict=True):
        changed[who[:times]] = there
    return changed


def _prefer_earlier(exact: Grid, manager: Integers, price: Floats) -> Integers:
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
