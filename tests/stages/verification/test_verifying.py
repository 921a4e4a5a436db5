"""Judging feedback by the calls and orders feeds."""

import random
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from app.core.clock import local_date
from app.models.feedback import BackCheck, Channel, ContactFeedback, Verdict, Verification, VerificationKind
from app.verification import claim_queries, queries, service
from app.verification.asking import answer_back_check
from app.verification.drawing import draw_back_checks
from app.verification.service import verify_feedback
from tests.factories import NOW, get, make_work_order, staff
from tests.truth import OCTOBER, declare_complete, make_call, make_feedback, make_sale, principal_of

LATER = NOW + timedelta(days=5)
DAY = local_date(NOW)


def _verdicts(session, feedback):
    found = select(Verification).where(Verification.feedback_id == feedback.id).order_by(Verification.number)
    return list(session.scalars(found))


def _verify(session, feedback, now=LATER):
    verify_feedback(session, now=now)
    return _verdicts(session, feedback)[-1]


@pytest.mark.parametrize(
    ("minutes", "seconds", "outcome", "verdict"),
    [
        (0, 0, "not_reached", "confirmed"),
        (30, 0, "not_reached", "confirmed"),
        (-30, 0, "not_reached", "confirmed"),
        (31, 60, "not_reached", "contradicted"),
        (0, 1, "refused", "confirmed"),
        (0, 0, "refused", "contradicted"),
    ],
)
def test_a_reported_call_is_looked_for_within_half_an_hour(session, minutes, seconds, outcome, verdict):
    order = make_work_order(session)
    make_call(session, order, started_at=NOW + timedelta(minutes=minutes), seconds=seconds)
    declare_complete(session, "calls", DAY, DAY)
    assert _verify(session, make_feedback(session, order, outcome=outcome)).verdict == verdict


def test_a_call_of_a_colleague_or_to_another_customer_proves_nothing(session):
    order, other = make_work_order(session), make_work_order(session, customer_no="C02")
    make_call(session, other)
    make_call(session, order).staff_id = staff(session, "bo").id
    declare_complete(session, "calls", DAY, DAY)
    assert _verify(session, make_feedback(session, order)).verdict == Verdict.CONTRADICTED


def test_a_missing_call_proves_nothing_while_the_feed_is_not_complete_for_its_day(session):
    feedback = make_feedback(session, make_work_order(session))
    assert _verify(session, feedback).verdict == Verdict.UNVERIFIABLE
    declare_complete(session, "calls", DAY, DAY)
    assert _verify(session, feedback).verdict == Verdict.CONTRADICTED
    assert [verdict.number for verdict in _verdicts(session, feedback)] == [1, 2]


def test_a_missing_call_proves_nothing_where_the_phone_s_clock_was_in_doubt(session):
    declare_complete(session, "calls", DAY, DAY)
    feedback = make_feedback(session, make_work_order(session), clock_doubtful=True)
    assert _verify(session, feedback).verdict == Verdict.UNVERIFIABLE


@pytest.mark.parametrize(
    ("ordered_after", "product", "verdict"),
    [
        (timedelta(0), "FTTH1", "confirmed"),
        (timedelta(days=3), "FTTH2", "confirmed"),
        (timedelta(days=3, seconds=1), "FTTH1", "contradicted"),
        (timedelta(0), "TV1", "contradicted"),
        (timedelta(days=-8), "FTTH1", "contradicted"),
    ],
)
def test_a_claimed_sale_is_looked_for_in_the_family_from_dispatch_until_three_days_after(
    session, ordered_after, product, verdict
):
    order = make_work_order(session)
    make_sale(session, order, ordered_at=NOW + ordered_after, product_code=product)
    declare_complete(session, "orders", local_date(order.dispatched_at), DAY + timedelta(days=3))
    feedback = make_feedback(session, order, outcome="bought", channel=Channel.VISIT)
    assert _verify(session, feedback).verdict == verdict


def test_a_claimed_sale_is_not_contradicted_before_its_grace_is_over_in_the_feed(session):
    order = make_work_order(session)
    declare_complete(session, "orders", local_date(order.dispatched_at), DAY + timedelta(days=2))
    feedback = make_feedback(session, order, outcome="bought", channel=Channel.VISIT)
    verdict = _verify(session, feedback)
    assert verdict.verdict == Verdict.UNVERIFIABLE
    assert verdict.evidence["order"]["incomplete_days"] == ["2026-10-15"]


def test_a_sale_by_call_without_its_order_is_contradicted_though_the_call_was_made(session):
    order = make_work_order(session)
    call = make_call(session, order)
    declare_complete(session, "orders", local_date(order.dispatched_at), DAY + timedelta(days=3))
    verdict = _verify(session, make_feedback(session, order, outcome="bought"))
    assert verdict.verdict == Verdict.CONTRADICTED
    assert verdict.evidence["call"]["call_id"] == call.call_id
    assert verdict.evidence["order"]["finding"] == "absent"


def test_the_days_are_local(session):
    """Half past midnight in Shanghai is the day before in UTC."""
    at = datetime.fromisoformat("2026-10-12T00:45:00+08:00")
    feedback = make_feedback(session, make_work_order(session), contacted_at=at)
    declare_complete(session, "calls", date(2026, 10, 11), date(2026, 10, 11))
    assert _verify(session, feedback).verdict == Verdict.UNVERIFIABLE
    declare_complete(session, "calls", date(2026, 10, 12), date(2026, 10, 12))
    assert _verify(session, feedback).verdict == Verdict.CONTRADICTED


def test_only_the_latest_of_a_chain_of_corrections_is_judged(session):
    order = make_work_order(session)
    first = make_feedback(session, order)
    second = make_feedback(session, order, corrects_id=first.id)
    assert verify_feedback(session, now=LATER)["judged"] == 1
    assert (len(_verdicts(session, first)), len(_verdicts(session, second))) == (0, 1)


def test_judging_again_changes_nothing(session):
    make_feedback(session, make_work_order(session))
    assert verify_feedback(session, now=LATER)["added"] == 1
    assert verify_feedback(session, now=LATER)["added"] == 0


def _checked(session, feedback, answers, *, probability=1.0):
    drawn = draw_back_checks(session, month=OCTOBER, secret="s", now=LATER)
    assert drawn["drawn"] == 1
    get(session, BackCheck, feedback_id=feedback.id).inclusion_probability = probability
    answer_back_check(
        session,
        feedback_id=feedback.id,
        reached=bool(answers),
        answers=answers,
        note=None,
        principal=principal_of(session, "fu"),
        now=LATER,
    )


def test_the_answer_of_a_back_check_stands_over_the_feeds_for_ever(session):
    order = make_work_order(session)
    feedback = make_feedback(session, order, outcome="refused", objection="no_need")
    make_call(session, order)
    verify_feedback(session, now=LATER)
    _checked(session, feedback, {"contacted": "no"})
    assert _verify(session, feedback).verdict == Verdict.CONTRADICTED


def test_what_the_feeds_judged_keeps_its_weight_of_one_when_it_is_checked_too(session):
    order = make_work_order(session)
    feedback = make_feedback(session, order, outcome="refused", objection="no_need")
    make_call(session, order)
    verify_feedback(session, now=LATER)
    _checked(session, feedback, {"contacted": "yes"}, probability=0.25)
    assert _verdicts(session, feedback)[-1].judging_probability == 1


def test_what_only_the_draw_could_judge_weighs_by_the_draw_until_the_feeds_can_judge_it_too(session):
    feedback = make_feedback(session, make_work_order(session), outcome="refused")
    verify_feedback(session, now=LATER)
    _checked(session, feedback, {"contacted": "yes"}, probability=0.25)
    assert _verdicts(session, feedback)[-1].judging_probability == 0.25
    declare_complete(session, "calls", DAY, DAY)
    last = _verify(session, feedback)
    assert (last.kind, last.verdict, last.judging_probability) == ("back_check", "confirmed", 1)
    assert last.evidence["automatic"]["verdict"] == "contradicted"
    assert verify_feedback(session, now=LATER)["added"] == 0


def test_a_customer_who_was_not_reached_leaves_the_verdict_as_it_is(session):
    order = make_work_order(session)
    feedback = make_feedback(session, order, outcome="refused", objection="no_need")
    make_call(session, order)
    verify_feedback(session, now=LATER)
    _checked(session, feedback, {})
    assert [verdict.verdict for verdict in _verdicts(session, feedback)] == [Verdict.CONFIRMED]


def test_what_is_judged_for_many_at_once_is_what_would_be_judged_of_each(session):
    """400 reports of all kinds, some corrected, some drawn and answered, with traces, half of the days complete; judged twice."""
    chance, orders = random.Random(56), [make_work_order(session, customer_no=f"C{n:02d}") for n in range(1, 11)]
    for day in chance.sample(range(-8, 9), 9):
        for feed in ("calls", "orders"):
            declare_complete(session, feed, DAY + timedelta(days=day), DAY + timedelta(days=day))
    for _ in range(400):
        order, at = chance.choice(orders), NOW + timedelta(hours=chance.randrange(-120, 120))
        outcome, channel = chance.choice(["not_reached", "refused", "bought"]), chance.choice([Channel.CALL, Channel.VISIT])
        said = {"contacted_at": at, "channel": channel, "clock_doubtful": chance.random() < 0.2}
        made = make_feedback(session, order, outcome=outcome, **said)
        if chance.random() < 0.1:
            make_feedback(session, order, corrects_id=made.id, outcome="thinking", **said)
        if chance.random() < 0.6:
            make_call(
                session, order, started_at=at + timedelta(minutes=chance.randrange(-40, 40)), seconds=chance.choice([0, 0, 60])
            )
    for order in orders[:5]:
        make_sale(
            session, order, ordered_at=NOW + timedelta(days=chance.randrange(-6, 6)), product_code=chance.choice(["FTTH2", "TV1"])
        )
    for number, later in ((20, NOW + timedelta(days=6)), (40, NOW + timedelta(days=7))):
        _hold_together(session)
        verify_feedback(session, now=later)
        for verdict in session.scalars(select(Verification).where(Verification.number == 1)).all()[::7]:
            said = {"kind": VerificationKind.BACK_CHECK, "verdict": Verdict.CONFIRMED, "rule": "back_check", "evidence": {}}
            place = {"feedback_id": verdict.feedback_id, "staff_id": verdict.staff_id, "grid_id": verdict.grid_id}
            session.add(
                Verification(**place, **said, number=number, judging_probability=chance.choice([0.1, 1]), decided_at=later)
            )
        session.flush()
        declare_complete(session, "calls", DAY + timedelta(days=9 + later.day), DAY + timedelta(days=9 + later.day))


def _hold_together(session):
    complete = service.CompleteDays(queries.complete_days(session, "calls"), queries.complete_days(session, "orders"))
    claim_queries.take_down_claims(session, since=OCTOBER.starts_at, spoken=service.CONVERSATIONS, sales=service.SALES)
    keys = dict(session.execute(text("SELECT feedback_id, key FROM claim_keys")).all())
    current = session.scalars(select(ContactFeedback.id).where(queries.is_current())).all()
    assert keys.keys() == set(current)
    rows = queries.claims(session, feedback_ids=current, sale_outcomes=service.SALES)
    seen = set()
    for row in rows:
        alone = service.judge(service._claim(row), service._traces(row), complete)
        together, is_news = service._judge_key(keys[row.id], complete)
        assert (together.verdict, together.rule) == (alone.verdict, alone.rule)
        assert is_news == (service._new_verdict(row, alone) is not None)
        seen.add((alone.verdict, alone.rule, is_news))
    assert len(seen) > 6
