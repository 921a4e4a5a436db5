"""The best assignment of a grid, against an LP solver and against every assignment there is."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from app.dispatch.splitting.exact import Loads, solve_grid


def _loads(lowest, highest, used=None, capacity=None):
    highest = np.array(highest)
    return Loads(
        np.array(lowest),
        highest,
        np.zeros(len(highest), dtype=np.int64) if used is None else np.array(used),
        highest if capacity is None else np.array(capacity),
    )


def _lp(worth, lowest, highest, must):
    """The worth of the best assignment by HiGHS; contacts short of the lowest cost a thousand each."""
    m, n = worth.shape
    cost = np.concatenate([np.where(np.isfinite(worth), -worth, 0).ravel(), np.full(m, 1000.0)])
    once = np.hstack([np.tile(np.eye(n), m), np.zeros((n, m))])
    load = np.hstack([np.kron(np.eye(m), np.ones(n)), np.zeros((m, m))])
    enough = np.hstack([load[:, : m * n], np.eye(m)])
    found = linprog(
        cost,
        A_ub=np.vstack([once[~must], load, -enough]),
        b_ub=np.concatenate([np.ones((~must).sum()), highest, -np.minimum(lowest, highest)]),
        A_eq=once[must] if must.any() else None,
        b_eq=np.ones(must.sum()) if must.any() else None,
        bounds=[(0, 1 if fine else 0) for fine in np.isfinite(worth).ravel()] + [(0, None)] * m,
    )
    assert found.success
    return -float(cost[: m * n] @ found.x[: m * n]), float(found.x[m * n :].sum())


@st.composite
def _grids(draw):
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    levels = draw(st.sampled_from([3, 1000]))  # few levels: many equals
    flat = draw(st.lists(st.integers(-levels // 4, levels), min_size=m * n, max_size=m * n))
    worth = np.array(flat, dtype=float).reshape(m, n) / 7
    highest = np.array(draw(st.lists(st.integers(0, 6), min_size=m, max_size=m)))
    lowest = np.minimum(draw(st.lists(st.integers(0, 4), min_size=m, max_size=m)), highest)
    must = np.zeros(n, dtype=bool)
    must[: min(draw(st.integers(0, 3)), highest.sum(), n)] = True
    return np.where((worth >= 0) | must, worth, -np.inf), lowest, highest, must


@settings(max_examples=40, deadline=None)
@given(_grids())
def test_it_is_as_good_as_the_lp_and_its_bound_says_so(grid):
    worth, lowest, highest, must = grid
    found = solve_grid(worth, _loads(lowest, highest), must)
    expected, short = _lp(worth, lowest, highest, must)
    placed = np.flatnonzero(found.manager >= 0)
    load = np.bincount(found.manager[placed], minlength=len(highest))
    assert (load <= highest).all()
    assert np.maximum(lowest - load, 0).sum() == pytest.approx(short, abs=1e-6)
    assert (found.manager[must] >= 0).all()
    assert found.objective == pytest.approx(worth[found.manager[placed], placed].sum())
    assert found.objective == pytest.approx(expected, abs=1e-6)
    assert found.bound == pytest.approx(found.objective, abs=1e-6)


def test_no_assignment_at_all_is_better():
    chance = np.random.default_rng(5)
    for _ in range(5):
        worth, highest = chance.normal(1, 1, (2, 6)), np.array([2, 1])
        best = 0.0
        for who in product(range(-1, 2), repeat=6):
            if all(who.count(j) <= highest[j] for j in range(2)):
                best = max(best, sum(worth[j, i] for i, j in enumerate(who) if j >= 0))
        worth = np.where(worth >= 0, worth, -np.inf)
        assert solve_grid(worth, _loads([0, 0], highest)).objective == pytest.approx(best)


def _large(seed, n=5_000, m=5, *, equal):
    """A grid large enough for prices out of a sample."""
    chance = np.random.default_rng(seed)
    value = np.round(chance.lognormal(0, 1, n), 1 if equal else 9)
    worth = value * (np.ones((m, 1)) if equal else chance.uniform(0.8, 1.25, (m, 1)))
    owner = chance.integers(0, m, n)
    worth[owner, np.arange(n)] *= 1.2
    return worth, chance.integers(n // 15, n // 8, m)


@pytest.mark.parametrize("equal", [False, True])
def test_a_large_grid_is_proven_too(equal):
    worth, highest = _large(3, equal=equal)
    found = solve_grid(worth, _loads(highest // 2, highest))
    assert found.bound == pytest.approx(found.objective, rel=1e-12)
    everything = solve_grid(worth[:, :2_000], _loads(highest // 5, highest // 3))
    assert everything.bound == pytest.approx(everything.objective, rel=1e-12)


def test_a_skewed_sample_does_no_harm():
    """Nearly nobody may go to the one manager whom the sample does not know."""
    worth = np.full((2, 4_000), -np.inf)
    worth[0] = np.linspace(1, 2, 4_000)
    worth[1, :3] = 5.0
    found = solve_grid(worth, _loads([0, 3], [100, 50]))
    assert (np.flatnonzero(found.manager == 1) == [0, 1, 2]).all()
    assert (found.manager == 0).sum() == 100
    assert found.bound == pytest.approx(found.objective, rel=1e-12)


def test_of_equals_the_earlier_are_placed_and_loads_are_even():
    found = solve_grid(np.ones((3, 60)), _loads([0, 0, 0], [10, 20, 30]))
    assert (found.manager[:60] >= 0).all()
    found = solve_grid(np.ones((3, 5_000)), _loads([0, 0, 0], [300, 300, 600]))
    assert (found.manager[:1_200] >= 0).all()
    found = solve_grid(np.ones((2, 60)), _loads([0, 0], [100, 200]))
    assert abs(np.bincount(found.manager)[0] - 20) <= 100 / 32


def test_nobody_or_nothing_is_no_error():
    assert len(solve_grid(np.zeros((2, 0)), _loads([1, 0], [1, 1])).manager) == 0
    assert (solve_grid(np.zeros((0, 3)), _loads([], [])).manager == -1).all()
    assert (solve_grid(np.full((2, 3), -np.inf), _loads([0, 0], [1, 1])).manager == -1).all()
    assert (solve_grid(np.zeros((1, 3)), _loads([2], [2])).manager == [0, 0, -1]).all()


def test_the_scale_of_money_makes_no_difference():
    worth, highest = _large(4, n=300, equal=False)
    cents = solve_grid(worth, _loads(highest * 0, highest // 3))
    for factor in (1e-9, 1e9):
        again = solve_grid(worth * factor, _loads(highest * 0, highest // 3))
        assert (again.manager == cents.manager).all()
        assert again.objective == pytest.approx(cents.objective * factor)
