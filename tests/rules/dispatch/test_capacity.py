"""Capacity by manager and day."""

from datetime import date

from app.dispatch.capacity import DEFAULT_DAILY_CAPACITY, Manager, capacity_of, with_unfinished

FIRST, LAST = date(2026, 10, 12), date(2026, 10, 15)
LONG_AGO = date(2020, 1, 1)


def _capacity(manager, absences=(), loads=()):
    return capacity_of([manager], absences, loads, first=FIRST, last=LAST)


def test_days_of_absence_and_days_outside_the_employment_are_none():
    manager = Manager(1, 9, 5, date(2026, 10, 13), date(2026, 10, 14))
    assert _capacity(manager).capacity.tolist() == [[0, 5, 5, 0]]
    manager = Manager(1, 9, 5, LONG_AGO, None)
    absences = [(1, date(2026, 10, 1), date(2026, 10, 12)), (1, date(2026, 10, 15), date(2026, 11, 1)), (2, FIRST, LAST)]
    assert _capacity(manager, absences).capacity.tolist() == [[0, 5, 5, 0]]


def test_an_absence_or_employment_wholly_outside_the_window_changes_nothing_of_it():
    manager = Manager(1, 9, 5, LONG_AGO, None)
    outside = [(1, date(2026, 9, 1), date(2026, 10, 11)), (1, date(2026, 10, 16), date(2026, 10, 20))]
    assert _capacity(manager, outside).capacity.tolist() == [[5, 5, 5, 5]]
    assert _capacity(Manager(1, 9, 5, LONG_AGO, date(2026, 10, 11))).capacity.tolist() == [[0, 0, 0, 0]]


def test_live_work_of_the_days_is_used_capacity():
    found = _capacity(Manager(1, 9, None, LONG_AGO, None), loads=[(1, LAST, 3), (2, LAST, 4)])
    assert found.used.tolist() == [[0, 0, 0, 3]]
    assert found.capacity.tolist() == [[DEFAULT_DAILY_CAPACITY] * 4]


def test_unfinished_work_takes_the_first_free_places_and_no_more_than_there_are():
    found = _capacity(
        Manager(1, 9, 2, LONG_AGO, None), absences=[(1, date(2026, 10, 13), date(2026, 10, 13))], loads=[(1, FIRST, 1)]
    )
    assert with_unfinished(found, [(1, 2), (7, 5)]).used.tolist() == [[2, 0, 1, 0]]
    assert with_unfinished(found, [(1, 3), (1, 99)]).used.tolist() == [[2, 0, 2, 2]]
    assert with_unfinished(found, []).used.tolist() == found.used.tolist()
