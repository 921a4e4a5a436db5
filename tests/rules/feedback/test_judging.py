"""The table of decisions, and reports judged together."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from app.feedback import judging
from app.feedback.clockwork import place_contact
from app.feedback.decisions import Effect, OrderFacts, Place, Status
from app.feedback.intake import read_item
from app.feedback.judging import LONGEST_WAIT, Report, judge_all

NOW = datetime(2026, 10, 12, 2, tzinfo=UTC)
AN_HOUR_AGO = NOW - timedelta(hours=1)
LIVE = OrderFacts(7, "open", True, None, None, NOW - timedelta(days=7))


def report(number, outcome="interested", *, corrects=None, ago=timedelta(minutes=10), order=7, sequence=None, device="phone-1"):
    raw = {
        "id": str(UUID(int=number)),
        "work_order_id": order,
        "channel": "call",
        "outcome": outcome,
        "started_at": (NOW - ago).isoformat(),
        "objection": "no_need" if outcome == "refused" else None,
        "callback_at": (NOW + timedelta(days=1)).isoformat() if outcome == "callback" else None,
        "corrects_id": str(UUID(int=corrects)) if corrects else None,
        "order_sequence": sequence,
    }
    return Report(number, read_item(raw), NOW, device, NOW)


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


def test_reports_of_one_phone_on_one_order_are_taken_in_its_own_order_whatever_order_they_come_in():
    made = [report(1, "interested", sequence=1), report(2, "bought", sequence=2), report(3, "not_reached", sequence=3)]
    for order in permutations(made):
        decisions = judge(*order)
        assert [decisions[n].effect for n in (1, 2, 3)] == [Effect.CONTACT, Effect.COMPLETE, Effect.NONE]


def test_a_later_report_waits_for_the_earlier_one_of_its_phone_and_order():
    decisions = judge(report(3, sequence=3), report(1, sequence=1))
    assert (decisions[3].status, decisions[3].code) == (Status.HELD, "feedback.waits_in_order")
    assert decisions[1].status is Status.ACCEPTED
    other_phone = judge(report(3, sequence=2), report(1, sequence=1, device="phone-2"))
    assert other_phone[3].status is Status.HELD
    assert judge(report(3, sequence=2), report(1))[3].status is Status.HELD


def test_a_report_that_was_refused_has_come_and_is_waited_for_no_longer():
    ended = replace(LIVE, state="withdrawn", closed_at=AN_HOUR_AGO)
    decisions = judge(report(2, sequence=2, ago=BEFORE), report(1, sequence=1, ago=AFTER), order=ended)
    assert [decisions[n].status for n in (1, 2)] == [Status.REJECTED, Status.ACCEPTED]
    read_before = judge_all(
        [report(2, sequence=2)], facts={7: LIVE}, known={}, barred={}, now=NOW, arrived={Place(7, "phone-1", 1)}
    )
    assert read_before[0].decision.status is Status.ACCEPTED


def test_a_report_waits_in_order_for_a_day_and_no_longer():
    sent = report(2, sequence=2)
    for wait, status in ((LONGEST_WAIT - timedelta(seconds=1), Status.HELD), (LONGEST_WAIT, Status.ACCEPTED)):
        judged = judge_all([sent], facts={7: LIVE}, known={}, barred={}, now=NOW + wait)
        assert judged[0].decision.status is status


def test_a_long_queue_sent_backwards_is_judged_in_one_pass(monkeypatch):
    calls = []
    monkeypatch.setattr(judging, "place_contact", lambda **times: calls.append(1) or place_contact(**times))
    queue = [report(n, sequence=n) for n in range(200, 0, -1)]
    assert {decision.status for decision in judge(*queue).values()} == {Status.ACCEPTED}
    assert len(calls) == 200
