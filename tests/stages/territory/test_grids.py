"""Grids that are split and merged: customers, people and live work move; what happened stays where it happened."""

import pytest
from sqlalchemy import select, text

from app.core.db import set_scope
from app.dispatch.explaining.explanation import explain_customer
from app.models.customer import Customer
from app.models.notice import OutboxEvent
from app.models.organisation import Staff, Unit, UnitKind
from app.models.work_order import WorkOrder, WorkOrderState
from tests.factories import NOW, TODAY, customer, get, grid, make_campaign, make_work_order, staff
from tests.stages.territory.handing import apply, give_all, hire, owners, periods_of, whose


@pytest.fixture
def new_grid(session):
    unit = Unit(code="G13", kind=UnitKind.GRID, name="Grid G13", parent_id=grid(session, "B1").id)
    session.add(unit)
    session.flush()
    return unit


def grids_of_customers(session):
    return dict(session.execute(select(Customer.customer_no, Unit.code).join(Unit, Unit.id == Customer.grid_id)).all())


def test_a_merge_brings_customers_people_and_live_work_and_leaves_what_happened(session):
    campaign = make_campaign(session)
    live, done = (make_work_order(session, campaign=campaign, customer_no=no, manager="cy") for no in ("C11", "C12"))
    done.state = WorkOrderState.DONE
    home, former = grid(session, "G11"), grid(session, "G12")
    found = apply(session, "grid_merge", grid_code="G12", to_grid_code="G11")
    assert found.outcome["customers"] == 4
    told = session.scalars(select(OutboxEvent.payload).where(OutboxEvent.kind == "handover.applied")).one()
    assert told == {
        "handover_id": found.id, "kind": "grid_merge", "unit_code": "G12", "to_unit_code": "G11",
        "moved": 4, "orders": 1, "withdrawn": 0,
    }  # fmt: skip
    assert {code for no, code in grids_of_customers(session).items() if no in ("C11", "C12", "C13", "C14")} == {"G11"}
    assert {person.staff_no for person in session.scalars(select(Staff).where(Staff.unit_id == home.id))} == {
        "ANA", "BO", "CY", "CHEN", "FU",
    }  # fmt: skip
    assert (whose(session, live), live.grid_id) == ("CY", home.id)
    session.refresh(done)
    assert done.grid_id == former.id
    set_scope(session, scope="grids", grid_ids=[former.id])
    assert session.scalars(select(WorkOrder.id)).all() == [done.id]
    set_scope(session, scope="own", grid_ids=[home.id], staff_id=staff(session, "cy").id)
    assert set(session.scalars(select(WorkOrder.id))) == {live.id, done.id}


def test_after_a_merge_the_managers_of_the_new_grid_see_what_happened_in_the_old_one(session):
    campaign = make_campaign(session)
    make_work_order(session, campaign=campaign, customer_no="C12", manager="cy", state=WorkOrderState.DONE)
    home = grid(session, "G11")

    def seen():
        set_scope(session, scope="grids", grid_ids=[home.id])
        try:
            return explain_customer(session, customer_no="C12", campaign_code=None, grid_ids=[home.id], now=NOW)
        finally:
            set_scope(session, scope="all")

    apply(session, "grid_merge", grid_code="G12", to_grid_code="G11")
    (standing,) = seen().campaigns
    assert (standing.reason, standing.work_order.staff_no, standing.work_order.state) == ("dispatched", "CY", "done")
    set_scope(session, scope="grids", grid_ids=[home.id])
    changed = session.execute(text("UPDATE work_orders SET rank = 9 WHERE state = 'done'"))
    assert changed.rowcount == 0  # to be seen, not to be changed


def test_a_split_takes_managers_with_their_customers_and_nobodys_customers_who_are_nearer(session, new_grid):
    give_all(session, "ana", "C01", "C02")
    give_all(session, "bo", "C09", "C10")
    campaign = make_campaign(session)
    hers, his, crossing = (
        make_work_order(session, campaign=campaign, customer_no=no, manager=name)
        for no, name in (("C01", "ana"), ("C10", "bo"), ("C03", "bo"))
    )
    customer(session, "C03").owner_staff_id = None
    session.flush()
    apply(session, "grid_split", grid_code="G11", to_grid_code="G13", others=("ANA",))
    moved = [no for no, code in grids_of_customers(session).items() if code == "G13"]
    assert sorted(moved) == ["C01", "C02", "C03", "C04", "C05"]
    assert owners(session, "C01", "C09") == ["ANA", "BO"]
    assert staff(session, "ana").unit_id == new_grid.id
    assert staff(session, "bo").unit_id == grid(session, "G11").id
    for order, name, unit in ((hers, "ANA", "G13"), (his, "BO", "G11"), (crossing, "ANA", "G13")):
        assert (whose(session, order), order.grid_id) == (name, grid(session, unit).id)


def test_after_any_handover_every_live_order_is_in_its_customers_grid_with_a_manager_of_it(session, new_grid):
    for number in range(3):
        hire(session, f"eva{number}", daily=20)
    campaign = make_campaign(session)
    for number, name in enumerate(["ana", "bo", "eva0", "eva1", "eva2"] * 2, start=1):
        give_all(session, name, f"C{number:02d}")
        make_work_order(session, campaign=campaign, customer_no=f"C{number:02d}", manager=["bo", "ana", "eva2"][number % 3])
    apply(session, "grid_split", grid_code="G11", to_grid_code="G13", others=("ANA", "EVA0"))
    apply(session, "transfer", staff_no="EVA1", to_grid_code="G13")
    apply(session, "exit", staff_no="EVA2")
    apply(session, "grid_merge", grid_code="G13", to_grid_code="G12")
    wrong = text(
        "SELECT count(*) FROM work_orders w JOIN customers c ON c.id = w.customer_id JOIN staff s ON s.id = w.staff_id"
        " WHERE w.state IN ('planned', 'open', 'in_progress') AND w.pooled_at IS NULL"
        " AND (w.grid_id <> c.grid_id OR s.unit_id <> w.grid_id OR s.active_to < :today)"
    )
    assert session.scalar(wrong, {"today": TODAY}) == 0
    assert session.scalar(text("SELECT count(*) FROM work_orders WHERE pooled_at IS NOT NULL")) == 0
    assert len(periods_of(session, "C01")) == 2  # of several on one day the last counts
    assert get(session, Customer, customer_no="C01").grid_id == grid(session, "G12").id
