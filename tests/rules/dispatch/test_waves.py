"""The morning's wave: today's capacity, and what becomes of the rest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dispatch.days.waves import GONE, Fate, Rule, Waiting, plan_wave


def waiting(*contacts):
    """Each contact: what differs from a planned one of manager 0 that may wait five days."""
    usual = {
        "manager": 0,
        "first_day": 0,
        "last_day": 5,
        "begun": False,
        "passed": False,
        "rule": Rule.ROLL,
        "rolls": 0,
        "most_rolls": 3,
    }
    rows = [usual | contact | {"place": place} for place, contact in enumerate(contacts)]
    return Waiting(**{name: np.array([row[name] for row in rows]) for name in [*usual, "place"]})


def fates(contacts, free):
    fate, day = plan_wave(waiting(*contacts), np.array(free))
    return [Fate(one).name if one != Fate.LATER else int(when) for one, when in zip(fate, day, strict=True)]


def test_nobody_starts_with_more_than_fits_today_and_the_rest_goes_to_the_next_free_day():
    assert fates([{}] * 5, [[2, 0, 1, 1]]) == ["TODAY", "TODAY", 2, 3, "POOL"]


def test_whoever_is_away_today_has_nothing_today():
    assert fates([{}, {"manager": 1}], [[0, 3], [3, 3]]) == [1, "TODAY"]


def test_whom_the_gate_refuses_today_waits_for_the_next_day_or_for_the_pool():
    assert fates([{"first_day": 1}, {"first_day": 1, "last_day": 0}, {}], [[9, 0, 9]]) == [2, "POOL", "TODAY"]


def test_what_has_no_day_left_or_no_manager_goes_to_the_pool():
    assert fates([{"last_day": 0}, {"manager": GONE}], [[0, 3]]) == ["POOL", "POOL"]


def test_the_begun_are_first_then_the_last_chances_then_what_was_left_then_the_best():
    contacts = [{}, {"passed": True}, {"last_day": 0}, {"begun": True, "passed": True}]
    for capacity, left in enumerate((set(), {3}, {2, 3}, {1, 2, 3}, {0, 1, 2, 3})):
        today = {i for i, fate in enumerate(fates(contacts, [[capacity, 9]])) if fate == "TODAY"}
        assert today == left


@pytest.mark.parametrize(
    ("rule", "begun", "rolls", "fate"),
    [
        (Rule.ROLL, False, 0, "TODAY"), (Rule.ROLL, False, 2, "TODAY"), (Rule.ROLL, False, 3, "POOL"),
        (Rule.EXPIRE, False, 0, "EXPIRE"), (Rule.EXPIRE, True, 0, "TODAY"), (Rule.EXPIRE, True, 3, "EXPIRE"),
        (Rule.POOL, False, 0, "POOL"), (Rule.POOL, True, 0, "TODAY"), (Rule.POOL, True, 3, "POOL"),
    ],
)  # fmt: skip
def test_unfinished_work_goes_where_its_rule_says(rule, begun, rolls, fate):
    assert fates([{"passed": True, "rule": rule, "begun": begun, "rolls": rolls}], [[9, 9]]) == [fate]


def test_a_rule_about_unfinished_work_is_not_about_work_whose_day_is_today():
    assert fates([{"rule": Rule.EXPIRE, "rolls": 9}, {"rule": Rule.POOL}], [[9]]) == ["TODAY", "TODAY"]


contact = st.fixed_dictionaries(
    {
        "manager": st.integers(-1, 2),
        "first_day": st.integers(0, 1),
        "last_day": st.integers(0, 3),
        "begun": st.booleans(),
        "passed": st.booleans(),
        "rule": st.sampled_from(Rule),
        "rolls": st.integers(0, 4),
    }
)


@settings(deadline=None)
@given(st.lists(contact, max_size=20), st.lists(st.lists(st.integers(-1, 3), min_size=4, max_size=4), min_size=3, max_size=3))
def test_no_day_is_fuller_than_its_capacity_no_contact_later_than_its_last_day_and_none_waits_while_there_is_room(contacts, free):
    if not contacts:
        return
    asked = waiting(*contacts)
    fate, day = plan_wave(asked, np.array(free))
    left = np.maximum(np.array(free), 0)
    for i in np.flatnonzero((fate == Fate.TODAY) | (fate == Fate.LATER)):
        assert asked.first_day[i] <= day[i] <= asked.last_day[i]
        assert (fate[i] == Fate.TODAY) == (day[i] == 0)
        left[asked.manager[i], day[i]] -= 1
    assert (left >= 0).all()
    for i in np.flatnonzero((fate == Fate.POOL) & (asked.manager != GONE) & ~asked.passed):
        assert not left[asked.manager[i], asked.first_day[i] : asked.last_day[i] + 1].any()
