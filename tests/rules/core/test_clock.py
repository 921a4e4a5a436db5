"""Local days and months."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.clock import Month, end_of_day, local_date, now, shift, shifted_to, start_of_day


def test_the_month_turns_at_local_midnight():
    last_instant = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
    assert Month.of(last_instant) == Month(2026, 10)
    assert Month.of(datetime(2026, 10, 31, 16, 0, tzinfo=UTC)) == Month(2026, 11)


def test_a_day_begins_and_ends_where_the_next_begins():
    assert start_of_day(date(2026, 10, 1)) == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert end_of_day(date(2026, 10, 1)) == start_of_day(date(2026, 10, 2))
    assert local_date(start_of_day(date(2026, 10, 1))) == date(2026, 10, 1)


@pytest.mark.parametrize(("month", "before", "after"), [("2026-01", "2025-12", "2026-02"), ("2026-12", "2026-11", "2027-01")])
def test_months_follow_each_other_over_the_year(month, before, after):
    assert str(Month.parse(month).previous) == before
    assert str(Month.parse(month).next) == after


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "1970-12", "2099-01", "2026-1", "26-01", "", "2026-10-01", "２０２６-10"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="expected a month"):
        Month.parse(text)


def test_who_lived_at_another_time_at_once_leaves_none_of_it_behind_whoever_ends_first():
    first, second = shifted_to(datetime(2020, 1, 1, tzinfo=UTC)), shifted_to(datetime(2021, 1, 1, tzinfo=UTC))
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert now().year == 2021
    second.__exit__(None, None, None)
    assert shift() == timedelta(0)
