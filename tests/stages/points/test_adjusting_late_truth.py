"""After the close: a report that moves credit, a verdict that changes, points of the existing scheme fed anew."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.models.feedback import Verdict, Verification, VerificationKind
from app.models.points import BasePoints, EntryKind, PointsEntry, PointsEvidence
from app.points.closing.close import close_month
from app.points.figures import count_accuracy, count_success
from app.points.formula import DEFAULT_PLAN, ONE, earn_accuracy, earn_success
from app.points.late.service import adjust_closed_months
from app.points.queries import feedback_facts, work_order_facts
from app.verification.queries import find_standing
from tests.factories import NOW, staff
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_feedback, make_orders, make_sale

LATER = CLOSING + timedelta(days=1)


def _paid(session, name, component):
    """Points of a closed October's component with its adjustments."""
    entries = select(PointsEntry).where(PointsEntry.staff_id == staff(session, name).id, PointsEntry.component == component)
    return sum(entry.points for entry in session.scalars(entries))


def _adjustments(session):
    return list(session.scalars(select(PointsEntry).where(PointsEntry.kind == EntryKind.ADJUSTMENT).order_by(PointsEntry.id)))


def _nothing_more(session):
    counts = adjust_closed_months(session, now=LATER + timedelta(hours=1))
    assert {name: count for name, count in counts.items() if count not in (0, "0")} == {}


def _success_by_the_facts(session, name):
    facts = work_order_facts(session, OCTOBER, now=LATER)
    return earn_success(count_success(facts)[staff(session, name).id], DEFAULT_PLAN, ONE).points


@pytest.fixture
def sold(session):
    """Bo's orders of which the first is a sale after Bo spoke with the customer, closed; and Ana has others."""
    make_orders(session, "ana", ["C06", "C07"])
    orders = make_orders(session, "bo", ["C01", "C02", "C03", "C04", "C05"])
    make_feedback(session, orders[0], outcome="interested", contacted_at=NOW)
    make_sale(session, orders[0], ordered_at=NOW + timedelta(hours=5))
    close_month(session, month=OCTOBER, now=CLOSING)
    return orders


def _late_report(session, order, name, *, hours):
    person = staff(session, name)
    return make_feedback(
        session,
        order,
        outcome="interested",
        staff_id=person.id,
        grid_id=person.unit_id,
        contacted_at=NOW + timedelta(hours=hours),
        received_at=LATER,
    )


def test_a_report_after_the_close_moves_credit_from_one_to_the_other_linked_to_both_lines(session, sold):
    _late_report(session, sold[0], "ana", hours=-1)
    counts = adjust_closed_months(session, now=LATER)
    assert counts["credit_moved"] == 2
    entries = {entry.staff_id: entry for entry in _adjustments(session)}
    assert {entry.cause for entry in entries.values()} == {f"credit_moved:{sold[0].id}"}
    assert "your part 1 becomes 0.6" in entries[staff(session, "bo").id].explanation["words"]
    assert "your part 0 becomes 0.4" in entries[staff(session, "ana").id].explanation["words"]
    for entry in entries.values():
        original = session.get_one(PointsEntry, entry.refers_to_id)
        assert (original.staff_id, original.component, original.kind) == (entry.staff_id, "success", "earned")
        evidence = session.scalars(select(PointsEvidence).where(PointsEvidence.entry_id == entry.id)).one()
        assert (evidence.work_order_id, evidence.counted) == (sold[0].id, "success")
    for name in ("ana", "bo"):
        assert _paid(session, name, "success") == _success_by_the_facts(session, name), name
    _nothing_more(session)


def test_credit_may_leave_somebody_whole_and_come_back(session, sold):
    """Bo held an order with which nobody spoke; Ana reports late that she did, and then that it was not so."""
    first = _late_report(session, sold[1], "ana", hours=1)
    adjust_closed_months(session, now=LATER)
    assert _paid(session, "bo", "success") == _success_by_the_facts(session, "bo")
    make_feedback(session, sold[1], outcome="not_reached", staff_id=first.staff_id, received_at=LATER, corrects_id=first.id)
    counts = adjust_closed_months(session, now=LATER + timedelta(minutes=1))
    assert counts["credit_moved"] == 2
    ana = staff(session, "ana").id
    for name in ("ana", "bo"):
        assert _paid(session, name, "success") == _success_by_the_facts(session, name), name
    causes = [entry.cause for entry in _adjustments(session) if entry.staff_id == ana]
    assert causes == [f"credit_moved:{sold[1].id}", f"credit_moved:{sold[1].id}#2"]
    _nothing_more(session)


def _judge(session, feedback_id, verdict, at=LATER, probability=1.0):
    standing = find_standing(session, feedback_id)
    session.add(
        Verification(
            feedback_id=feedback_id,
            number=standing.number + 1,
            staff_id=standing.staff_id,
            grid_id=standing.grid_id,
            kind=VerificationKind.BACK_CHECK,
            verdict=verdict,
            rule="asked",
            evidence={},
            judging_probability=probability,
            decided_at=at,
        )
    )
    session.flush()


def _evidence(session, counted):
    found = select(PointsEvidence).where(PointsEvidence.counted == counted, PointsEvidence.feedback_id.is_not(None))
    return session.scalars(found.order_by(PointsEvidence.id)).first()


def test_a_verdict_that_changes_after_the_close_is_adjusted_with_its_link_and_once(session):
    """4 of 5 true (11.4286) become 5 of 5: all 20 points."""
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    false = _evidence(session, "contradicted")
    _judge(session, false.feedback_id, Verdict.CONFIRMED)
    counts = adjust_closed_months(session, now=LATER)
    assert (counts["verdicts"], counts["points"]) == (1, "8.5714")
    (entry,) = _adjustments(session)
    assert (entry.component, entry.refers_to_id, entry.cause) == ("accuracy", false.entry_id, f"verdict:{false.feedback_id}")
    assert "4 confirmed of 5 judged become 5 of 5" in entry.explanation["words"]
    evidence = session.scalars(select(PointsEvidence).where(PointsEvidence.entry_id == entry.id)).one()
    assert (evidence.feedback_id, evidence.counted, evidence.weight) == (false.feedback_id, "confirmed", 1)
    _nothing_more(session)


def test_a_verdict_that_was_being_written_while_the_month_closed_is_adjusted_too(session):
    """It says a time before the close, and the close did not see it."""
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    _judge(session, _evidence(session, "contradicted").feedback_id, Verdict.CONFIRMED, CLOSING - timedelta(seconds=1))
    assert adjust_closed_months(session, now=LATER)["verdicts"] == 1
    _nothing_more(session)


def test_verdicts_that_change_again_and_again_sum_to_the_points_under_the_facts(session):
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    ana, drawn, sure = staff(session, "ana").id, _evidence(session, "unverifiable"), _evidence(session, "confirmed")
    waves = [(drawn, "contradicted", 0.25), (sure, "unverifiable", 1.0), (drawn, "confirmed", 0.25), (sure, "contradicted", 1.0)]
    for hours, (evidence, verdict, probability) in enumerate(waves):
        _judge(session, evidence.feedback_id, Verdict(verdict), LATER + timedelta(hours=hours), probability)
        adjust_closed_months(session, now=LATER + timedelta(hours=hours))
        facts = count_accuracy(feedback_facts(session, OCTOBER, staff_ids=[ana]))[ana]
        assert _paid(session, "ana", "accuracy") == earn_accuracy(facts, DEFAULT_PLAN).points, verdict
    _nothing_more(session)


def test_who_corrects_a_lie_after_the_close_keeps_its_verdict(session):
    orders = make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    false = _evidence(session, "contradicted")
    make_feedback(session, orders[4], outcome="not_reached", received_at=LATER, corrects_id=false.feedback_id)
    _nothing_more(session)


def test_base_points_fed_otherwise_after_the_close_are_adjusted_once(session):
    """84.2 of 100 become 90, then 130, of which the plan pays 100; then nothing."""
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    fed = session.get_one(BasePoints, (OCTOBER, staff(session, "ana").id, "existing_scheme"))
    for points, paid in (("90", "54"), ("130", "60"), ("0", "0")):
        fed.points = Decimal(points)
        session.flush()
        assert adjust_closed_months(session, now=LATER)["base_points"] == 1
        assert _paid(session, "ana", "existing_scheme") == Decimal(paid)
    entries = _adjustments(session)
    assert [entry.cause for entry in entries] == ["base_points", "base_points#2", "base_points#3"]
    assert "84.2 become 90" in entries[0].explanation["words"]
    _nothing_more(session)
