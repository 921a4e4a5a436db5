"""Who gets which target on which day."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.splitting.split import NOBODY, Managers, Outcome, Targets, order_of, split


def _targets(*rows):
    """Rows of (grid, owner), best first."""
    grid, owner = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return Targets(grid=grid, owner=owner, order=np.arange(len(rows), dtype=float))


def _managers(*rows):
    """Rows of (staff, grid, capacity of each day[, used of each day])."""
    capacity = np.array([row[2] for row in rows], dtype=np.int64)
    used = np.array([row[3] if len(row) > 3 else [0] * len(row[2]) for row in rows], dtype=np.int64)
    return Managers(np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), capacity, used)


def _split(targets, managers):
    """(outcome, staff id or None, day or None) of each target."""
    placement = split(targets, managers)
    return [
        (Outcome(outcome).name.lower(), *((int(managers.staff[who]), int(day)) if who != NOBODY else (None, None)))
        for outcome, who, day in zip(placement.outcome, placement.manager, placement.day, strict=True)
    ]


CASES = {
    "the owner first, though another has less to do": (
        _targets((1, 5), (1, 5)),
        _managers((4, 1, [9]), (5, 1, [9])),
        [("owner", 5, 0), ("owner", 5, 0)],
    ),
    "a full owner's customer goes to another": (
        _targets((1, 5), (1, 5)),
        _managers((4, 1, [9]), (5, 1, [1])),
        [("owner", 5, 0), ("best_value", 4, 0)],
    ),
    "load is relative to capacity": (
        _targets((1, 0), (1, 0), (1, 0)),
        _managers((4, 1, [2]), (5, 1, [4])),
        [("best_value", 4, 0), ("best_value", 5, 0), ("best_value", 5, 0)],
    ),
    "what other campaigns took counts as load": (
        _targets(
            (1, 0),
        ),
        _managers((4, 1, [4], [2]), (5, 1, [4], [1])),
        [("best_value", 5, 0)],
    ),
    "the days fill from the first, best first, and absence is no capacity": (
        _targets((1, 0), (1, 0), (1, 0)),
        _managers((4, 1, [1, 0, 2])),
        [("best_value", 4, 0), ("best_value", 4, 2), ("best_value", 4, 2)],
    ),
    "over capacity are the last of the grid, even if theirs is the owner": (
        _targets((1, 0), (1, 5)),
        _managers((5, 1, [1])),
        [("best_value", 5, 0), ("over_capacity", None, None)],
    ),
    "an owner of another grid is no owner": (
        _targets(
            (1, 7),
        ),
        _managers((4, 1, [1]), (7, 2, [1])),
        [("best_value", 4, 0)],
    ),
    "nobody in the grid, or only somebody who is away all the time": (
        _targets((3, 0), (2, 0)),
        _managers((4, 1, [1]), (5, 2, [0])),
        [("no_active_manager", None, None), ("no_active_manager", None, None)],
    ),
    "all the capacity is used": (
        _targets(
            (1, 4),
        ),
        _managers((4, 1, [2], [3])),
        [("over_capacity", None, None)],
    ),
}


@pytest.mark.parametrize(("targets", "managers", "expected"), CASES.values(), ids=CASES)
def test_cases(targets, managers, expected):
    assert _split(targets, managers) == expected


def test_no_managers_or_no_targets_or_no_days_is_no_error():
    nobody = Managers(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros((0, 3), dtype=np.int64),) * 2)
    assert _split(_targets((1, 0)), nobody) == [("no_active_manager", None, None)]
    assert _split(_targets(), _managers((4, 1, [1]))) == []
    assert _split(_targets((1, 4)), _managers((4, 1, []))) == [("no_active_manager", None, None)]


@st.composite
def _worlds(draw):
    days = draw(st.integers(1, 4))
    a_day = st.lists(st.integers(0, 3), min_size=days, max_size=days)
    people = draw(st.lists(st.tuples(st.integers(1, 3), a_day, a_day), max_size=6))
    managers = _managers(*((index + 1, *row) for index, row in enumerate(people)))
    if not people:
        managers = Managers(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros((0, days), dtype=np.int64),) * 2)
    rows = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 7)), max_size=40))
    targets = _targets(*rows)
    order = draw(st.permutations(range(len(rows))))
    return Targets(targets.grid, targets.owner, np.array(order, dtype=float)), managers


@given(_worlds())
def test_every_target_ends_once_and_no_day_of_anybody_holds_more_than_its_capacity(world):
    targets, managers = world
    placement = split(targets, managers)
    placed = np.isin(placement.outcome, (Outcome.OWNER, Outcome.BEST_VALUE))
    assert ((placement.manager != NOBODY) == placed).all()
    assert ((placement.day != NOBODY) == placed).all()
    load = np.zeros_like(managers.capacity)
    np.add.at(load, (placement.manager[placed], placement.day[placed]), 1)
    assert (load <= np.maximum(managers.capacity - managers.used, 0)).all()
    assert (managers.grid[placement.manager[placed]] == targets.grid[placed]).all()


@given(_worlds())
def test_a_managers_days_are_in_the_order_of_the_targets(world):
    targets, managers = world
    placement = split(targets, managers)
    for who in range(len(managers.staff)):
        mine = np.flatnonzero(placement.manager == who)
        days = placement.day[mine[np.argsort(targets.order[mine])]]
        assert (np.diff(days) >= 0).all()


@given(_worlds())
def test_the_same_input_gives_the_same_output(world):
    first, second = split(*world), split(*world)
    assert all((getattr(first, name) == getattr(second, name)).all() for name in ("outcome", "manager", "day"))


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 9))
def test_the_order_keeps_ranks_in_order_and_spreads_the_explored(explored, seed):
    explored = np.array(explored, dtype=bool)
    order = order_of(np.arange(len(explored)), explored, np.random.default_rng(seed).permutation(len(explored)))
    assert sorted(order) == list(range(len(explored)))
    assert (np.diff(order[~explored]) > 0).all()
    ahead = [int((explored & (order < place)).sum()) for place in range(len(explored))]
    for place, count in enumerate(ahead):
        assert abs(count - place * explored.mean()) <= 1.5
