"""What keeps a month open."""

from datetime import date, timedelta

from app.points.closing.checks import CHECKS, Facts, look, unmet

DAYS = [date(2026, 10, 1) + timedelta(days=n) for n in range(12)]


def test_of_a_month_of_which_nothing_is_amiss_every_check_is_met():
    findings = look(Facts(managers=3))
    assert [one.check.code for one in findings] == list(CHECKS)
    assert all(one.met for one in findings)


def test_each_thing_that_is_amiss_is_found_by_its_own_check_and_the_blocking_ones_keep_the_month_open():
    amiss = {
        "calls_incomplete": Facts(calls_missing=DAYS), "orders_incomplete": Facts(orders_missing=DAYS[:1]),
        "existing_scheme_missing": Facts(managers=2, managers_without_points=2),
        "existing_scheme_partial": Facts(managers=2, managers_without_points=1),
        "reviews_open": Facts(reviews_open=1), "disputes_open": Facts(disputes_open=1), "reports_held": Facts(reports_held=1),
        "reports_set_aside": Facts(reports_set_aside=1), "returns_undecided": Facts(returns_undecided=1),
        "back_checks_unanswered": Facts(back_checks_unanswered=1), "plan_default": Facts(has_plan=False),
    }  # fmt: skip
    assert set(amiss) == set(CHECKS)
    for code, facts in amiss.items():
        assert [one.check.code for one in look(facts) if not one.met] == [code]
        assert bool(unmet(look(facts), ())) == CHECKS[code].blocking
        assert unmet(look(facts), {code}) == []


def test_many_days_are_counted_and_the_first_ten_named():
    found = next(one for one in look(Facts(calls_missing=DAYS)) if one.check.code == "calls_incomplete")
    assert (found.figures["count"], found.figures["days"][-1]) == (12, "2026-10-10")


def test_what_was_carried_over_is_shown_and_does_not_block():
    found = next(one for one in look(Facts(disputes_carried=2)) if one.check.code == "disputes_open")
    assert (found.met, found.figures) == (True, {"count": 0, "carried_over": 2})
