"""What the feeds say about a claim."""

from dataclasses import replace
from datetime import date

import pytest

from app.verification.matching import Claim, CompleteDays, Traces, judge

DAY, NEXT = date(2026, 10, 12), date(2026, 10, 13)
CALL = Claim(by_call=True, spoke=False, sale=False, clock_doubtful=False, call_days=(DAY, DAY), sale_days=(DAY, NEXT))
TALK = replace(CALL, spoke=True)
SALE = replace(CALL, by_call=False, sale=True)
NOTHING = Traces(None, None, None)
COMPLETE = CompleteDays(frozenset({DAY, NEXT}), frozenset({DAY, NEXT}))
INCOMPLETE = CompleteDays(frozenset(), frozenset())


@pytest.mark.parametrize(
    ("claim", "traces", "complete", "verdict"),
    [
        (CALL, Traces("K1", 0, None), INCOMPLETE, "confirmed"),
        (CALL, NOTHING, COMPLETE, "contradicted"),
        (CALL, NOTHING, INCOMPLETE, "unverifiable"),
        (TALK, Traces("K1", 1, None), INCOMPLETE, "confirmed"),
        (TALK, Traces("K1", 0, None), COMPLETE, "contradicted"),
        (TALK, Traces("K1", 0, None), INCOMPLETE, "unverifiable"),
        (replace(CALL, clock_doubtful=True), NOTHING, COMPLETE, "unverifiable"),
        (replace(CALL, call_days=(date(2026, 10, 11), DAY)), NOTHING, COMPLETE, "unverifiable"),
        (SALE, Traces(None, None, "O1"), INCOMPLETE, "confirmed"),
        (SALE, NOTHING, COMPLETE, "contradicted"),
        (SALE, NOTHING, CompleteDays(frozenset(), frozenset({DAY})), "unverifiable"),
        (replace(TALK, sale=True), Traces("K1", 30, None), COMPLETE, "contradicted"),
        (replace(TALK, sale=True), Traces(None, None, "O1"), COMPLETE, "contradicted"),
        (replace(TALK, sale=True), Traces("K1", 30, None), INCOMPLETE, "confirmed"),
        (replace(TALK, sale=True), Traces("K1", 30, "O1"), INCOMPLETE, "confirmed"),
        (replace(CALL, by_call=False), NOTHING, COMPLETE, "unverifiable"),
    ],
)
def test_a_claim_is_judged_by_what_complete_feeds_hold(claim, traces, complete, verdict):
    assert judge(claim, traces, complete).verdict == verdict


def test_the_evidence_names_the_call_and_the_order():
    evidence = judge(replace(TALK, sale=True), Traces("K1", 30, "O1"), COMPLETE).evidence
    assert evidence["call"] == {"finding": "found", "call_id": "K1", "seconds": 30}
    assert evidence["order"] == {"finding": "found", "order_no": "O1"}


def test_the_evidence_of_a_contradiction_names_the_complete_days_that_lack_it():
    evidence = judge(SALE, NOTHING, COMPLETE).evidence["order"]
    assert evidence == {"finding": "absent", "feed": "orders", "complete_days": ["2026-10-12", "2026-10-13"]}


def test_the_evidence_of_doubt_names_the_days_that_are_not_complete():
    judgement = judge(SALE, NOTHING, CompleteDays(frozenset(), frozenset({DAY})))
    assert judgement.evidence["order"]["incomplete_days"] == ["2026-10-13"]
    assert judgement.rule == "order"


def test_an_unanswered_call_is_named_where_a_talk_was_claimed():
    assert judge(TALK, Traces("K1", 0, None), COMPLETE).evidence["call"]["unanswered_call_id"] == "K1"
