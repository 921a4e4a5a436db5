"""The split of a grid beside plain min-cost flow over all pairs, greedy and HiGHS, and the split of the whole default world."""

import time
from pathlib import Path

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from app.dispatch.splitting import flow as split_flow
from app.dispatch.splitting.exact import solve_grid
from app.dispatch.splitting.problem import Loads
from app.dispatch.splitting.split import Managers, SplitRules, Targets, order_of, split
from bench.measure import Figure, seconds

ROUNDS = 5
GRIDS, MANAGERS, CUSTOMERS, DAYS = 182, 2_000, 2_873_000, 21


def measure_split(_: str, __: Path, small: bool) -> list[Figure]:
    """Milliseconds and worth of one grid of two sizes; processor seconds and the worst gap of the whole company."""
    figures = [*_grid(1_300, 11, with_lp=True), *_grid(5_000 if small else 50_000, 12, with_lp=False)]
    return [*figures, *_company(CUSTOMERS // 20 if small else CUSTOMERS)]


def _grid(n: int, m: int, *, with_lp: bool) -> list[Figure]:
    worth, highest = _town(n, m)
    loads = Loads(highest // 2, highest, highest * 0, highest)
    pairs = split_flow.Pairs(*_allowed(worth)[::-1], worth[_allowed(worth)])
    places = split_flow.Places(np.arange(m), highest, np.zeros(m))
    found = solve_grid(worth, loads)
    scale = 2.0**30
    integers = split_flow.Pairs(pairs.target, pairs.manager, pairs.worth * scale)
    plain = [1e3 * seconds(lambda: split_flow.assign(integers, np.zeros(n), places, m)) for _ in range(ROUNDS)]
    floor = Figure(f"plain OR-tools min-cost flow, {n:,} x {m}", plain, "ms")
    figures = [
        floor,
        Figure(f"split, {n:,} x {m}", [1e3 * seconds(lambda: solve_grid(worth, loads)) for _ in range(ROUNDS)], "ms", floor),
        Figure("  below its own bound", [1e6 * (found.bound - found.objective) / found.bound], "ppm"),
        Figure(f"greedy by worth, {n:,} x {m}", [1e3 * seconds(lambda: _greedy(worth, highest))], "ms", floor),
        Figure("  below the split", [1e6 * (1 - _greedy(worth, highest) / found.objective)], "ppm"),
    ]
    if with_lp:
        started = time.perf_counter()
        best = _highs(worth, loads)
        figures.append(Figure(f"HiGHS on the LP, {n:,} x {m}", [1e3 * (time.perf_counter() - started)], "ms", floor))
        figures.append(Figure("  the split below it", [1e6 * (1 - found.objective / best)], "ppm"))
    return figures


def _town(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Worth by value, skill, owner and distance; capacity for three fifths."""
    chance = np.random.default_rng(7)
    value, skill = chance.lognormal(1, 1, n), chance.uniform(0.8, 1.25, m)
    worth = value * skill[:, None] - 1.0
    worth[chance.integers(0, m, n), np.arange(n)] += 0.2 * value
    home, desk = chance.uniform(0, 5, (n, 2)), chance.uniform(0, 5, (m, 2))
    worth -= 0.1 * np.hypot(*(home[None] - desk[:, None]).transpose(2, 0, 1))
    return np.where(worth >= 0, worth, -np.inf), np.full(m, int(0.6 * n / m))


def _allowed(worth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero(np.isfinite(worth))


def _greedy(worth: np.ndarray, highest: np.ndarray) -> float:
    """The best pair first, as long as both are free."""
    manager, target = _allowed(worth)
    order = np.argsort(-worth[manager, target], kind="stable")
    left, free, total = highest.tolist(), [True] * worth.shape[1], 0.0
    for who, what, gain in zip(
        manager[order].tolist(), target[order].tolist(), worth[manager, target][order].tolist(), strict=True
    ):
        if free[what] and left[who]:
            free[what], total = False, total + gain
            left[who] -= 1
    return total


def _highs(worth: np.ndarray, loads: Loads) -> float:
    manager, target = _allowed(worth)
    m, n = worth.shape
    pair = np.arange(len(manager))
    ones = np.ones(len(pair))
    rows = np.concatenate([target, n + manager, n + m + manager])
    matrix = coo_array((np.concatenate([ones, ones, -ones]), (rows, np.tile(pair, 3))), shape=(n + 2 * m, len(pair)))
    most = np.concatenate([np.ones(n), loads.highest, -loads.lowest])
    return -float(linprog(-worth[manager, target], A_ub=matrix.tocsr(), b_ub=most, bounds=(0, 1), method="highs").fun)


def _company(n: int) -> list[Figure]:
    """Every customer of the default world a target, 2 % of them drawn, four fifths with an owner; 20 contacts a day."""
    chance = np.random.default_rng(1)
    staff = np.arange(1, MANAGERS + 1)
    home = np.sort(1 + staff % GRIDS)
    first = np.searchsorted(home, np.arange(1, GRIDS + 2))
    grid = 1 + np.arange(n) % GRIDS
    owner = first[grid - 1] + chance.integers(0, 2**30, n) % (first[grid] - first[grid - 1])
    value = np.round(chance.beta(1, 8, n) * chance.choice([40.0, 60.0, 90.0], n) - 2.0, 4)
    drawn = chance.random(n) < 0.02
    order = order_of(np.argsort(np.argsort(-value, kind="stable"), kind="stable"), drawn, chance.integers(0, 2**32, n))
    owners = np.where(chance.random(n) < 0.8, staff[owner], 0)
    targets = Targets(grid, owners, order, value=value, cost=np.full(n, 2.0), drawn=drawn)
    figures = []
    for name, daily, skill in (
        ("alike", 20, np.ones(MANAGERS)),
        ("of different skill", 20, None),
        ("with room for most", 60, None),
    ):
        skills = np.clip(chance.normal(1, 0.12, MANAGERS), 0.8, 1.25) if skill is None else skill
        capacity = np.full((MANAGERS, DAYS), max(daily * n // CUSTOMERS, 1))
        managers = Managers(staff, home, capacity, capacity * 0, skill=skills[None])
        started = time.process_time()
        found = split(targets, managers, SplitRules())
        taken = time.process_time() - started
        figures.append(Figure(f"default world, {n:,} targets, managers {name}", [taken], "s of processor"))
        figures.append(Figure("  worst gap of its grids", [1e6 * max(one.gap for one in found.grids)], "ppm"))
    return figures
