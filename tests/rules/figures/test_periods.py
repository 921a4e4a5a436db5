"""The days that a period is held against."""

from datetime import date

import pytest

from app.figures.periods import Period, month_of, months_to, period_before, year_before


def days(text):
    first, last = text.split("..")
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("period", "before", "a_year_ago"),
    [
        ("2026-03-01..2026-03-31", "2026-02-01..2026-02-28", "2025-03-01..2025-03-31"),
        ("2024-02-01..2024-02-29", "2024-01-01..2024-01-31", "2023-02-01..2023-02-28"),
        ("2025-02-01..2025-02-28", "2025-01-01..2025-01-31", "2024-02-01..2024-02-29"),
        ("2026-01-01..2026-12-31", "2025-01-01..2025-12-31", "2025-01-01..2025-12-31"),
        ("2026-03-01..2026-03-15", "2026-02-14..2026-02-28", "2025-03-01..2025-03-15"),
        ("2024-02-20..2024-02-29", "2024-02-10..2024-02-19", "2023-02-20..2023-02-28"),
        ("2026-05-05..2026-05-05", "2026-05-04..2026-05-04", "2025-05-05..2025-05-05"),
    ],
)
def test_a_period_is_held_against_the_one_before_and_against_that_of_a_year_ago(period, before, a_year_ago):
    assert period_before(days(period)) == days(before)
    assert year_before(days(period)) == days(a_year_ago)


def test_months_are_whole():
    assert month_of(date(2024, 2, 3)) == days("2024-02-01..2024-02-29")
    assert months_to(date(2026, 1, 15), 13) == days("2025-01-01..2026-01-31")
