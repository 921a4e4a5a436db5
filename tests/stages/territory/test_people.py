"""Handovers of people: who leaves for a time or for good, goes to another grid, or comes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.errors import Invalid
from app.models.customer import ContactPreference, PreferenceStatus
from app.models.organisation import Absence, Staff
from app.models.territory import HandoverStatus
from app.models.work_order import WorkOrderState, WorkOrderTombstone
from app.territory.applying import apply_due_handovers
from app.territory.handover_queries import planned_moves
from app.territory.proposal import NobodyTakes
from app.territory.service import WrongHandoverStatus, cancel_handover, confirm_handover, find_owner
from tests.factories import NOW, TODAY, get, grid, make_campaign, make_work_order, staff
from tests.stages.dispatch.test_dispatching import refuse
from tests.stages.territory.handing import apply, events_of, give_all, hire, later, owners, periods_of, plan, whose


def orders_of(session, manager, *customer_nos, **overrides):
    campaign = make_campaign(session)
    return [
        make_work_order(session, campaign=campaign, customer_no=customer_no, manager=manager, **overrides)
        for customer_no in customer_nos
    ]


def test_who_leaves_for_good_hands_customers_and_live_work_to_the_colleagues(session):
    mine, of_nobody, done = orders_of(session, "ana", "C01", "C04", "C02")
    done.state = WorkOrderState.DONE
    found = apply(session, "exit", staff_no="ANA")
    assert owners(session, "C01", "C02", "C03") == ["BO", "BO", "BO"]
    assert [whose(session, order) for order in (mine, of_nobody, done)] == ["BO", "BO", "ANA"]
    assert events_of(session, mine) == [("reassigned", f"handover {found.id}, exit: as agreed")]
    assert staff(session, "ana").active_to == TODAY - timedelta(days=1)
    assert periods_of(session, "C01") == [("ANA", None, TODAY), ("BO", TODAY, None)]
    gone = session.scalars(select(WorkOrderTombstone.work_order_id).where(WorkOrderTombstone.staff_id == done.staff_id))
    assert set(gone) == {mine.id, of_nobody.id}


def test_nothing_happens_before_its_day_and_nothing_twice(session):
    (order,) = orders_of(session, "ana", "C01")
    found = plan(session, "exit", staff_no="ANA", effective_on=TODAY + timedelta(days=2))
    assert apply_due_handovers(session, now=later(2))["applied"] == 0  # nobody confirmed it
    confirm_handover(session, handover_id=found.id, principal=None, now=NOW)
    assert apply_due_handovers(session, now=later(1))["applied"] == 0
    assert whose(session, order) == "ANA"
    assert apply_due_handovers(session, now=later(2))["applied"] == 1
    before = events_of(session, order), periods_of(session, "C01")
    assert apply_due_handovers(session, now=later(3)) == {"applied": 0, "returned": 0, "failed": 0}
    assert (events_of(session, order), periods_of(session, "C01")) == before


def test_until_its_day_it_can_be_cancelled_and_afterwards_not(session):
    found = plan(session, "exit", staff_no="ANA", effective_on=TODAY + timedelta(days=2))
    confirm_handover(session, handover_id=found.id, principal=None, now=NOW)
    cancel_handover(session, handover_id=found.id, principal=None, now=NOW)
    assert apply_due_handovers(session, now=later(2))["applied"] == 0
    assert owners(session, "C01") == ["ANA"]
    done = apply(session, "exit", staff_no="ANA")
    with pytest.raises(WrongHandoverStatus, match="is applied: expected planned or confirmed"):
        cancel_handover(session, handover_id=done.id, principal=None, now=NOW)


def test_the_plan_that_was_confirmed_holds_and_who_came_since_is_shared_too(session):
    for name in ("eva", "gil"):
        hire(session, name)
    give_all(session, "ana", *[f"C{n:02d}" for n in (1, 2, 4, 5, 6, 7)])
    found = plan(session, "exit", staff_no="ANA", effective_on=TODAY + timedelta(days=1))
    confirm_handover(session, handover_id=found.id, principal=None, now=NOW)
    planned = {row.customer_id: row.to_staff_id for row in planned_moves(session, found.id)}
    give_all(session, "ana", "C08", "C09")
    give_all(session, "bo", "C07")
    assert apply_due_handovers(session, now=later(1))["applied"] == 1
    after = {row.customer_id: row.to_staff_id for row in planned_moves(session, found.id)}
    assert {key: value for key, value in planned.items() if key in after}.items() <= after.items()
    assert len(after) == 7
    assert owners(session, "C07") == ["BO"]
    assert "ANA" not in owners(session, "C08", "C09")


def test_the_preview_says_before_anything_moves_what_each_manager_would_have(session):
    hire(session, "eva", daily=4)
    orders_of(session, "ana", "C01", "C02", "C04")
    orders_of(session, "bo", "C05", "C06", scheduled_on=TODAY)
    found = plan(session, "exit", staff_no="ANA")
    assert found.preview["customers"] == 2
    assert found.preview["orders"] == {"moved": 3, "later": 0, "pool": 0, "stays": 0}
    rows = {row["staff_no"]: row for row in found.preview["managers"]}
    assert (rows["ANA"]["customers_after"], rows["ANA"]["orders_after"], rows["ANA"]["in_grid_after"]) == (0, 0, False)
    assert sum(row["customers_after"] for row in rows.values()) == 3
    assert sum(row["orders_after"] for row in rows.values()) == 5
    assert owners(session, "C01") == ["ANA"]


def test_what_does_not_fit_goes_to_the_pool_and_the_preview_says_so(session):
    bo = staff(session, "bo")
    bo.daily_capacity = 1
    (other,) = orders_of(session, "bo", "C05")
    orders = orders_of(session, "ana", "C01", "C02", due_on=TODAY + timedelta(days=1))
    found = apply(session, "exit", staff_no="ANA")
    assert found.preview["orders"] == {"moved": 1, "later": 0, "pool": 1, "stays": 0}
    for order in (*orders, other):
        session.refresh(order)
    assert (orders[0].state, orders[0].scheduled_on) == (WorkOrderState.PLANNED, TODAY + timedelta(days=1))
    assert orders[1].pooled_at == NOW
    assert other.staff_id == bo.id


def test_without_anybody_left_a_handover_is_refused_and_changes_nothing(session):
    with pytest.raises(NobodyTakes):
        plan(session, "exit", staff_no="CY")
    found = plan(session, "exit", staff_no="ANA", effective_on=TODAY + timedelta(days=1))
    confirm_handover(session, handover_id=found.id, principal=None, now=NOW)
    staff(session, "bo").active_to = TODAY
    session.flush()
    assert apply_due_handovers(session, now=later(1)) == {"applied": 0, "returned": 0, "failed": 1}
    session.refresh(found)
    assert (found.status, found.problem[:17]) == (HandoverStatus.CONFIRMED, "There is nobody i")
    assert owners(session, "C01") == ["ANA"]
    staff(session, "bo").active_to = None
    session.flush()
    assert apply_due_handovers(session, now=later(1))["applied"] == 1


def test_only_who_is_named_receives(session):
    for name in ("eva", "gil"):
        hire(session, name)
    (order,) = orders_of(session, "ana", "C04")
    apply(session, "exit", staff_no="ANA", others=("EVA",))
    assert owners(session, "C01", "C02") == ["EVA", "EVA"]
    assert whose(session, order) == "EVA"
    with pytest.raises(Invalid, match="others"):
        plan(session, "exit", staff_no="BO", others=("CY",))


def test_a_leave_moves_the_work_of_its_days_and_brings_back_what_nobody_began(session):
    week = TODAY + timedelta(days=7)
    soon, begun = orders_of(session, "ana", "C01", "C04", due_on=TODAY + timedelta(days=4))
    (after,) = orders_of(session, "ana", "C02", scheduled_on=week)
    found = apply(session, "leave", staff_no="ANA", return_on=week)
    assert owners(session, "C01", "C02") == ["BO", "BO"]
    assert [whose(session, order) for order in (soon, begun, after)] == ["BO", "BO", "ANA"]
    begun.state = WorkOrderState.IN_PROGRESS
    absence = get(session, Absence, staff_id=staff(session, "ana").id)
    assert (absence.from_date, absence.to_date) == (TODAY, week - timedelta(days=1))
    assert apply_due_handovers(session, now=later(6))["returned"] == 0
    assert apply_due_handovers(session, now=later(7)) == {"applied": 0, "returned": 1, "failed": 0}
    assert owners(session, "C01", "C02", "C03") == ["ANA", "ANA", "BO"]
    assert [whose(session, order) for order in (soon, begun)] == ["ANA", "BO"]
    assert periods_of(session, "C01") == [("ANA", None, TODAY), ("BO", TODAY, week), ("ANA", week, None)]
    session.refresh(found)
    assert (found.status, found.outcome["returned_customers"]) == (HandoverStatus.RETURNED, 2)


def test_a_leave_may_leave_the_customers_and_put_off_what_can_wait(session):
    week = TODAY + timedelta(days=3)
    staff(session, "bo").daily_capacity = 1
    urgent, patient = orders_of(session, "ana", "C01", "C02", due_on=TODAY + timedelta(days=9))
    found = apply(session, "leave", staff_no="ANA", return_on=week, orders_only=True)
    assert found.preview["orders"] == {"moved": 1, "later": 1, "pool": 0, "stays": 0}
    assert owners(session, "C01") == ["ANA"]
    assert [whose(session, order) for order in (urgent, patient)] == ["BO", "ANA"]
    assert (patient.state, patient.scheduled_on) == (WorkOrderState.PLANNED, week)


def test_a_cancelled_leave_leaves_no_absence(session):
    found = plan(session, "leave", staff_no="ANA", return_on=TODAY + timedelta(days=7), effective_on=TODAY + timedelta(days=1))
    confirm_handover(session, handover_id=found.id, principal=None, now=NOW)
    assert session.scalar(select(Absence.kind)) == "handover"
    cancel_handover(session, handover_id=found.id, principal=None, now=NOW)
    assert session.scalar(select(Absence.id)) is None


def test_who_goes_to_another_grid_leaves_customers_and_work_behind(session):
    (order,) = orders_of(session, "ana", "C01")
    apply(session, "transfer", staff_no="ANA", to_grid_code="G12")
    assert staff(session, "ana").unit_id == grid(session, "G12").id
    assert owners(session, "C01", "C02") == ["BO", "BO"]
    assert (whose(session, order), order.grid_id) == ("BO", grid(session, "G11").id)


def test_a_new_manager_takes_a_share_of_everybodys_customers_and_their_orders(session):
    give_all(session, "ana", *[f"C{n:02d}" for n in (1, 2, 4, 5, 6, 7)])
    give_all(session, "bo", "C03", "C08", "C09")
    orders = orders_of(session, "ana", *[f"C{n:02d}" for n in (1, 2, 4, 5, 6, 7)])
    hire(session, "eva", daily=8, active_from=TODAY)
    found = apply(session, "new_manager", staff_no="EVA")
    rows = {row["staff_no"]: row["customers_after"] for row in found.preview["managers"]}
    assert rows == {"ANA": 4, "BO": 2, "EVA": 3}
    held = owners(session, *[f"C{n:02d}" for n in (1, 2, 4, 5, 6, 7)])
    assert [whose(session, order) for order in orders] == held


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"kind": "exit", "staff_no": "CHEN"}, "staff_no"),
        ({"kind": "exit", "staff_no": "X99"}, "staff_no"),
        ({"kind": "transfer", "staff_no": "ANA", "to_grid_code": "B1"}, "to_grid_code"),
        ({"kind": "transfer", "staff_no": "ANA", "to_grid_code": "G11"}, "to_grid_code"),
        ({"kind": "grid_merge", "grid_code": "G99", "to_grid_code": "G11"}, "grid_code"),
        ({"kind": "grid_split", "grid_code": "G11", "to_grid_code": "G12", "others": ("CY",)}, "others"),
    ],
)
def test_who_or_what_is_not_there_is_named(session, terms, field):
    with pytest.raises(Invalid) as caught:
        plan(session, **terms)
    assert caught.value.field == field


def test_who_owned_whom_is_answered_over_a_handover(session):
    apply(session, "exit", staff_no="ANA", effective_on=TODAY)
    with clock.shifted_to(later(3)):
        asked = [
            find_owner(session, customer_no="C01", on=day, grid_ids=None, now=later(3)) for day in (date(2026, 10, 11), TODAY)
        ]
    assert [(owner.owner_staff_no, owner.from_date, owner.to_date) for owner in asked] == [
        ("ANA", None, TODAY),
        ("BO", TODAY, None),
    ]
    assert session.scalar(select(Staff.active_to).where(Staff.staff_no == "ANA")) == date(2026, 10, 11)


def test_what_the_customer_refuses_is_withdrawn_and_not_handed_over(session):
    kept, refused = orders_of(session, "ana", "C01", "C02")
    session.add(ContactPreference(customer_id=refused.customer_id, scope="all", status=PreferenceStatus.REFUSED, recorded_at=NOW))
    session.flush()
    found = apply(session, "exit", staff_no="ANA")
    assert (whose(session, kept), kept.state) == ("BO", WorkOrderState.OPEN)
    assert (whose(session, refused), refused.state, refused.close_reason) == ("ANA", WorkOrderState.WITHDRAWN, "do_not_disturb")
    assert found.outcome["withdrawn"] == 1


def test_the_preview_says_what_the_gate_refuses_and_what_cannot_move_with_the_reason(session):
    hire(session, "eve", daily=1)
    give_all(session, "ana", "C01", "C02", "C03")
    refused, first, second = (make_work_order(session, customer_no=no, due_on=TODAY) for no in ("C01", "C02", "C03"))
    refuse(session, "C01")
    found = plan(session, "exit", staff_no="ANA", others=["EVE"])
    assert found.preview["cannot_move"] == [
        {"reason": "do_not_disturb", "orders": 1, "first": [refused.id]},
        {"reason": "no_free_day", "orders": 2, "first": [first.id, second.id]},
    ]
