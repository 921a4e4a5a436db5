"""Capacity by grid and week: never overbooked, whatever windows meet."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.preview.weeks import fit_into, free_by_week, keep_for_others, less_booked, monday_of, sum_by_week
from app.dispatch.splitting.split import Managers

MONDAY = date(2026, 10, 12)


def _managers(capacity, used=0, grid=(1,)):
    capacity = np.asarray(capacity, dtype=np.int64)
    return Managers(staff=np.arange(len(capacity)), grid=np.array(grid), capacity=capacity, used=np.zeros_like(capacity) + used)


def test_the_week_of_a_sunday_begins_on_the_monday_before():
    assert monday_of(date(2026, 10, 18)) == monday_of(MONDAY) == MONDAY


def test_what_is_free_is_summed_by_grid_and_week():
    managers = _managers([[5, 5, 5], [2, 0, 9]], used=[[1, 9, 0], [0, 0, 0]], grid=(1, 2))
    assert free_by_week(managers, first=date(2026, 10, 17)) == {
        (1, MONDAY): 4,
        (2, MONDAY): 2,
        (1, MONDAY + timedelta(7)): 5,
        (2, MONDAY + timedelta(7)): 9,
    }


def test_contacts_go_into_the_earliest_weeks_and_what_is_too_much_is_said_by_grid():
    free = {(1, MONDAY): 3, (1, MONDAY + timedelta(7)): 4, (2, MONDAY): 1}
    fit = fit_into({1: 5, 2: 4, 3: 2}, less_booked(free, [(1, MONDAY, 1), (1, MONDAY, 1), (9, MONDAY, 5)]))
    assert fit.booked == {(1, MONDAY): 1, (1, MONDAY + timedelta(7)): 4, (2, MONDAY): 1}
    assert fit.left_over == {2: 3, 3: 2}


@given(
    st.lists(st.lists(st.integers(0, 20), min_size=10, max_size=10), min_size=1, max_size=4),
    st.integers(0, 10),
    st.integers(0, 200),
)
def test_what_others_booked_is_taken_off_what_is_free_and_no_more(capacity, used, booked):
    managers = _managers(capacity, used=used, grid=[1] * len(capacity))
    free = free_by_week(managers, first=MONDAY)
    kept = keep_for_others(managers, {(1, MONDAY): booked, (2, MONDAY): 5}, first=MONDAY)
    assert (kept.used >= managers.used).all()
    assert (kept.used <= np.maximum(managers.capacity, managers.used)).all()
    left = free_by_week(kept, first=MONDAY)
    assert left[1, MONDAY] == max(free[1, MONDAY] - booked, 0)
    assert left[1, MONDAY + timedelta(7)] == free[1, MONDAY + timedelta(7)]


windows = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 30)).map(lambda w: (min(w[:2]), max(w[:2]), w[2]))


@given(st.lists(st.integers(0, 8), min_size=7, max_size=7), st.lists(windows, min_size=1, max_size=8))
def test_campaigns_that_were_approved_one_by_one_can_all_be_done_on_their_own_days(capacity, wanted):
    """Earliest deadline first places all of them, which for windows of days is a proof."""
    approved = []
    for first, last, contacts in wanted:
        managers = _managers([capacity[first : last + 1]])
        meeting = [(1, MONDAY, count) for start, end, count in approved if start <= last and first <= end]
        free = less_booked(free_by_week(managers, first=MONDAY + timedelta(first)), meeting)
        booked = fit_into({1: contacts}, free).booked.get((1, MONDAY), 0)
        approved.append((first, last, booked))
    left = [[last, first, count] for first, last, count in approved]
    for day in range(7):
        room = capacity[day]
        for each in sorted(one for one in left if one[1] <= day <= one[0]):
            taken = min(room, each[2])
            room, each[2] = room - taken, each[2] - taken
    assert sum(each[2] for each in left) == 0


def test_bookings_of_several_campaigns_are_one_figure():
    assert sum_by_week([(1, MONDAY, 2), (1, MONDAY, 3), (2, MONDAY, 1)]) == {(1, MONDAY): 5, (2, MONDAY): 1}
