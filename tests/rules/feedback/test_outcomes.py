"""What each outcome claims and requires."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.feedback.intake import Item
from app.feedback.objections import OBJECTIONS
from app.feedback.outcomes import CHANNELS, OUTCOMES, VISIT, find_fault

START = datetime(2026, 10, 12, 2, tzinfo=UTC)


def fault(outcome, *, channel="call", objection=None, callback_at=None, **more):
    found = find_fault(outcome, channel=channel, objection=objection, callback_at=callback_at, started_at=START, **more)
    return found and found.field


def test_only_bought_claims_a_sale():
    assert [code for code, outcome in OUTCOMES.items() if outcome.sale] == ["bought"]


def test_these_outcomes_end_the_work_order_and_the_others_leave_it_in_progress():
    assert {code for code, outcome in OUTCOMES.items() if outcome.ends} == {
        "bought",
        "refused",
        "wrong_number",
        "moved",
        "unsafe",
    }
    assert {code for code, outcome in OUTCOMES.items() if not outcome.ends} == {
        "interested",
        "callback",
        "not_reached",
        "not_home",
    }


def test_nobody_was_spoken_to_who_was_not_reached():
    assert {code for code, outcome in OUTCOMES.items() if outcome.spoke} == {"bought", "refused", "interested", "callback"}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_can_be_reported(outcome):
    known = OUTCOMES[outcome]
    objection = "no_need" if "objection" in known.needs else None
    callback_at = START + timedelta(days=1) if "callback_at" in known.needs else None
    assert fault(outcome, channel=known.channels[0], objection=objection, callback_at=callback_at) is None


def test_a_refusal_needs_an_objection_that_we_know():
    assert fault("refused") == "objection"
    assert fault("refused", objection="bored") == "objection"
    assert all(fault("refused", objection=code) is None for code in OBJECTIONS)


def test_an_objection_comes_from_somebody_spoken_to():
    assert fault("interested", objection="too_expensive") is None
    assert fault("not_reached", objection="too_expensive") == "objection"


def test_a_callback_has_a_time_after_the_contact_and_not_too_far():
    assert fault("callback") == "callback_at"
    assert fault("callback", callback_at=START) == "callback_at"
    assert fault("callback", callback_at=START + timedelta(days=181)) == "callback_at"
    assert fault("callback", callback_at=START + timedelta(days=180)) is None
    assert fault("not_reached", callback_at=START + timedelta(hours=1)) is None
    assert fault("bought", callback_at=START + timedelta(hours=1)) == "callback_at"


def test_an_outcome_fits_its_channel():
    assert fault("not_home") == "channel"
    assert fault("unsafe") == "channel"
    assert fault("wrong_number", channel=VISIT) == "channel"
    assert fault("moved", channel=VISIT) is None


def test_an_unknown_outcome_is_named():
    assert fault("sold") == "outcome"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_is_said_of_reached_agrees_with_the_outcome(outcome):
    known = OUTCOMES[outcome]
    right = {
        "channel": known.channels[0],
        "objection": "no_need" if "objection" in known.needs else None,
        "callback_at": START + timedelta(days=1) if "callback_at" in known.needs else None,
    }
    refused = [reached for reached in (True, False) if fault(outcome, **right, reached=reached) == "reached"]
    assert refused == ([] if known.reached is None else [not known.reached])
    assert fault(outcome, **right, reached=None) is None


def test_only_where_something_was_learnt_of_the_customer_is_there_a_competitor():
    assert fault("not_reached", has_competitor=True) == fault("wrong_number", has_competitor=True) == "competitor"
    assert fault("not_home", channel=VISIT, has_competitor=True) is None


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_table_names_fields_of_a_report_and_what_is_needed_is_allowed(outcome):
    known = OUTCOMES[outcome]
    assert set(known.needs) <= set(known.allows) <= set(Item.model_fields)
    assert set(known.channels) <= set(CHANNELS)
    assert ("objection" in known.allows) == bool(known.objections)


@pytest.mark.parametrize("row", [*OUTCOMES.values(), *OBJECTIONS.values()], ids=lambda row: row.code)
def test_everything_has_its_words_in_both_languages(row):
    answers = [(row.answer_zh, row.answer_en)] if hasattr(row, "answer_zh") else []
    for zh, en in [(row.zh, row.en), *answers]:
        assert re.search("[\u4e00-\u9fff]", zh)
        assert en.isascii()
        assert zh.strip() == zh
        assert en.strip() == en
