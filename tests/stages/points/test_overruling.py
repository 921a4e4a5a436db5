"""Upheld disputes about verdicts: the new verdict stands, and what is paid is what the month with it comes to, once."""

import random
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.clock import Month
from app.core.errors import Invalid
from app.models.dispute import DisputeDecision
from app.models.feedback import Verdict, Verification, VerificationKind
from app.models.payroll import PayrollDeltaFile
from app.models.points import Component, MonthlyStatement, PayrollFile, PointsEntry
from app.points.closing.close import close_month
from app.points.disputes.deciding import Answer, decide_dispute
from app.points.disputes.service import Disputed, raise_dispute
from app.points.explaining.service import explain_line
from app.points.figures import count_accuracy
from app.points.formula import DEFAULT_PLAN, earn_accuracy
from app.points.late.service import adjust_closed_months
from app.points.payroll.file_format import read_file
from app.points.payroll.files import NothingToPay, make_delta_file
from app.points.payroll.recompute import recompute_month
from app.points.queries import feedback_facts
from app.points.service import show_months
from app.reports.reconciliation import reconcile
from app.verification.queries import find_standing
from app.verification.service import verify_feedback
from tests.factories import NOW, staff
from tests.truth import CLOSING, OCTOBER, declare_complete, make_feedback, make_orders, principal_of

NOVEMBER = Month(2026, 11)
DECEMBER = NOVEMBER.ends_at + timedelta(days=2)


def judge(session, report, verdict, *, probability=1.0, at=NOW):
    standing = find_standing(session, report.id)
    values = {"feedback_id": report.id, "staff_id": report.staff_id, "grid_id": report.grid_id, "decided_at": at}
    values |= {"number": standing.number + 1 if standing else 1, "kind": VerificationKind.BACK_CHECK, "rule": "back_check"}
    session.add(Verification(**values, verdict=verdict, evidence={}, judging_probability=probability))
    session.flush()


def uphold(session, report, verdict, *, now, **overrides):
    """Ana disputes that a report is untrue; Chen upholds it, and Bea too where that takes two."""
    ana, values = principal_of(session, "ana"), {"entry_id": None, "work_order_id": report.work_order_id} | overrides
    said = Disputed(uuid4(), OCTOBER, Component.ACCURACY, **values, expected="true", reason="r", evidence=None, attachment_ids=[])
    raise_dispute(session, principal=ana, disputed=said, now=now)
    for name in ("chen", "bea"):
        by, answer = principal_of(session, name), Answer(DisputeDecision.ACCEPTED, "so", None, verdict, report.id)
        decided = decide_dispute(session, dispute_id=said.id, answer=answer, principal=by, grid_ids=by.grid_ids, now=now)
        if decided.decision is not None:
            break
    assert decided.decision is DisputeDecision.ACCEPTED
    return decided


def accuracy_entries(session):
    mine = PointsEntry.staff_id == staff(session, "ana").id, PointsEntry.component == Component.ACCURACY
    return session.scalars(select(PointsEntry).where(*mine).order_by(PointsEntry.id)).all()


def by_the_facts(session):
    ana = staff(session, "ana").id
    return earn_accuracy(count_accuracy(feedback_facts(session, OCTOBER, staff_ids=[ana]))[ana], DEFAULT_PLAN).points


def paid(session):
    """Of October's accuracy, while November is open."""
    return sum(entry.points for entry in accuracy_entries(session))


@pytest.fixture
def reports(session):
    """Sixteen reports of Ana's that customers were asked about: twelve true, four not."""
    orders = make_orders(session, "ana", [f"C{n:02d}" for n in range(1, 9)])
    orders += make_orders(session, "ana", [f"C{n:02d}" for n in range(1, 9)])
    reports = [make_feedback(session, order) for order in orders]
    for number, report in enumerate(reports):
        verdict = Verdict.CONTRADICTED if number % 4 == 0 else Verdict.CONFIRMED
        judge(session, report, verdict, probability=(1.0, 0.5, 0.25)[number % 3])
    return reports


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_disputed_and_judged_in_whatever_order_the_month_with_its_verdicts_is_paid_once(session, reports, seed):
    rng, now, upheld = random.Random(seed), CLOSING - timedelta(days=1), 0
    closes_at = rng.randrange(2, 7)
    for step in range(14):
        now += timedelta(hours=7)
        if step == closes_at:
            now = max(now, CLOSING)
            close_month(session, month=OCTOBER, now=now)
        kind, report = rng.randrange(4), rng.choice(reports)
        false = [one for one in reports if find_standing(session, one.id).verdict is Verdict.CONTRADICTED]
        if kind <= 1 and false:
            uphold(session, rng.choice(false), rng.choice([Verdict.CONFIRMED, Verdict.UNVERIFIABLE]), now=now)
            upheld += 1
        elif kind == 2:
            judge(session, report, rng.choice(list(Verdict)), probability=rng.choice([1.0, 0.25]), at=now)
        else:
            verify_feedback(session, now=now, since=OCTOBER.starts_at)
        if step > closes_at and rng.random() < 0.4:
            adjust_closed_months(session, now=now)
            assert paid(session) == by_the_facts(session)
            with suppress(NothingToPay):
                make_delta_file(session, month=OCTOBER, now=now)
    assert upheld
    adjust_closed_months(session, now=now)
    assert paid(session) == by_the_facts(session)
    assert adjust_closed_months(session, now=now)["verdicts"] == 0
    close_month(session, month=NOVEMBER, now=DECEMBER)
    everything_agrees(session)


def everything_agrees(session):
    """Ledger, statements, explanations, files and what is computed again say the same."""
    ana, entries = staff(session, "ana").id, accuracy_entries(session)
    lines = []
    for month in (OCTOBER, NOVEMBER):
        recompute_month(session, month=month, now=DECEMBER)
        statement = session.get_one(MonthlyStatement, (month, ana))
        lines += [line for line in statement.lines if line["component"] == "accuracy"]
        lines_of_month = [explained(session, ana, month, line) for line in statement.lines if line["component"] == "accuracy"]
        assert all(sum(part.points for part in one.parts) == Decimal(one.points) for one in lines_of_month)
    assert [(line["entry_id"], Decimal(line["points"])) for line in lines] == [(entry.id, entry.points) for entry in entries]
    files = [session.get_one(PayrollFile, month) for month in (OCTOBER, NOVEMBER)]
    files += session.scalars(select(PayrollDeltaFile).order_by(PayrollDeltaFile.version)).all()
    filed = [line for file in files for line in read_file(file.content) if (line.staff_no, line.component) == ("ANA", "accuracy")]
    assert sorted((int(line.entry_id), Decimal(line.points)) for line in filed) == [(one.id, one.points) for one in entries]
    assert reconcile(session).differences == []


def explained(session, ana, month, line):
    return explain_line(session, staff_id=ana, month=month, line=str(line["entry_id"]), now=DECEMBER)


def test_of_an_open_month_nothing_is_posted_and_its_lines_take_the_verdict_in(session, reports):
    ana, now = staff(session, "ana").id, CLOSING
    before = show_months(session, staff_ids=[ana], month=OCTOBER, now=now)[ana].total
    decided = uphold(session, reports[0], Verdict.CONFIRMED, now=now)
    after = show_months(session, staff_ids=[ana], month=OCTOBER, now=now)[ana].total
    assert Decimal(after) - Decimal(before) == decided.accepted_points > 0
    assert session.scalars(select(PointsEntry)).all() == []
    verdict = find_standing(session, reports[0].id)
    assert (verdict.kind, verdict.dispute_id, verdict.verdict) == (VerificationKind.DISPUTE, decided.id, Verdict.CONFIRMED)
    assert verdict.evidence["dispute"]["overruled"]["rule"] == "back_check"


def test_the_word_of_the_feeds_does_not_undo_it_but_makes_it_certain(session, reports):
    """As with a back-check: once the feeds could judge what was drawn, it counts as what would have been judged anyway."""
    report = reports[4]  # drawn with one half
    decided = uphold(session, report, Verdict.CONFIRMED, now=CLOSING)
    declare_complete(session, "calls", NOW.date(), NOW.date())
    verify_feedback(session, now=CLOSING, since=OCTOBER.starts_at)
    verdict = find_standing(session, report.id)
    assert (verdict.verdict, verdict.judging_probability, verdict.dispute_id) == (Verdict.CONFIRMED, 1, decided.id)
    assert verify_feedback(session, now=CLOSING, since=OCTOBER.starts_at)["added"] == 0


@pytest.mark.parametrize(
    ("number", "verdict", "field"),
    [(1, Verdict.CONFIRMED, "feedback_id"), (0, Verdict.CONTRADICTED, "verdict")],
    ids=["it stands as true", "what stands already"],
)
def test_only_a_contradiction_is_overruled_and_by_another_verdict(session, reports, number, verdict, field):
    with pytest.raises(Invalid, match=field):
        uphold(session, reports[number], verdict, now=CLOSING)


def test_a_report_of_another_work_order_is_not_what_was_disputed(session, reports):
    with pytest.raises(Invalid, match="feedback_id"):
        uphold(session, reports[0], Verdict.CONFIRMED, now=CLOSING, work_order_id=reports[4].work_order_id)


def test_the_database_knows_no_verdict_of_a_dispute_without_one_and_no_dispute_with_half_a_verdict(session, reports):
    decided = uphold(session, reports[0], Verdict.CONFIRMED, now=CLOSING)
    of_a_dispute = (
        "INSERT INTO verifications (feedback_id, number, staff_id, grid_id, kind, verdict, rule, evidence, judging_probability,"
        " decided_at, dispute_id) SELECT feedback_id, 99, staff_id, grid_id, {}, verdict, rule, evidence, 1, decided_at, {}"
        " FROM verifications WHERE dispute_id IS NOT NULL"
    )
    raised = (
        "INSERT INTO points_disputes (id, staff_id, grid_id, month, component, expected, reason, attachment_ids, shown,"
        " raised_at, feedback_id, verdict, decision, decided_at, decision_reason, decided_by_staff_id)"
        " SELECT gen_random_uuid(), staff_id, grid_id, month, {}, expected, reason, attachment_ids, shown, raised_at, {}, {}, {},"
        f" decided_at, 'x', decided_by_staff_id FROM points_disputes WHERE id = '{decided.id}'"
    )
    for statement, name in (
        (of_a_dispute.format("'dispute'", "NULL"), "of_a_dispute"),
        (of_a_dispute.format("'review'", "dispute_id"), "of_a_dispute"),
        (raised.format("'accuracy'", "feedback_id", "NULL", "'accepted'"), "verdict_of_a_report"),
        (raised.format("'success'", "feedback_id", "verdict", "'accepted'"), "verdict_of_a_report"),
        (raised.format("'accuracy'", "feedback_id", "verdict", "'rejected'"), "verdict_of_an_accepted"),
    ):
        with pytest.raises(DBAPIError, match=name), session.begin_nested():
            session.execute(text(statement))
