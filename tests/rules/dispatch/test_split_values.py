"""What values, skills, distances, draws, pins and bounds of load make of a split."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dispatch.splitting.loads import load_bounds
from app.dispatch.splitting.split import NOBODY, Managers, Outcome, SplitRules, Targets, split
from app.dispatch.splitting.worth import anchors_of, km_between, skill_of, skills_of

EVEN = SplitRules(fairness=10.0)  # bounds nobody
DAY = 60


def _targets(value, *, owner=None, **more):
    n = len(value)
    owner = np.zeros(n, dtype=np.int64) if owner is None else np.array(owner)
    return Targets(np.ones(n, dtype=np.int64), owner, np.arange(n, dtype=float), value=np.array(value, dtype=float), **more)


def _managers(*capacity, used=None, **more):
    days = np.array([[one] for one in capacity])
    m = len(capacity)
    load = np.zeros_like(days) if used is None else np.array(used)[:, None]
    return Managers(np.arange(1, m + 1), np.ones(m, dtype=np.int64), days, load, **more)


def _who(targets, managers, rules=EVEN):
    """The staff id of each target, 0 for nobody."""
    return [int(one) for one in np.append(managers.staff, 0)[split(targets, managers, rules).manager]]


def test_the_most_valuable_go_first_whatever_their_order():
    assert _who(_targets([1, 5, 3]), _managers(2)) == [0, 1, 1]


def test_who_is_worth_less_than_the_contact_is_not_contacted():
    found = split(_targets([-0.5, 0.5, 0.0]), _managers(3), EVEN)
    assert list(found.outcome) == [Outcome.BELOW_COST, Outcome.BEST_VALUE, Outcome.BEST_VALUE]
    assert list(found.worth) == [0.0, 0.5, 0.0]


def test_skill_counts_on_what_is_earned_and_not_on_what_is_paid():
    managers = _managers(1, 1, skill=np.array([[1.0, 1.25]]))
    targets = _targets([1.0, 2.0], cost=np.array([5.0, 0.0]))
    assert _who(targets, managers) == [2, 1]  # (6 x 1.25 - 5) + 2 = 4.5 is more than 1 + 2 x 1.25 = 3.5
    assert split(targets, managers, EVEN).grids[0].worth == pytest.approx(4.5)


def test_each_product_has_its_own_skill():
    skill = np.array([[1.0, 1.2], [1.2, 1.0]])
    assert _who(_targets([1, 1], product=np.array([1, 0])), _managers(1, 1, skill=skill)) == [1, 2]


def test_the_owner_goes_first_as_far_as_that_is_worth_it():
    skill = np.array([[1.0, 1.1]])
    assert _who(_targets([1, 1], owner=[1, 0]), _managers(1, 1, skill=skill)) == [1, 2]
    assert _who(_targets([1, 9], owner=[0, 1]), _managers(1, 1), replace(EVEN, owner_share=0.0)) == [1, 2]
    assert _who(_targets([2, 1], owner=[2, 2]), _managers(1, 1)) == [2, 1]


def test_the_way_counts_where_it_costs():
    places = np.array([[39.0, 117.0], [39.0, 117.1]])
    managers = _managers(1, 1, anchor=np.array([[39.0, 117.1], [39.0, 117.0]]))
    assert _who(_targets([5, 5], place=places), managers, replace(EVEN, km_cost=0.1)) == [2, 1]
    far = km_between(places, managers.anchor)
    assert far[0, 0] == pytest.approx(8.64, abs=0.01)  # of a tenth of a degree at 39 degrees north
    assert far[1, 0] == 0
    unknown = replace(managers, anchor=np.full((2, 2), np.nan))
    assert sorted(_who(_targets([5, 5], place=places), unknown, replace(EVEN, km_cost=0.1))) == [1, 2]


def test_a_skill_is_the_success_index_pulled_to_one_and_bounded():
    successes, expected = np.array([0.0, 30.0, 300.0, 0.0]), np.array([0.0, 20.0, 100.0, 200.0])
    assert list(skill_of(successes, expected, SplitRules())) == [1.0, 1.25, 1.25, 0.8]
    assert skill_of(np.array(24.0), np.array(20.0), SplitRules()) == pytest.approx(44 / 40)


def test_skills_and_anchors_are_by_manager_and_product():
    staff = np.array([4, 9])
    skills = skills_of([(9, 7, 30, 20.0), (5, 7, 1, 1.0), (4, 8, 1, 1.0)], staff=staff, products=[6, 7], rules=SplitRules())
    assert skills.tolist() == [[1.0, 1.0], [1.0, 1.25]]
    anchors = anchors_of([(4, 1.0, 2.0), (9, 3.0, 4.0), (9, 5.0, 6.0), (7, 0.0, 0.0)], staff)
    assert anchors.tolist() == [[1.0, 2.0], [5.0, 6.0]]


def test_drawn_ones_keep_their_share_of_the_places_and_value_displaces_none():
    drawn = np.arange(100) % 10 == 4
    value = np.where(drawn, -1.0, 5.0)
    found = split(_targets(value, drawn=drawn), _managers(50), EVEN)
    placed = found.manager != NOBODY
    assert list(np.flatnonzero(placed & drawn)) == [4, 14, 24, 34, 44]
    assert placed.sum() == 50


def test_a_pinned_target_stays_and_counts():
    targets = _targets([1, 9, 9], pinned=np.array([1, NOBODY, NOBODY]))
    assert _who(targets, _managers(1, 1)) == [2, 1, 0]
    found = split(replace(targets, pinned=np.array([1, 1, NOBODY])), _managers(1, 1), EVEN)
    assert list(found.outcome) == [Outcome.BEST_VALUE, Outcome.OVER_CAPACITY, Outcome.BEST_VALUE]
    assert found.grids[0].gap == pytest.approx(0)


def test_a_minimum_is_kept_or_what_is_short_is_said():
    skill = np.array([[1.25, 1.0]])
    short = split(_targets([5, 4, 3, -9]), _managers(9, 9, skill=skill, least=np.array([0, 2])), EVEN)
    assert list(short.manager) == [0, 1, 1, NOBODY]
    assert list(short.short) == [0, 0]
    short = split(_targets([5, 4, 3, -9]), _managers(9, 9, skill=skill, least=np.array([0, 5])), EVEN)
    assert list(short.manager) == [1, 1, 1, NOBODY]
    assert (list(short.short), short.grids[0].short) == ([0, 2], 2)
    counted = split(_targets([5]), _managers(9, 9, skill=skill, used=[0, 2], least=np.array([0, 2])), EVEN)
    assert list(counted.manager) == [0]


def test_a_maximum_is_never_passed_and_counts_what_is_there():
    managers = _managers(9, 9, skill=np.array([[1.25, 1.0]]), used=[1, 0], most=np.array([3, 9]))
    assert _who(_targets([5, 5, 5, 5]), managers).count(1) == 2


def test_no_load_is_further_from_that_of_the_grid_than_is_fair():
    managers = _managers(20, 20, 40, skill=np.array([[1.25, 1.0, 1.0]]))
    found = split(_targets(np.full(40, 5.0)), managers, SplitRules(fairness=0.1))
    load = np.bincount(found.manager) / np.array([20, 20, 40])
    assert (np.abs(load - 0.5) <= 0.1 + 1e-9).all()
    assert load[0] == pytest.approx(0.6)


def test_fairness_costs_no_contact_where_others_cannot_take_them():
    lowest, highest, fairness = load_bounds(
        np.array([100, 100]),
        np.array([0, 0]),
        np.array([100, 100]),
        90,
        fairness=0.05,
        least=np.array([0, 0]),
        most=np.array([99, 0]),
    )
    assert (list(highest), lowest[1]) == ([90, 0], 0)
    assert fairness == pytest.approx(0.44)


def test_who_is_due_soonest_is_first_and_nobody_waits_past_the_own_window():
    managers = Managers(np.array([1]), np.array([1]), np.array([[1, 1, 1]]), np.zeros((1, 3), dtype=np.int64))
    targets = _targets([9, 8, 7, 1], earliest=np.array([1, 0, 0, 0]), latest=np.array([2, 2, 0, 0]))
    found = split(targets, managers, EVEN)
    assert list(found.day) == [1, 2, 0, NOBODY]
    assert found.outcome[3] == Outcome.OVER_CAPACITY


def test_windows_of_their_own_are_planned_for_and_not_only_found_not_to_fit():
    managers = Managers(np.array([1, 2]), np.array([1, 1]), np.array([[1, 1], [1, 1]]), np.zeros((2, 2), dtype=np.int64))
    targets = _targets([9, 8, 7, 1, 1], earliest=np.array([0, 0, 0, 0, 0]), latest=np.array([0, 0, 0, 1, 1]))
    found = split(targets, managers, EVEN)
    assert list(found.outcome == Outcome.OVER_CAPACITY) == [False, False, True, False, False]
    assert (list(found.day[:2]), list(found.day[3:])) == ([0, 0], [1, 1])
    assert sorted(found.manager[:2]) == sorted(found.manager[3:]) == [0, 1]
    assert found.grids[0].gap == pytest.approx(0)


@st.composite
def _worlds(draw):
    chance = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, m, days = draw(st.integers(1, 60)), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    grid, home = chance.integers(1, 3, n), chance.integers(1, 3, m)
    targets = Targets(
        grid,
        chance.integers(0, m + 1, n),
        chance.permutation(n).astype(float),
        value=chance.normal(1, 1, n) if draw(st.booleans()) else chance.integers(0, 3, n).astype(float),
        cost=np.full(n, 1.0),
        product=chance.integers(0, 2, n),
        drawn=chance.random(n) < 0.1,
    )
    managers = Managers(
        np.arange(1, m + 1),
        home,
        chance.integers(0, 5, (m, days)),
        chance.integers(0, 3, (m, days)),
        chance.uniform(0.8, 1.25, (2, m)),
    )
    if draw(st.booleans()):
        earliest, latest = np.sort(chance.integers(0, days, (2, n)), axis=0)
        targets = replace(targets, earliest=earliest, latest=latest)
    rules = SplitRules(fairness=draw(st.sampled_from([0.0, 0.1, 0.5])))
    return targets, replace(managers, least=chance.integers(0, 3, m)), rules, chance


@settings(max_examples=25, deadline=None)
@given(_worlds())
def test_every_split_is_within_capacity_and_has_no_gap(world):
    targets, managers, rules, _ = world
    found = split(targets, managers, rules)
    placed = found.manager != NOBODY
    load = np.zeros_like(managers.capacity)
    np.add.at(load, (found.manager[placed], found.day[placed]), 1)
    assert (load <= np.maximum(managers.capacity - managers.used, 0)).all()
    assert (managers.grid[found.manager[placed]] == targets.grid[placed]).all()
    if targets.earliest is not None:
        assert (found.day[placed] >= targets.earliest[placed]).all()
        assert (found.day[placed] <= targets.latest[placed]).all()
    assert (found.worth[placed & ~targets.drawn] >= 0).all()
    assert all(abs(figures.bound - figures.worth) <= 1e-6 for figures in found.grids)
    assert sum(figures.worth for figures in found.grids) == pytest.approx(found.worth.sum())


@settings(max_examples=30, deadline=None)
@given(_worlds())
def test_the_order_in_which_targets_are_given_changes_nothing(world):
    targets, managers, rules, chance = world
    mixed = chance.permutation(len(targets.grid))
    columns = {field.name: getattr(targets, field.name) for field in fields(targets)}
    other = Targets(**{name: None if values is None else values[mixed] for name, values in columns.items()})
    one, two = split(targets, managers, rules), split(other, managers, rules)
    for name in ("outcome", "manager", "day", "worth"):
        assert (getattr(one, name)[mixed] == getattr(two, name)).all()
