"""One story, ingest to payroll, on real customers: the best documentation of what the service is for."""

import csv
import hashlib
import io
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import func, select

from app.core.clock import Month
from app.models.customer import Customer, PastContact
from app.models.feedback import BackCheck, ContactFeedback, Verification
from app.models.organisation import Staff
from app.models.points import Component, EntryKind, MonthlyStatement, PointsEntry
from app.models.score import CustomerScore
from app.models.work_order import WorkOrder, WorkOrderState
from app.scoring.learning.evaluate import calibration_error
from tests.journey.world import NOVEMBER, OCTOBER, World


def test_every_row_of_the_extract_is_taken(world: World):
    assert world.imports["customers"]["counts"]["inserted"] == 24_761
    assert world.imports["contact_history"]["counts"]["inserted"] == 14_856
    assert all(report.get("counts", report)["rejected"] == 0 for report in world.imports.values())


def test_every_customer_is_scored(world: World):
    with world.read() as session:
        assert session.scalar(select(func.count()).select_from(CustomerScore)) == 24_761


def _scores_of_those_not_yet_contacted(world: World) -> list[tuple[str, float]]:
    with world.read() as session:
        rows = session.execute(
            select(Customer.customer_no, CustomerScore.score)
            .join(Customer, Customer.id == CustomerScore.customer_id)
            .where(Customer.id.not_in(select(PastContact.customer_id)))
            .order_by(CustomerScore.rank)
        )
        return [(customer_no, score) for customer_no, score in rows]


def test_the_best_thousand_hold_three_times_the_buyers_of_a_random_thousand(world: World):
    best = _scores_of_those_not_yet_contacted(world)[:1_000]
    assert sum(world.would_buy[customer_no] for customer_no, _ in best) >= 205


def test_the_scores_of_those_not_yet_contacted_are_probabilities(world: World):
    rows = _scores_of_those_not_yet_contacted(world)
    assert len(rows) == 9_905
    bought = np.array([world.would_buy[customer_no] for customer_no, _ in rows], dtype=float)
    scores = np.array([score for _, score in rows], dtype=float)
    assert calibration_error(bought, scores) <= 0.02


def test_a_thousand_are_dispatched_and_the_waterfall_balances(world: World):
    waterfall = world.campaign["waterfall"]
    assert waterfall["dispatched"] == len(world.dispatched) == 1_000
    assert sum(waterfall.values()) == world.campaign["targets"]
    assert 20 <= waterfall["control"] <= 80
    assert waterfall["do_not_disturb"] > 0
    assert waterfall["already_owns"] > 0


def test_of_the_thousand_at_least_190_buy_where_a_random_list_finds_64(world: World):
    assert sum(world.would_buy[customer_no] for customer_no in world.dispatched) >= 190


def test_owners_come_first_and_nobody_is_over_capacity(world: World):
    with world.read() as session:
        per_day = session.execute(
            select(func.count(), Staff.daily_capacity)
            .select_from(WorkOrder)
            .join(Staff, Staff.id == WorkOrder.staff_id)
            .group_by(WorkOrder.staff_id, WorkOrder.scheduled_on, Staff.daily_capacity)
        ).all()
        owned = session.execute(
            select(func.count())
            .select_from(WorkOrder)
            .join(Customer, Customer.id == WorkOrder.customer_id)
            .where(Customer.owner_staff_id.is_not(None), Customer.owner_staff_id != WorkOrder.staff_id)
        ).scalar()
    assert all(count <= capacity for count, capacity in per_day)
    assert owned == 0


def test_every_report_arrives_once(world: World):
    assert world.answers == Counter(accepted=1_000)
    with world.read() as session:
        assert session.scalar(select(func.count()).select_from(ContactFeedback)) == 1_000
        live = session.scalar(
            select(func.count()).select_from(WorkOrder).where(WorkOrder.state.in_([WorkOrderState.OPEN, WorkOrderState.DONE]))
        )
    assert live == 999  # one said "interested" and stays in progress until the campaign ends


def _verdicts(world: World) -> dict[str, Counter[str]]:
    with world.read() as session:
        rows = session.execute(
            select(Staff.staff_no, Verification.verdict, func.count())
            .join(Staff, Staff.id == Verification.staff_id)
            .group_by(Staff.staff_no, Verification.verdict)
        )
        found: dict[str, Counter[str]] = {}
        for staff_no, verdict, count in rows:
            found.setdefault(staff_no, Counter())[verdict.value] += count
    return found


def test_no_honest_manager_has_a_contradicted_report(world: World):
    verdicts = _verdicts(world)
    contradicted = {staff_no for staff_no, counts in verdicts.items() if counts["contradicted"]}
    assert contradicted == {world.liar, world.idler}


def test_the_verdicts_on_the_dishonest_name_their_evidence(world: World):
    with world.read() as session:
        rows = session.execute(
            select(Staff.staff_no, Verification.rule, Verification.evidence)
            .join(Staff, Staff.id == Verification.staff_id)
            .where(Verification.verdict == "contradicted")
        ).all()
    rules = {staff_no: {rule for s, rule, _ in rows if s == staff_no} for staff_no in (world.liar, world.idler)}
    assert all("order" in rule for rule in rules[world.liar])
    assert all("call" in rule for rule in rules[world.idler])
    assert all(evidence for _, _, evidence in rows)


def _statements(world: World, month: Month) -> dict[str, MonthlyStatement]:
    with world.read() as session:
        rows = session.execute(
            select(Staff.staff_no, MonthlyStatement)
            .join(Staff, Staff.id == MonthlyStatement.staff_id)
            .where(MonthlyStatement.month == month)
        )
        return dict(rows.all())


def _entry(world: World, staff_no: str, component: Component, kind: EntryKind = EntryKind.EARNED) -> PointsEntry:
    with world.read() as session:
        return session.scalars(
            select(PointsEntry)
            .join(Staff, Staff.id == PointsEntry.staff_id)
            .where(Staff.staff_no == staff_no, PointsEntry.component == component, PointsEntry.kind == kind)
        ).one()


def test_the_dishonest_two_end_with_the_lowest_accuracy_points(world: World):
    with world.read() as session:
        rows = session.execute(
            select(Staff.staff_no, PointsEntry.points)
            .join(Staff, Staff.id == PointsEntry.staff_id)
            .where(PointsEntry.component == Component.ACCURACY)
        ).all()
    lowest = sorted(rows, key=lambda row: row.points)[:2]
    assert {row.staff_no for row in lowest} == {world.liar, world.idler}
    assert len(rows) == 60


def test_every_manager_has_a_statement_that_adds_up(world: World):
    statements = _statements(world, OCTOBER)
    assert len(statements) == 60
    with world.read() as session:
        for staff_no, statement in statements.items():
            staff_id = session.scalars(select(Staff.id).where(Staff.staff_no == staff_no)).one()
            lines = session.scalars(
                select(PointsEntry.points).where(PointsEntry.staff_id == staff_id, PointsEntry.month == OCTOBER)
            ).all()
            assert statement.total == sum(lines, Decimal(0))


def test_a_statement_explains_itself_down_to_the_work_order(world: World):
    honest = next(s for s in sorted(set(world.dispatched.values())) if s not in {world.liar, world.idler})
    answer = world.client.get(f"/mobile/v1/points/{OCTOBER}/lines", headers=world.as_person(honest))
    mine = {customer_no for customer_no, staff_no in world.dispatched.items() if staff_no == honest}
    shown = {line["customer_no"] for line in answer.json()["items"]}
    assert shown == mine


def test_success_is_what_billing_says_not_what_is_claimed(world: World):
    bought = sum(world.would_buy[customer_no] for customer_no, staff_no in world.dispatched.items() if staff_no == world.liar)
    entry = _entry(world, world.liar, Component.SUCCESS)
    assert Decimal(str(entry.explanation["figures"]["successes"])) == bought


def test_payroll_gets_409_before_the_close_and_the_same_bytes_ever_after(world: World):
    assert world.open_month_answer.status_code == 409
    assert world.open_month_answer.json()["code"] == "month.not_closed"
    manifest, file = world.payroll["manifest"], world.payroll["file"]
    assert hashlib.sha256(file.content).hexdigest() == manifest["sha256"]
    assert world.payroll["acknowledged"].status_code in {200, 201}
    assert world.payroll["file_again"].content == file.content


def test_what_payroll_pulls_is_what_was_posted(world: World):
    rows = list(csv.DictReader(io.StringIO(world.payroll["file"].text)))
    manifest = world.payroll["manifest"]
    assert len(rows) == len(world.payroll["lines"]) == manifest["row_count"] == 180
    total = sum((Decimal(row["points"]) for row in rows), Decimal(0))
    assert total == Decimal(manifest["points_sum"])
    assert total == sum((s.total for s in _statements(world, OCTOBER).values()), Decimal(0))


def test_a_late_win_is_paid_in_the_open_month_and_linked_to_the_closed_line(world: World):
    original = _entry(world, world.late_winner_manager, Component.SUCCESS)
    adjustment = _entry(world, world.late_winner_manager, Component.SUCCESS, EntryKind.ADJUSTMENT)
    assert (original.month, adjustment.month) == (OCTOBER, NOVEMBER)
    assert adjustment.refers_to_id == original.id
    assert adjustment.points >= 0


def test_back_checks_are_drawn_with_their_probability_and_hidden_from_whom_they_are_about(world: World):
    with world.read() as session:
        drawn = session.scalars(select(BackCheck)).all()
    assert drawn
    assert all(0 < one.inclusion_probability <= 1 for one in drawn)
    answer = world.client.get("/dashboard/v1/back-checks", headers=world.as_person(world.liar))
    assert answer.status_code == 403


@pytest.mark.parametrize("feed", ["customers", "orders"])
def test_the_same_file_again_changes_nothing(world: World, feed):
    content = (world.data / f"{feed}.csv").read_bytes()
    answer = world.client.post(
        f"/operations/v1/imports/{feed}",
        files={"file": ("again.csv", content, "text/csv")},
        headers=world.as_person("ADMIN"),
    )
    assert answer.json()["already_applied"] is True
