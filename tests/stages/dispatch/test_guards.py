"""What the database itself refuses of work orders, their targets and their managers; and one run at a time."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from app.core.db import set_scope
from app.dispatch.service import dispatch_campaign
from app.models.campaign import CampaignTarget
from app.models.organisation import Role, Staff
from app.models.work_order import WorkOrder, WorkOrderTombstone
from tests.cast import LONG_AGO
from tests.factories import NOW, customer, grid, make_campaign, make_work_order, staff
from tests.stages.dispatch.test_dispatching import ALL, make_list

NOBODY = 2_000_000_000
_COPY = """
INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,
    scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at)
SELECT campaign_id, dispatch_run_id, :customer_id, product_id, product_family, grid_id, :staff_id, 'done', scheduled_on, due_on,
    rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at FROM work_orders WHERE id = :id"""
_TARGET = """
INSERT INTO campaign_targets (campaign_id, customer_id, grid_id, rank, score, draw, selection_probability, reason)
SELECT campaign_id, :customer_id, grid_id, 2, score, draw, selection_probability, 'dispatched' FROM work_orders WHERE id = :id"""


def refused(session, statement, match, **values):
    with pytest.raises(DBAPIError, match=match), session.begin_nested():
        session.execute(text(statement) if isinstance(statement, str) else statement, values)


def test_an_order_is_made_for_a_target_of_its_campaign_and_a_manager_who_is_there(session):
    order = make_work_order(session)
    other = customer(session, "C02").id
    mine = {"customer_id": order.customer_id, "staff_id": order.staff_id, "id": order.id}
    refused(session, _COPY, "without its target", **(mine | {"customer_id": other}))
    session.execute(text(_TARGET), {"customer_id": other, "id": order.id})
    refused(session, _COPY, "manager who is not there", **(mine | {"customer_id": other, "staff_id": NOBODY}))
    session.execute(text(_COPY), mine | {"customer_id": other})


def test_an_order_stays_with_its_target_and_goes_to_managers_who_are_there(session):
    order = make_work_order(session)
    this = update(WorkOrder).where(WorkOrder.id == order.id)
    refused(session, this.values(customer_id=customer(session, "C02").id), "stays with its target")
    refused(session, this.values(campaign_id=make_campaign(session).id), "stays with its target")
    refused(session, this.values(staff_id=NOBODY), "manager who is not there")
    session.execute(this.values(staff_id=staff(session, "bo").id))


def test_who_has_work_orders_is_not_removed(session):
    person = Staff(staff_no="EVE", name="Eve", role=Role.TERMINAL_MANAGER, unit_id=grid(session, "G11").id, active_from=LONG_AGO)
    session.add(person)
    session.flush()
    make_work_order(session, manager="eve")
    refused(session, delete(Staff).where(Staff.id == person.id), "a manager with work orders stays")


def test_a_target_that_was_dispatched_stays_on_its_list_and_no_target_becomes_another(session):
    order = make_work_order(session)
    this = CampaignTarget.campaign_id == order.campaign_id, CampaignTarget.customer_id == order.customer_id
    refused(session, delete(CampaignTarget).where(*this), "was decided stays")
    another = {"customer_id": customer(session, "C02").id}, {"campaign_id": make_campaign(session).id}
    for values in another:
        refused(session, update(CampaignTarget).where(*this).values(values), "was decided stays")


def test_a_tombstone_is_left_in_a_grid_that_who_takes_the_work_does_not_see(session):
    """What was lent comes home: the grid it leaves is the borrower's."""
    order = make_work_order(session)
    ana, cy, home = staff(session, "ana"), staff(session, "cy"), grid(session, "G11").id
    lent = update(WorkOrder).where(WorkOrder.id == order.id)
    session.execute(lent.values(staff_id=cy.id, lent_to_grid_id=cy.unit_id))
    set_scope(session, scope="grids", grid_ids=[home])
    session.execute(lent.values(staff_id=ana.id, lent_to_grid_id=None))
    assert session.scalar(text("SELECT current_setting('gridwork.scope')")) == "grids"
    assert session.scalars(select(WorkOrderTombstone).where(WorkOrderTombstone.staff_id == cy.id)).all() == []
    set_scope(session, scope="all")
    (left,) = session.scalars(select(WorkOrderTombstone).where(WorkOrderTombstone.staff_id == cy.id))
    assert (left.work_order_id, left.grid_id) == (order.id, cy.unit_id)


def test_a_run_waits_for_the_one_before_it(company, sessions):
    code = make_list(company, ALL[:3]).code
    company.commit()

    def run():
        with sessions() as session:
            set_scope(session, scope="all")
            dispatch_campaign(session, campaign_code=code, now=NOW)
            session.commit()

    def waits():
        return company.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")) == 1

    with sessions() as other, ThreadPoolExecutor(1) as thread:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('dispatch', 0))"))
        running = thread.submit(run)
        while not (found := waits()) and not running.done():
            sleep(0.02)
        other.rollback()
        running.result()
    assert found
