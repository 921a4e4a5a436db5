"""When a dispute may be raised, until when it is answered, and who decides."""

from datetime import date
from decimal import Decimal

import pytest

from app.points.disputes.rules import (
    DisputeTerms,
    Overdue,
    add_working_days,
    last_looked_at,
    may_raise,
    needs_second,
    overdue_for,
    points_expected,
)

TERMS = DisputeTerms()
FRIDAY, SATURDAY, MONDAY = date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 2)


@pytest.mark.parametrize(
    ("day", "number", "holidays", "found"),
    [
        (FRIDAY, 1, [], MONDAY),
        (FRIDAY, 1, [MONDAY], date(2026, 11, 3)),
        (SATURDAY, 0, [], MONDAY),
        (MONDAY, 5, [], date(2026, 11, 9)),
        (date(2026, 9, 30), 5, [date(2026, 10, day) for day in range(1, 8)], date(2026, 10, 14)),
    ],
)
def test_weekends_and_holidays_are_no_working_days(day, number, holidays, found):
    assert add_working_days(day, number, holidays) == found


def test_on_its_last_day_it_is_not_overdue_then_the_branch_is_told_and_two_working_days_later_the_company():
    told = [overdue_for(FRIDAY, date(2026, 10, 30 + n) if n < 2 else date(2026, 11, n - 1), TERMS, ()) for n in range(6)]
    assert told == [Overdue.NOBODY, *[Overdue.BRANCH] * 4, Overdue.COMPANY]


def test_the_days_that_are_looked_at_reach_as_far_as_any_deadline():
    slow = DisputeTerms(answer_days=60, company_days=60)
    week_off = [date(2026, 10, day) for day in range(1, 8)]
    answer = add_working_days(date(2026, 9, 30), slow.answer_days, week_off)
    assert add_working_days(answer, slow.company_days, week_off) < last_looked_at(date(2026, 9, 30), slow)


def test_a_line_may_be_disputed_until_thirty_days_after_its_statement():
    assert may_raise(None, FRIDAY, TERMS)
    assert may_raise(date(2026, 9, 30), FRIDAY, TERMS)
    assert not may_raise(date(2026, 9, 29), FRIDAY, TERMS)


def test_many_points_take_two_persons_up_or_down():
    assert [needs_second(Decimal(points), TERMS) for points in ("5", "-5", "5.0001", "-5.0001")] == [False, False, True, True]


def test_a_figure_is_read_from_what_somebody_wrote_and_words_are_left_as_words():
    assert points_expected(" 18.5 ") == Decimal("18.5")
    for words in ("success", "", "1e3", "١٢", "18.55555", "NaN", "-"):
        assert points_expected(words) is None, words
