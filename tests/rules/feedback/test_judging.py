"""The table of decisions, and reports judged together."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from app.feedback.decisions import Effect, OrderFacts, Status
from app.feedback.intake import read_item
from app.feedback.judging import Report, judge_all

NOW = datetime(2026, 10, 12, 2, tzinfo=UTC)
AN_HOUR_AGO = NOW - timedelta(hours=1)
LIVE = OrderFacts(7, "open", True, None, None, NOW - timedelta(days=7))


def report(number, outcome="interested", *, corrects=None, ago=timedelta(minutes=10), order=7):
    raw = {
        "id": str(UUID(int=number)),
        "work_order_id": order,
        "channel": "call",
        "outcome": outcome,
        "started_at": (NOW - ago).isoformat(),
        "objection": "no_need" if outcome == "refused" else None,
        "callback_at": (NOW + timedelta(days=1)).isoformat() if outcome == "callback" else None,
        "corrects_id": str(UUID(int=corrects)) if corrects else None,
    }
    return Report(number, read_item(raw), NOW, None, NOW)


def judge(*reports, order=LIVE, barred=None):
    judged = judge_all(reports, facts={7: order} if order else {}, known={}, barred=barred or {}, now=NOW)
    return {one.report.position: one.decision for one in judged}


def outcome_of(order, *, ago):
    decision = judge(report(1, "bought", ago=ago), order=order)[1]
    return decision.status, decision.code, decision.effect


BEFORE, AFTER = timedelta(hours=2), timedelta(minutes=10)
ACCEPTED_AND_NOTHING_MOVED = (Status.ACCEPTED, None, Effect.NONE)


@pytest.mark.parametrize(
    ("state", "code"),
    [("withdrawn", "feedback.after_withdrawal"), ("expired", "feedback.after_expiry"), ("returned", "feedback.after_return")],
)
def test_a_contact_before_the_end_counts_and_one_after_it_does_not(state, code):
    ended = replace(LIVE, state=state, closed_at=AN_HOUR_AGO)
    assert outcome_of(ended, ago=BEFORE) == ACCEPTED_AND_NOTHING_MOVED
    assert outcome_of(ended, ago=AFTER) == (Status.REJECTED, code, Effect.NONE)
    assert outcome_of(ended, ago=timedelta(hours=1)) == (Status.REJECTED, code, Effect.NONE)


def test_a_contact_before_the_reassignment_counts_and_moves_the_order_that_another_has_now():
    left = replace(LIVE, mine=False, left_at=AN_HOUR_AGO)
    assert outcome_of(left, ago=BEFORE) == (Status.ACCEPTED, None, Effect.COMPLETE)
    assert outcome_of(left, ago=AFTER) == (Status.REJECTED, "feedback.after_reassignment", Effect.NONE)


def test_a_done_order_takes_further_reports_and_does_not_move():
    assert outcome_of(replace(LIVE, state="done", closed_at=AN_HOUR_AGO), ago=AFTER) == ACCEPTED_AND_NOTHING_MOVED


def test_an_order_that_is_not_ours_is_unknown():
    assert judge(report(1), order=None)[1].code == "feedback.unknown_order"


def test_the_same_report_twice_in_a_batch_is_one():
    first = report(1)
    decisions = judge(first, replace(first, position=2), replace(report(1, "bought"), position=3))
    assert [decisions[n].status for n in (1, 2, 3)] == [Status.ACCEPTED, Status.DUPLICATE, Status.CONFLICT]


def test_a_chain_of_corrections_is_taken_in_whatever_order_it_comes():
    chain = [report(1, "bought"), report(2, "callback", corrects=1), report(3, "refused", corrects=2)]
    for order in permutations(chain):
        decisions = judge(*order)
        assert {decision.status for decision in decisions.values()} == {Status.ACCEPTED}
        assert [decisions[n].effect for n in (1, 2, 3)] == [Effect.COMPLETE, Effect.REOPEN, Effect.COMPLETE]


def test_a_correction_whose_report_is_missing_waits_for_it():
    decision = judge(report(2, corrects=1), report(3, corrects=2))[2]
    assert (decision.status, decision.waits_for) == (Status.HELD, UUID(int=1))


def test_a_report_is_corrected_once():
    decisions = judge(report(1), report(2, corrects=1), report(3, corrects=1))
    assert (decisions[3].status, decisions[3].code) == (Status.CONFLICT, "feedback.already_corrected")


def test_a_correction_stays_on_its_work_order():
    decisions = judge_all(
        [report(1), report(2, corrects=1, order=8)], facts={7: LIVE, 8: replace(LIVE, id=8)}, known={}, barred={}, now=NOW
    )
    assert decisions[1].decision.code == "feedback.corrects_other"


def test_a_correction_counts_as_the_contact_it_corrects_however_late_it_is_made():
    ended = replace(LIVE, state="expired", closed_at=AN_HOUR_AGO)
    decisions = judge(report(1, ago=BEFORE), report(2, corrects=1, ago=AFTER), order=ended)
    assert decisions[2].status is Status.ACCEPTED
    assert decisions[2].effect is Effect.NONE


def test_an_order_is_reopened_only_if_nothing_else_ended_it():
    decisions = judge(report(1, "bought"), report(2, "moved"), report(3, "callback", corrects=1))
    assert decisions[3].effect is Effect.NONE
    assert judge(report(1, "bought"), report(3, "callback", corrects=1))[3].effect is Effect.REOPEN


def test_what_writing_refused_is_not_accepted():
    refusal = judge(report(2, corrects=1))[2]
    assert judge(report(1), barred={UUID(int=1): refusal})[1] is refusal


def test_a_long_chain_sent_backwards_is_taken_whole():
    chain = [report(n, "callback", corrects=n - 1 if n > 1 else None) for n in range(1, 201)]
    random.Random(7).shuffle(chain)
    assert {decision.status for decision in judge(*chain).values()} == {Status.ACCEPTED}
