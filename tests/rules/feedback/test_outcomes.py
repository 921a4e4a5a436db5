"""What each outcome claims and requires."""

from datetime import UTC, datetime, timedelta

import pytest

from app.feedback.outcomes import OBJECTIONS, OUTCOMES, VISIT, find_fault

START = datetime(2026, 10, 12, 2, tzinfo=UTC)


def fault(outcome, *, channel="call", objection=None, callback_at=None):
    found = find_fault(outcome, channel=channel, objection=objection, callback_at=callback_at, started_at=START)
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
    objection = "no_need" if known.needs_objection else None
    callback_at = START + timedelta(days=1) if known.needs_callback else None
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
