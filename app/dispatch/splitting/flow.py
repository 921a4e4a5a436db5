"""The two engines of the exact split: min-cost flow by OR-tools, and the residual graph of a grid's managers (pure)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_COST_BITS = 60  # OR-tools multiplies costs by the number of nodes: both together must stay below 63 bits


class FlowRefused(RuntimeError):
    """OR-tools did not find the optimum of a flow that has one: a bug or a limit of its arithmetic."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of a target and a manager that may be chosen: positions and worth, all (pairs,)."""

    target: Integers
    manager: Integers
    worth: Floats


@dataclass(frozen=True)
class Places:
    """Places of the managers in blocks of equal cost: manager, number and cost of each block, all (blocks,).

    The costs of a manager's blocks rise: the flow takes the cheap ones first.
    """

    manager: Integers
    number: Integers
    cost: Floats


def assign(pairs: Pairs, skipped: Floats, places: Places, managers: int) -> Integers:
    """The manager of each target in the best assignment, -1 for those left out; exact but for bits that do not fit.

    skipped: worth of leaving each target out, (n,). A target takes at most one of its pairs. Raises FlowRefused.
    """
    n, sink = len(skipped), len(skipped) + managers
    tails = np.concatenate([pairs.target, np.arange(n), n + places.manager])
    heads = np.concatenate([n + pairs.manager, np.full(n + len(places.manager), sink)])
    capacity = np.concatenate([np.ones(len(pairs.target) + n), places.number])
    cost = np.concatenate([-pairs.worth, -skipped, places.cost])
    bits = int(np.frexp(np.abs(cost).max(initial=1.0))[1])
    spare = min(_COST_BITS - (sink + 1).bit_length() - bits, 0)
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32),
        heads.astype(np.int32),
        capacity.astype(np.int64),
        np.rint(np.ldexp(cost, spare)).astype(np.int64),
    )
    supply = np.concatenate([np.ones(n), np.zeros(managers), [-n]])
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply.astype(np.int64))
    if (status := flow.solve()) != flow.OPTIMAL:
        raise FlowRefused(f"min-cost flow of {n} targets and {managers} managers: {status}")
    manager = np.full(n, -1, dtype=np.int64)
    taken = np.flatnonzero(flow.flows(np.arange(len(pairs.target), dtype=np.int32)))
    manager[pairs.target[taken]] = pairs.manager[taken]
    return manager


def losses(worth: Floats, skipped: Floats, manager: Integers) -> Floats:
    """What moving one target costs at least, from each manager to each other: (m + 1, m + 1), the last one is nobody.

    worth: (m, n); skipped: (n,); manager: who has each target, m for nobody.
    """
    m = len(worth)
    own = np.where(manager < m, worth[np.minimum(manager, m - 1), np.arange(len(manager))], skipped) if m else skipped
    order = np.argsort(manager.astype(np.uint16), kind="stable")
    count = np.bincount(manager, minlength=m + 1)
    there = np.flatnonzero(count)
    starts = (np.cumsum(count) - count)[there]
    loss = np.full((m + 1, m + 1), np.inf)
    if len(order):
        for to in range(m + 1):
            step = (own - (worth[to] if to < m else skipped))[order]
            loss[there, to] = np.minimum.reduceat(step, starts)
    np.fill_diagonal(loss, 0.0)
    return loss


def with_rooms(loss: Floats, more: Floats, less: Floats) -> Floats:
    """`losses`, where a manager may also get one contact more or less at these costs: the graph whose cycles are exchanges."""
    graph = loss.copy()
    graph[:-1, -1] = np.minimum(graph[:-1, -1], more)
    graph[-1, :-1] = np.minimum(graph[-1, :-1], less)
    return graph


def prices_of(graph: Floats) -> tuple[Floats, list[int]]:
    """(price of each node with the last one's at 0, a cycle of negative cost as nodes or []), by Bellman and Ford.

    Without such a cycle the assignment is optimal, and the prices prove it: price[a] <= price[b] + graph[a, b] everywhere.
    """
    size = len(graph)
    price = np.zeros(size)
    after = np.full(size, -1)
    for _ in range(size):
        reached = graph + price[None, :]
        best = reached.argmin(axis=1)
        lowest = reached[np.arange(size), best]
        better = lowest < price
        if not better.any():
            return price - price[-1], []
        price = np.where(better, lowest, price)
        after = np.where(better, best, after)
    return price - price[-1], _cycle(after)


def _cycle(after: Integers) -> list[int]:
    """The cycle that following `after` runs into."""
    for start in range(len(after)):
        seen: list[int] = []
        node = start
        while node != -1 and node not in seen:
            seen.append(node)
            node = int(after[node])
        if node != -1:
            return seen[seen.index(node) :]
    raise FlowRefused("no cycle where prices do not settle")
