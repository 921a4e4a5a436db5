"""The form of back-checks: what a report leads one to expect, tolerances, and the verdict."""

from dataclasses import replace
from datetime import date

import pytest

from app.feedback.outcomes import OUTCOMES
from app.verification.form import QUESTIONS, Reported, compare, consequence_of, expected_of, find_fault, verdict_of

REFUSED = Reported("refused", "call", date(2026, 10, 12), "broadband", "too_expensive", callback=False, minutes=10)


def verdict(report, **answers):
    return verdict_of(compare(report, answers))


def test_who_confirms_every_fact_confirms_the_report_and_one_other_fact_contradicts_it():
    assert verdict(REFUSED, contacted="yes", channel="call") == "confirmed"
    assert verdict(REFUSED, contacted="no") == "contradicted"
    assert verdict(REFUSED, contacted="yes", channel="visit") == "contradicted"
    assert verdict(replace(REFUSED, outcome="bought", objection=None), contacted="yes", bought="no") == "contradicted"


def test_what_takes_skill_or_may_vary_never_makes_a_verdict():
    wrong = {"product": "tv", "objection": "no_need", "minutes": 60, "day": "2026-01-01", "call_again": "yes"}
    assert verdict(REFUSED, **wrong) == "unverifiable"
    assert verdict(REFUSED, contacted="yes", **wrong) == "confirmed"
    assert [one.type for one in compare(REFUSED, wrong) if not one.agrees] == [2, 2, 3, 3, 3]


def test_what_the_customer_cannot_know_is_not_compared():
    for outcome in ("not_reached", "not_home"):
        report = replace(REFUSED, outcome=outcome, objection=None)
        assert expected_of(report) == {}
        assert verdict(report, contacted="no") == "unverifiable"


def test_a_wrong_number_that_answers_as_the_customer_and_a_customer_who_never_moved_contradict():
    assert verdict(replace(REFUSED, outcome="wrong_number", objection=None), right_number="yes") == "contradicted"
    assert verdict(replace(REFUSED, outcome="moved", objection=None), lives_there="yes") == "contradicted"
    assert verdict(replace(REFUSED, outcome="moved", objection=None), lives_there="no") == "confirmed"


@pytest.mark.parametrize(
    ("code", "said", "agrees"),
    [
        ("minutes", 5, True), ("minutes", 15, True), ("minutes", 16, False), ("minutes", 4, False),
        ("day", "2026-10-15", True), ("day", "2026-10-09", True), ("day", "2026-10-16", False),
    ],
)  # fmt: skip
def test_tolerances(code, said, agrees):
    (only,) = compare(REFUSED, {code: said})
    assert only.agrees is agrees


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("luck", "yes"), ("contacted", "perhaps"), ("contacted", 1), ("channel", "letter"), ("minutes", 601), ("minutes", "5"),
        ("minutes", True), ("day", "20261012"), ("day", "2026-13-01"), ("product", ""), ("product", 3), ("objection", "rain"),
    ],
)  # fmt: skip
def test_a_wrong_answer_says_what_was_expected(code, value):
    assert find_fault(code, value)


def test_every_expectation_of_every_outcome_is_an_answer_that_the_form_takes():
    for outcome in OUTCOMES.values():
        for code, value in expected_of(replace(REFUSED, outcome=outcome.code)).items():
            assert find_fault(code, value) is None, (outcome.code, code)
    assert {question.type for question in QUESTIONS.values()} == {1, 2, 3}


def test_what_a_share_of_differing_answers_asks_for():
    asked = [(1, 10, 1), (1, 10, 3), (1, 10, 5), (2, 10, 1), (2, 10, 2), (3, 10, 9), (1, 4, 4)]
    codes = [found.code if (found := consequence_of(*one)) else None for one in asked]
    assert codes == [None, "check_again", "check_all", None, "train", None, None]
