"""Closing a month."""

import hashlib
import json
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.core.clock import Month
from app.models.feedback import ContactFeedback
from app.models.points import BasePoints, MonthlyStatement, PayrollFile, PointsEntry, PointsEvidence, PointsMonth, PointsPlan
from app.points.closing.close import EarlierMonthOpen, MonthAlreadyClosed, MonthNotOver, close_month
from app.points.plans.in_force import ensure_default_plan, open_month
from app.points.service import explain_statement, preview_month, show_my_month
from tests.factories import NOW, make_work_order, staff
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_feedback, make_orders, make_sale


def _entries(session, name, month=OCTOBER):
    entries = select(PointsEntry).where(PointsEntry.month == month, PointsEntry.staff_id == staff(session, name).id)
    return {entry.component.value: entry for entry in session.scalars(entries.order_by(PointsEntry.id))}


def test_a_manager_s_month_as_worked_out_by_hand(session):
    """Success: 1 of 8 matured = 12.5 %; (0.125 - 0.02) / 0.18 = 0.58333333; x 20 = 11.6667.
    Accuracy: 4 of 5 judged = 0.8; (0.8 - 0.6) / 0.35 = 0.57142857; x 20 = 11.4286.
    Existing scheme: 84.2 of 100; x 60 = 50.52. Together 73.6153.
    """
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    entries = _entries(session, "ana")
    assert {name: entry.points for name, entry in entries.items()} == {
        "success": Decimal("11.6667"),
        "accuracy": Decimal("11.4286"),
        "existing_scheme": Decimal("50.5200"),
    }
    statement = session.get_one(MonthlyStatement, (OCTOBER, staff(session, "ana").id))
    assert statement.total == Decimal("73.6153")
    assert entries["success"].explanation["figures"] | {"expected": None} == {
        "successes": 1,
        "matured": 8,
        "left_out": 2,
        "shared": 0,
        "expected": None,
        "company_ratio": "0.62500000",  # 1 success where 8 x 0.2 = 1.6 were expected
        "success_rate": "0.12500000",
        "success_rate_interval": ["0.02241749", "0.47088818"],
        "success_index": "0.62500000",  # (1 + 5 x 0.625) / (1.6 + 5)
        "success_index_interval": ["0.17274475", "1.35651579"],
        "value": "0.12500000",
        "normalised": "0.58333333",
        "fell_back": False,
    }
    assert "1 of 8 matured work orders were sales (2 more left out" in entries["success"].explanation["words"]


def test_the_evidence_adds_up_to_the_lines(session):
    orders = make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    counted = {
        name: sorted(session.scalars(select(PointsEvidence.counted).where(PointsEvidence.entry_id == entry.id)))
        for name, entry in _entries(session, "ana").items()
    }
    assert counted["success"] == ["failed"] * 7 + ["left_out"] * 2 + ["success"]
    assert counted["accuracy"] == ["confirmed"] * 4 + ["contradicted", "unverifiable"]
    lines = explain_statement(session, staff_id=orders[0].staff_id, month=OCTOBER, now=CLOSING)
    won = next(line for line in lines if line.counted == "success")
    assert (won.work_order_id, won.customer_no) == (orders[0].id, "C01")
    assert won.order_no.startswith("SALE")
    false = next(line for line in lines if line.counted == "contradicted")
    assert false.evidence["call"]["complete_days"] == ["2026-10-12"]


def test_everybody_active_has_a_statement_and_little_to_judge_pays_the_fallback_in_words(session):
    close_month(session, month=OCTOBER, now=CLOSING)
    entries = _entries(session, "dee")
    assert [entries[name].points for name in ("success", "accuracy", "existing_scheme")] == [10, 10, 0]
    assert "too little to judge" in entries["accuracy"].explanation["words"]
    assert session.scalar(select(func.count()).select_from(MonthlyStatement)) == 4


def test_a_grid_manager_has_no_points(session):
    session.add(BasePoints(period=OCTOBER, staff_id=staff(session, "chen").id, component="existing_scheme", points=Decimal(50)))
    session.flush()
    close_month(session, month=OCTOBER, now=CLOSING)
    assert _entries(session, "chen") == {}


def test_a_work_order_counts_in_the_month_in_which_it_matures(session):
    edge = make_orders(session, "ana", ["C01"], matures_at=OCTOBER.ends_at)
    beyond = make_orders(session, "ana", ["C02"], matures_at=OCTOBER.starts_at)
    close_month(session, month=OCTOBER, now=CLOSING)
    evidence = set(session.scalars(select(PointsEvidence.work_order_id)))
    assert edge[0].id in evidence
    assert beyond[0].id not in evidence


def test_the_file_holds_every_entry_and_no_name(session):
    make_anas_october(session)
    counts = close_month(session, month=OCTOBER, now=CLOSING)
    file = session.get_one(PayrollFile, OCTOBER)
    assert hashlib.sha256(file.content).hexdigest() == file.sha256 == counts["sha256"]
    assert file.content.count(b"\n") == file.row_count + 1 == 13
    assert file.points_sum == session.scalar(select(func.sum(PointsEntry.points)))
    assert b"Ana" not in file.content


def test_statements_are_the_sum_of_their_lines(session):
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    for statement in session.scalars(select(MonthlyStatement)):
        assert statement.total == sum(Decimal(line["points"]) for line in statement.lines)
        json.dumps(statement.lines)


def test_a_month_is_closed_only_when_it_is_over(session):
    with pytest.raises(MonthNotOver):
        close_month(session, month=OCTOBER, now=NOW)


def test_a_month_is_closed_once(session):
    close_month(session, month=OCTOBER, now=CLOSING)
    with pytest.raises(MonthAlreadyClosed):
        close_month(session, month=OCTOBER, now=CLOSING)


def test_an_earlier_month_with_entries_is_closed_first(session):
    september = Month(2026, 9)
    ana = staff(session, "ana")
    row = open_month(session, month=september, now=NOW)
    session.add(
        PointsEntry(
            month=september,
            staff_id=ana.id,
            grid_id=ana.unit_id,
            component="success",
            kind="earned",
            points=1,
            plan_id=row.plan_id,
            explanation={},
            posted_at=NOW,
        )
    )
    session.flush()
    with pytest.raises(EarlierMonthOpen):
        close_month(session, month=OCTOBER, now=CLOSING)


def test_the_default_plan_is_stored_once(session):
    ensure_default_plan(session, now=NOW)
    ensure_default_plan(session, now=NOW)
    assert session.scalar(select(func.count()).select_from(PointsPlan)) == 1


def test_a_preview_shows_what_the_close_will_post_and_writes_nothing(session):
    make_anas_october(session)
    before = preview_month(session, staff_ids=[staff(session, "ana").id], month=OCTOBER, now=CLOSING)
    assert session.scalar(select(func.count()).select_from(PointsMonth)) == 0
    shown = before[staff(session, "ana").id]
    assert (shown.closed_at, shown.pending_feedback) == (None, 6)
    close_month(session, month=OCTOBER, now=CLOSING)
    after = show_my_month(session, staff_id=staff(session, "ana").id, month=OCTOBER, now=CLOSING)
    assert (after.closed_at, after.total) == (CLOSING, "73.6153")
    assert shown.lines[0]["points"] == after.lines[0]["points"] == "11.6667"


def test_a_preview_counts_what_matured_by_now_and_says_what_is_still_to_mature(session):
    orders = make_orders(session, "ana", ["C01", "C02"])
    make_sale(session, orders[0])
    shown = show_my_month(session, staff_id=orders[0].staff_id, month=None, now=NOW)
    assert (shown.month, shown.waiting_work_orders) == ("2026-10", 2)
    assert shown.lines[0]["figures"]["matured"] == 0


def test_feedback_belongs_to_the_month_in_which_it_was_received(session):
    order = make_work_order(session)
    make_feedback(session, order, contacted_at=NOW, received_at=OCTOBER.ends_at)
    close_month(session, month=OCTOBER, now=CLOSING)
    assert session.scalar(select(ContactFeedback.month)) == Month(2026, 11)
    assert _entries(session, "ana")["accuracy"].explanation["figures"]["unverifiable"] == 0
