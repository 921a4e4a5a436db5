"""Points plans: who writes and who signs them, which is in force, and that what was signed stays."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.clock import Month
from app.core.errors import Invalid
from app.models.organisation import Unit
from app.models.points import (
    Component,
    PlanComponent,
    PointsEntry,
    PointsMonth,
    PointsPlan,
    PointsPlanApproval,
    PointsPlanStep,
)
from app.points.closing.close import close_month
from app.points.disputes.service import Disputed, raise_dispute
from app.points.late.service import adjust_closed_months
from app.points.plans.in_force import find_plans, plans_of
from app.points.plans.queries import UnknownPlan, get_standing
from app.points.plans.service import (
    MonthTaken,
    NotYourPlan,
    PlanTooLate,
    SamePerson,
    WrongPlanStatus,
    approve_plan,
    draft_plan,
    send_back_plan,
    submit_plan,
)
from app.points.service import preview_month
from app.reports.points_plans import NothingClosed, my_plan, replay_plan
from tests.factories import NOW, get, grid, staff
from tests.phones import principal_of
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_orders, make_sale

NOVEMBER, DECEMBER = Month(2026, 11), Month(2026, 12)
SUCCESS = {"component": "success", "weight": "50", "floor": "0", "target": "0.5", "cap": "1", "fallback": "0.5"}
WRITTEN = {
    "code": "default",
    "effective_from": "2026-11",
    "pays": "success_rate",
    "index_prior": "5",
    "minimum_matured": 1,
    "minimum_judged": 5,
    "components": [SUCCESS],
}


def draft(session, by="pia", now=NOW, **change):
    return draft_plan(session, written=WRITTEN | change, by=principal_of(session, by), now=now).plan


def submitted(session, by="pia", now=NOW, **change):
    plan = draft(session, by, now, **change)
    submit_plan(session, plan_id=plan.id, by=principal_of(session, by), now=now)
    return plan


def approved(session, by="pia", approver="ada", now=NOW, **change):
    plan = submitted(session, by, now, **change)
    approve_plan(session, plan_id=plan.id, by=principal_of(session, approver), now=now)
    return plan


def in_force(session, month, grid_code="G11"):
    return find_plans(session, month).of(grid(session, grid_code).id)[0]


def test_a_plan_is_in_force_from_its_first_month_once_a_second_person_approved_it(session):
    plan = submitted(session)
    before = in_force(session, NOVEMBER)
    assert plan.version == 2  # the built-in one is the first
    approve_plan(session, plan_id=plan.id, by=principal_of(session, "ada"), comment="fair", now=NOW)
    assert in_force(session, NOVEMBER) == in_force(session, DECEMBER) == plan.id != before
    assert in_force(session, OCTOBER) == before
    standing = get_standing(session, plan.id)
    assert (standing.status, standing.author, standing.last_by, standing.last_comment) == ("approved", "pia", "ada", "fair")


@pytest.mark.parametrize("status", ["draft", "submitted", "sent_back"])
def test_what_was_not_approved_is_never_in_force(session, status):
    plan = draft(session) if status == "draft" else submitted(session)
    if status == "sent_back":
        send_back_plan(session, plan_id=plan.id, by=principal_of(session, "ada"), comment="too high", now=NOW)
    assert get_standing(session, plan.id).status == status
    assert in_force(session, NOVEMBER) != plan.id


def test_nobody_approves_what_they_wrote_or_submitted(session):
    written = draft(session, "ada")
    submit_plan(session, plan_id=written.id, by=principal_of(session, "pia"), now=NOW)
    with pytest.raises(SamePerson):
        approve_plan(session, plan_id=written.id, by=principal_of(session, "ada"), now=NOW)
    other = draft(session, "pia")
    submit_plan(session, plan_id=other.id, by=principal_of(session, "ada"), now=NOW)
    with pytest.raises(SamePerson):
        approve_plan(session, plan_id=other.id, by=principal_of(session, "ada"), now=NOW)


def _approve_by_sql(session, plan_id, login):
    account = principal_of(session, login).account_id
    with session.begin_nested():
        session.execute(insert(PointsPlanApproval).values(plan_id=plan_id, approved_by=account, approved_at=NOW))


def test_the_database_too_refuses_one_person_for_both(session):
    plan = submitted(session, "ada")
    with pytest.raises(IntegrityError, match="two_persons"):
        _approve_by_sql(session, plan.id, "ada")
    _approve_by_sql(session, plan.id, "pia")


def test_the_database_approves_only_what_is_submitted_and_says_itself_what_that_is(session):
    plan = draft(session)
    with pytest.raises(DBAPIError, match="is not submitted"):
        _approve_by_sql(session, plan.id, "ada")
    submit_plan(session, plan_id=plan.id, by=principal_of(session, "pia"), now=NOW)
    lie = {"plan_id": plan.id, "effective_from": Month(1999, 1), "author_account_id": 1, "submitted_by": 1}
    ada = principal_of(session, "ada").account_id
    session.execute(insert(PointsPlanApproval).values(**lie, approved_by=ada, approved_at=NOW))
    kept = session.get_one(PointsPlanApproval, plan.id)
    assert (kept.effective_from, kept.author_account_id) == (NOVEMBER, principal_of(session, "pia").account_id)


def test_one_plan_of_a_scope_begins_in_a_month_and_the_database_holds_it(session):
    first, second = approved(session), submitted(session)
    with pytest.raises(MonthTaken, match=f"Plan {first.id} was approved"):
        approve_plan(session, plan_id=second.id, by=principal_of(session, "ada"), now=NOW)
    with pytest.raises(IntegrityError, match="uq_points_plan_approvals_unit_id_effective_from"):
        _approve_by_sql(session, second.id, "ada")
    approved(session, code="B1", unit_code="B1")  # another scope


def test_a_plan_that_was_submitted_cannot_change_not_even_by_another_component(session):
    plan = approved(session)
    for statement in (
        "UPDATE points_plans SET minimum_judged = 1 WHERE id = :id",
        "UPDATE plan_components SET weight = 1 WHERE plan_id = :id",
        "DELETE FROM plan_components WHERE plan_id = :id",
        "UPDATE points_plan_approvals SET approved_by = 1 WHERE plan_id = :id",
        "DELETE FROM points_plan_steps WHERE plan_id = :id",
    ):
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"), session.begin_nested():
            session.execute(text(statement), {"id": plan.id})
    values = {"weight": 1, "floor": 0, "target": 1, "cap": 1, "fallback": 0}
    with pytest.raises(DBAPIError, match="a change is a new version"), session.begin_nested():
        session.execute(insert(PlanComponent).values(plan_id=plan.id, component=Component.ACCURACY, **values))


def test_only_the_built_in_plan_has_no_author(session):
    values = {"effective_from": NOVEMBER, "pays": "success_rate", "index_prior": 5, "minimum_matured": 1, "minimum_judged": 1}
    with pytest.raises(DBAPIError, match="has an author"), session.begin_nested():
        session.execute(insert(PointsPlan).values(code="own", version=1, created_at=NOW, **values))


def test_a_step_is_taken_from_the_right_status_and_by_who_may(session):
    plan = draft(session)
    for who in ("chen", "ana", "lin", "bea"):
        with pytest.raises(NotYourPlan):
            submit_plan(session, plan_id=plan.id, by=principal_of(session, who), now=NOW)
    with pytest.raises(WrongPlanStatus, match="is draft: expected submitted"):
        approve_plan(session, plan_id=plan.id, by=principal_of(session, "ada"), now=NOW)
    submit_plan(session, plan_id=plan.id, by=principal_of(session, "pia"), now=NOW)
    with pytest.raises(WrongPlanStatus):
        submit_plan(session, plan_id=plan.id, by=principal_of(session, "pia"), now=NOW)
    with pytest.raises(Invalid, match="comment"):
        send_back_plan(session, plan_id=plan.id, by=principal_of(session, "ada"), comment=" ", now=NOW)
    with pytest.raises(UnknownPlan):
        submit_plan(session, plan_id=0, by=principal_of(session, "pia"), now=NOW)


def test_a_month_that_has_begun_gets_no_new_plan(session):
    with pytest.raises(PlanTooLate, match="expected 2026-11 or later"):
        draft(session, effective_from="2026-10")
    plan = submitted(session)
    with pytest.raises(PlanTooLate):
        approve_plan(session, plan_id=plan.id, by=principal_of(session, "ada"), now=CLOSING)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"unit_code": "G11"}, "unit_code"), ({"unit_code": "B1"}, "code"), ({"effective_to": "2026-10"}, "effective_to")],
)
def test_a_scope_is_a_branch_and_a_code_has_one_scope(session, change, field):
    approved(session)
    with pytest.raises(Invalid, match=f"^{field}:"):
        draft(session, effective_from="2026-12", **change)


def test_a_branch_manager_writes_and_signs_for_the_own_branch_only(session):
    with pytest.raises(NotYourPlan):
        draft(session, "bea")
    with pytest.raises(NotYourPlan):
        draft(session, "bea", code="B2", unit_code="B2")
    own = approved(session, "pia", "bea", code="B1", unit_code="B1")
    assert in_force(session, NOVEMBER) == own.id
    company = submitted(session)
    with pytest.raises(NotYourPlan):
        approve_plan(session, plan_id=company.id, by=principal_of(session, "bea"), now=NOW)


def test_the_branch_s_own_plan_goes_before_the_company_s_newer_one_until_it_ends(session):
    own = approved(session, code="B1", unit_code="B1", effective_to="2026-12")
    company = approved(session, effective_from="2026-12")
    assert [in_force(session, DECEMBER, code) for code in ("G11", "G12", "G21")] == [own.id, own.id, company.id]
    assert in_force(session, DECEMBER.next) == company.id


def test_each_manager_is_paid_by_the_plan_of_their_branch_and_the_preview_says_the_same(session):
    own = approved(session, code="B1", unit_code="B1")
    later = NOW + timedelta(days=40)
    for name, customer in (("ana", "C01"), ("dee", "C15")):
        (order,) = make_orders(session, name, [customer], matures_at=later)
        make_sale(session, order)
    ana, dee = staff(session, "ana").id, staff(session, "dee").id
    shown = preview_month(session, staff_ids=[ana, dee], month=NOVEMBER, now=NOVEMBER.ends_at)
    close_month(session, month=NOVEMBER, now=NOVEMBER.ends_at)
    entries = select(PointsEntry.plan_id, PointsEntry.component, PointsEntry.points).order_by(PointsEntry.id)
    assert session.execute(entries.where(PointsEntry.staff_id == ana)).all() == [(own.id, "success", 50)]
    company = session.get_one(PointsMonth, NOVEMBER).plan_id
    assert [row[:2] for row in session.execute(entries.where(PointsEntry.staff_id == dee))] == [
        (company, "success"),
        (company, "accuracy"),
        (company, "existing_scheme"),
    ]
    assert [(line["component"], line["points"]) for line in shown[ana].lines] == [("success", "50.0000")]
    assert len(shown[dee].lines) == 3


def test_who_is_called_from_a_grid_to_its_branch_before_the_close_is_still_of_that_branch(session):
    own = approved(session, code="B1", unit_code="B1")
    plans = find_plans(session, NOVEMBER)
    branch = get(session, Unit, code="B1")
    assert [plans.of(unit_id)[0] for unit_id in (branch.id, grid(session, "G11").id)] == [own.id, own.id]
    assert plans.of(branch.parent_id)[0] == plans.company[0] != own.id


def test_a_component_that_the_plan_does_not_pay_for_is_no_line_that_one_disputes(session):
    """Points posted for it could not be explained by the plan."""
    approved(session, code="B1", unit_code="B1", effective_from="2026-10", now=OCTOBER.previous.starts_at)
    said = Disputed(uuid4(), OCTOBER, Component.ACCURACY, None, None, "20", "all true", None, [])
    with pytest.raises(Invalid, match="component"):
        raise_dispute(session, principal=principal_of(session, "ana"), disputed=said, now=CLOSING)
    raise_dispute(
        session, principal=principal_of(session, "ana"), disputed=replace(said, component=Component.SUCCESS), now=CLOSING
    )


def test_late_news_is_paid_by_the_plan_of_the_month(session):
    """Of two orders of Ana's one is a sale that is cancelled late: 50 points by the branch's plan are taken back."""
    approved(session, code="B1", unit_code="B1")
    orders = make_orders(session, "ana", ["C01", "C02"], matures_at=NOW + timedelta(days=40))
    sale = make_sale(session, orders[0])
    close_month(session, month=NOVEMBER, now=NOVEMBER.ends_at)
    sale.cancelled_at = sale.ordered_at
    session.flush()
    assert Decimal(adjust_closed_months(session, now=NOVEMBER.ends_at)["points"]) == -50


def test_a_plan_is_replayed_over_closed_months_from_what_they_were_paid_by(session):
    plan = draft(session)
    with pytest.raises(NothingClosed):
        replay_plan(session, number=plan.id, months=3)
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    found = replay_plan(session, number=plan.id, months=3)
    people = {one.staff_no: (one.paid, one.replayed) for one in found.managers}
    assert found.months == ["2026-10"]
    assert people["ANA"] == (Decimal("73.6153"), Decimal("12.5"))  # 1 of 8 is a quarter of the way to 0.5
    assert people["BO"] == (20, 25)
    assert (found.winners, found.losers) == (3, 1)
    own = draft(session, code="B2", unit_code="B2")
    assert [one.staff_no for one in replay_plan(session, number=own.id, months=1).managers] == ["DEE"]
    with pytest.raises(Invalid):
        replay_plan(session, number=plan.id, months=13)


def test_a_manager_reads_the_plan_of_the_own_branch(session):
    ana, dee = staff(session, "ana").id, staff(session, "dee").id
    assert my_plan(session, staff_id=ana, month=None, now=NOW).code == "default"  # before anything was stored
    approved(session, code="B1", unit_code="B1")
    page = my_plan(session, staff_id=ana, month=NOVEMBER, now=NOW)
    assert (page.code, page.month) == ("B1", "2026-11")
    assert "For branch B1, from 2026-11 on." in page.en
    assert my_plan(session, staff_id=dee, month=NOVEMBER, now=NOW).code == "default"


def test_the_built_in_plan_is_there_once(session):
    plans_of(session, month=OCTOBER, now=NOW)
    plans_of(session, month=OCTOBER, now=NOW)
    assert len(session.scalars(select(PointsPlan.id)).all()) == 1
    assert session.scalars(select(PointsPlanStep.plan_id)).all() == []
