"""A nearly best assignment of a grid, quickly: prices from a sample, the close choices by flow (pure NumPy + OR-tools)."""

import numpy as np
from numpy.typing import NDArray

from app.dispatch.splitting import flow as split_flow
from app.dispatch.splitting.problem import LOAD_STEPS, Grid, Loads

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
_SAMPLE = 1_000
_SMALL = 2_000  # up to here all pairs go to the flow at once
_SPREADS = (1.0, 4.0, 16.0)  # how many close pairs go to the flow, one after the other until what is fixed fits
_RENT = 2.0**12  # of a step: 1.5e-8 of the largest worth
_ABOVE_RENT = 4 * LOAD_STEPS * _RENT  # so that who is worth nothing is still worth a place
_CHANCE_BITS = 10


def first_guess(exact: Grid) -> Integers:
    """A feasible assignment, nearly the best, equals decided."""
    m, n = exact.worth.shape
    at = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    traced = np.empty_like(exact.worth)
    for j in range(m):
        chance = (at * np.uint64(2 * j + 0xD1B54A33)) >> np.uint64(64 - _CHANCE_BITS)
        np.add(exact.worth[j], chance + _ABOVE_RENT, out=traced[j])
    skipped = exact.skipped + np.floor(np.arange(n) * (2**13 / n))
    grid = Grid(traced, skipped, exact.loads, exact.penalty, _RENT)
    return grid.flow(np.isfinite(traced)) if n <= _SMALL else _from_prices(grid, _sample_prices(grid))


def _sample_prices(grid: Grid) -> Floats:
    """Prices of every so many-th target by best manager and worth, with places in proportion."""
    order = np.lexsort((grid.worth.max(axis=0), grid.worth.argmax(axis=0)))
    step = len(order) / _SAMPLE
    chosen = order[(np.arange(_SAMPLE) * step + step / 2).astype(np.int64)]
    given = grid.loads
    scaled = (np.rint(load / step).astype(np.int64) for load in (given.lowest, given.highest, given.used, given.capacity))
    sample = Grid(grid.worth[:, chosen], grid.skipped[chosen], Loads(*scaled), grid.penalty, grid.rent)
    manager = sample.flow(np.isfinite(sample.worth))
    return split_flow.prices_of(sample.graph(manager)[1])[0][:-1]


def _from_prices(grid: Grid, price: Floats) -> Integers:
    """Clear choices at these prices as they are, the close ones by flow."""
    m, n = grid.worth.shape
    net = np.vstack([grid.worth - price[:, None], grid.skipped[None]])
    choice = net.argmax(axis=0)
    margin = net[choice, np.arange(n)] - net
    members = [np.flatnonzero(choice == j) for j in range(m + 1)]
    for spread in _SPREADS:
        if (manager := _close(grid, margin, members, choice, spread)) is not None:
            return manager
    return grid.flow(np.isfinite(grid.worth))


def _close(grid: Grid, margin: Floats, members: list[Integers], choice: Integers, spread: float) -> Integers | None:
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
    part = Grid(grid.worth[:, open_], grid.skipped[open_], loads, grid.penalty, grid.rent)
    manager = choice.copy()
    manager[open_] = part.flow(allowed[:m, open_])
    return manager
