"""What people do with work orders by hand: every verb, its refusals, its trial, and what it leaves behind."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm.exc import StaleDataError

from app.core.db import set_scope, whole_company
from app.core.errors import Invalid
from app.dispatch import queries as queries_of_work
from app.dispatch.by_hand import actions
from app.dispatch.by_hand.actions import act_on_work_orders
from app.dispatch.by_hand.placing import let_go
from app.dispatch.by_hand.pool import NothingFree, take_from_pool
from app.dispatch.by_hand.terms import Action, Filter, Verb
from app.dispatch.days.release import release_wave
from app.feedback.service import Batch, record_feedback
from app.models.campaign import Campaign
from app.models.customer import Customer
from app.models.feedback import ContactFeedback, Verification
from app.models.organisation import Absence
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState, WorkOrderTombstone
from tests.factories import NOW, TODAY, grid, make_campaign, make_work_order, staff
from tests.phones import principal_of, report
from tests.stages.dispatch.test_dispatching import refuse
from tests.stages.dispatch.test_releasing import capacity, events, planned

DAY = timedelta(days=1)


def do(session, verb, *orders, grids=("G11",), dry_run=False, now=NOW, chosen=None, **more):
    """{id: code or "done"}"""
    found = act_on_work_orders(
        session,
        action=Action(verb, more.pop("reason", "a test"), **more),
        ids=None if chosen else [order.id for order in orders],
        chosen=chosen,
        grid_ids=[grid(session, code).id for code in grids] if grids else None,
        actor_account_id=None,
        dry_run=dry_run,
        now=now,
    )
    return [row.code or "done" for row in found]


def holder(session, order):
    session.refresh(order)
    return next(name for name in ("ana", "bo", "cy", "dee") if staff(session, name).id == order.staff_id)


def test_a_reassigned_order_keeps_its_day_where_it_is_free_and_else_gets_the_next(session):
    capacity(session, bo=1)
    first, second = make_work_order(session, customer_no="C01"), make_work_order(session, customer_no="C02")
    assert do(session, Verb.REASSIGN, first, second, to_staff_nos=["BO"]) == ["done", "done"]
    assert (holder(session, first), first.state, first.scheduled_on) == ("bo", "open", TODAY)
    assert (holder(session, second), second.state, second.scheduled_on) == ("bo", "planned", TODAY + DAY)
    assert events(session, second) == [("reassigned", "a test"), ("postponed", "a test")]


def test_nobody_gets_more_than_fits(session):
    capacity(session, bo=1)
    orders = [make_work_order(session, customer_no=f"C0{n}", due_on=TODAY + DAY) for n in (1, 2, 3)]
    assert do(session, Verb.REASSIGN, *orders, to_staff_nos=["BO"]) == ["done", "done", "work_order.no_room"]
    assert holder(session, orders[2]) == "ana"
    session.add(Absence(staff_id=staff(session, "bo").id, from_date=TODAY, to_date=TODAY + 9 * DAY))
    assert do(session, Verb.REASSIGN, orders[2], to_staff_nos=["BO"]) == ["work_order.no_room"]


def test_refusals_stop_their_own_row_alone(session):
    done = make_work_order(session, customer_no="C01", state=WorkOrderState.DONE, closed_at=NOW)
    bos, elsewhere = (
        make_work_order(session, customer_no="C03", manager="bo"),
        make_work_order(session, customer_no="C11", manager="cy"),
    )
    refused, good = make_work_order(session, customer_no="C02"), make_work_order(session, customer_no="C04")
    refuse(session, "C02")
    assert do(session, Verb.REASSIGN, done, bos, elsewhere, refused, good, to_staff_nos=["BO"]) == [
        "work_order.wrong_state",
        "work_order.same_manager",
        "work_order.unknown",
        "work_order.contact_refused",
        "done",
    ]
    assert do(session, Verb.REASSIGN, good, to_staff_nos=["CY"]) == ["work_order.manager_elsewhere"]


def test_a_trial_says_the_same_and_changes_nothing(session):
    capacity(session, bo=1)
    orders = [make_work_order(session, customer_no=f"C0{n}", due_on=TODAY) for n in (1, 2)]
    before = session.scalar(select(func.count()).select_from(WorkOrderEvent))
    assert do(session, Verb.REASSIGN, *orders, to_staff_nos=["BO"], dry_run=True) == ["done", "work_order.no_room"]
    assert [holder(session, order) for order in orders] == ["ana", "ana"]
    assert session.scalar(select(func.count()).select_from(WorkOrderEvent)) == before
    assert do(session, Verb.REASSIGN, *orders, to_staff_nos=["BO"]) == ["done", "work_order.no_room"]


def test_what_is_wrong_with_a_request_is_named(session):
    order = make_work_order(session)
    for field, action in (
        ("to_staff_nos", {"verb": Verb.REASSIGN}),
        ("to_staff_nos", {"verb": Verb.REASSIGN, "to_staff_nos": ["ANA", "BO"]}),
        ("to_staff_nos", {"verb": Verb.REASSIGN, "to_staff_nos": ["CHEN"]}),
        ("to_staff_nos", {"verb": Verb.POOL, "to_staff_nos": ["BO"]}),
        ("until", {"verb": Verb.LEND, "to_staff_nos": ["CY"]}),
        ("until", {"verb": Verb.LEND, "to_staff_nos": ["CY"], "until": TODAY - DAY}),
        ("due_on", {"verb": Verb.EXTEND}),
        ("scheduled_on", {"verb": Verb.EXTEND, "due_on": TODAY, "scheduled_on": TODAY + DAY}),
    ):
        with pytest.raises(Invalid, match=field):
            do(session, action.pop("verb"), order, **action)
    for rows in ({}, {"ids": [1], "chosen": Filter()}, {"ids": []}, {"ids": [1] * 1001}):
        with pytest.raises(Invalid, match="ids"):
            act_on_work_orders(session, action=Action(Verb.POOL), grid_ids=None, actor_account_id=None, now=NOW, **rows)


def test_work_is_split_over_several_by_their_load(session):
    capacity(session, ana=4, bo=2)
    orders = [planned(session, f"C0{n}", score=n / 10, due_on=TODAY) for n in range(1, 7)]
    assert do(session, Verb.SPLIT, *orders, to_staff_nos=["ANA", "BO"]) == ["done"] * 6
    assert sorted(holder(session, order) for order in orders) == ["ana"] * 4 + ["bo"] * 2
    assert {order.state.value for order in orders} == {"planned", "open"}  # who stays keeps its state until its morning


def test_what_belongs_to_one_contact_goes_together_and_takes_one_place(session):
    capacity(session, ana=1, bo=1)
    lead = make_work_order(session, customer_no="C01", due_on=TODAY)
    tv = make_campaign(session, product_code="TV1")
    other = make_work_order(session, campaign=tv, customer_no="C01", due_on=TODAY, contact_id=lead.id)
    lead.contact_id = lead.id
    session.flush()
    assert do(session, Verb.SPLIT, lead, to_staff_nos=["BO"]) == ["done", "done"]
    assert [holder(session, order) for order in (lead, other)] == ["bo", "bo"]
    assert {order.scheduled_on for order in (lead, other)} == {TODAY}
    third = make_work_order(session, customer_no="C02", due_on=TODAY)
    assert do(session, Verb.REASSIGN, third, to_staff_nos=["BO"]) == ["work_order.no_room"]
    assert do(session, Verb.SPLIT, lead, third, to_staff_nos=["ANA", "BO"], dry_run=True) == ["done"] * 3


def test_the_pool_holds_the_contact_but_is_nobodys_load_and_is_handed_out(session):
    capacity(session, ana=1, bo=1)
    order = make_work_order(session, customer_no="C01", state=WorkOrderState.IN_PROGRESS)
    assert do(session, Verb.POOL, order) == ["done"]
    session.refresh(order)
    assert (order.state, order.pooled_at) == ("planned", NOW)
    assert do(session, Verb.POOL, order) == ["work_order.in_pool"]
    assert do(session, Verb.START, order) == ["work_order.in_pool"]
    assert do(session, Verb.REASSIGN, order, to_staff_nos=["ANA"]) == ["done"]  # who had it last may have it again
    session.refresh(order)
    assert (order.state, order.pooled_at, order.scheduled_on) == ("open", None, TODAY)


def test_the_pool_goes_by_value_before_score(session):
    likely = planned(session, "C01", score=0.9, value=Decimal(3), pooled_at=NOW)
    worth = planned(session, "C02", score=0.1, value=Decimal(30), pooled_at=NOW)
    unpriced = planned(session, "C03", score=0.95, pooled_at=NOW)
    bo = principal_of(session, "bo")
    took = [take_from_pool(session, principal=bo, count=1, now=NOW)[0].id for _ in range(3)]
    assert took == [worth.id, likely.id, unpriced.id]


def test_a_manager_takes_from_the_pool_the_best_first_and_never_more_than_fits_today(session):
    capacity(session, bo=3)
    make_work_order(session, customer_no="C09", manager="bo")
    pool = [planned(session, f"C0{n}", score=n / 10, pooled_at=NOW) for n in (1, 2, 3)]
    planned(session, "C11", manager="cy", score=0.9, pooled_at=NOW)  # another grid's
    refuse(session, "C03")
    bo = principal_of(session, "bo")
    set_scope(session, scope="own", grid_ids=bo.grid_ids, staff_id=bo.staff_id)
    taken = take_from_pool(session, principal=bo, count=9, now=NOW)
    assert [order.id for order in taken] == [pool[0].id, pool[1].id]
    with pytest.raises(NothingFree):
        take_from_pool(session, principal=bo, count=1, now=NOW)
    set_scope(session, scope="all")
    assert [(holder(session, order), order.state.value) for order in pool[:2]] == [("bo", "open")] * 2
    assert pool[2].pooled_at is not None


def test_pulled_back_work_is_withdrawn_and_its_day_is_free(session):
    capacity(session, ana=1)
    order, other = make_work_order(session, customer_no="C01"), planned(session, "C02", scheduled_on=TODAY + DAY)
    assert do(session, Verb.PULL_BACK, order, reason="wrong offer") == ["done"]
    session.refresh(order)
    assert (order.state, order.close_reason, order.closed_at) == ("withdrawn", "wrong offer", NOW)
    assert do(session, Verb.EXTEND, other, due_on=TODAY + 2 * DAY, scheduled_on=TODAY) == ["done"]
    session.refresh(other)
    assert (other.state, other.scheduled_on, other.due_on) == ("open", TODAY, TODAY + 2 * DAY)
    assert events(session, other) == [("extended", "a test"), ("released", "a test")]


def test_an_order_is_extended_within_the_window_of_its_campaign(session):
    order = make_work_order(session, due_on=TODAY)
    last = session.get_one(Campaign, order.campaign_id).ends_on
    assert do(session, Verb.EXTEND, order, due_on=last + DAY) == ["work_order.outside_window"]
    assert do(session, Verb.EXTEND, order, due_on=last) == ["done"]
    late = planned(session, "C02", scheduled_on=TODAY + 3 * DAY)
    assert do(session, Verb.EXTEND, late, due_on=TODAY + DAY) == ["work_order.before_its_day"]
    capacity(session, ana=0)
    assert do(session, Verb.EXTEND, late, due_on=last, scheduled_on=TODAY + DAY) == ["work_order.no_room"]


def test_planned_work_is_started_today_as_far_as_there_is_room(session):
    capacity(session, ana=1)
    later, another = planned(session, "C01", scheduled_on=TODAY + DAY), planned(session, "C02", scheduled_on=TODAY + DAY)
    assert do(session, Verb.START, later, another) == ["done", "work_order.no_room"]
    session.refresh(later)
    assert (later.state, later.scheduled_on) == ("in_progress", TODAY)
    assert do(session, Verb.START, later) == ["work_order.wrong_state"]


def test_a_filter_names_work_orders_of_the_own_grids(session):
    campaign = make_campaign(session)
    make_work_order(session, campaign=campaign, customer_no="C01")
    make_work_order(session, campaign=campaign, customer_no="C03", manager="bo")
    make_work_order(session, customer_no="C02", scheduled_on=TODAY - DAY)
    make_work_order(session, customer_no="C04", state=WorkOrderState.IN_PROGRESS)
    make_work_order(session, customer_no="C11", manager="cy")
    planned(session, "C05", pooled_at=NOW)
    for chosen, count in (
        (Filter(), 4),
        (Filter(states=["in_progress"]), 1),
        (Filter(campaign_code=campaign.code), 2),
        (Filter(staff_no="BO"), 1),
        (Filter(scheduled_to=TODAY - DAY), 1),
        (Filter(scheduled_from=TODAY, pooled=False), 2),
        (Filter(pooled=True), 1),
        (Filter(due_to=TODAY), 0),
    ):
        assert len(do(session, Verb.PULL_BACK, chosen=chosen, dry_run=True)) == count, chosen
    assert len(do(session, Verb.PULL_BACK, chosen=Filter(), grids=None, dry_run=True)) == 5


def lend(session, order, until=TODAY + DAY, **more):
    return do(session, Verb.LEND, order, to_staff_nos=["CY"], until=until, **more)


def as_cy(session):
    cy = principal_of(session, "cy")
    set_scope(session, scope="own", grid_ids=cy.grid_ids, staff_id=cy.staff_id)
    return cy


def test_a_lent_order_is_seen_and_worked_by_the_borrower_and_seen_by_both_grids(session):
    order = make_work_order(session, customer_no="C01")
    assert lend(session, order) == ["done"]
    assert (holder(session, order), order.grid_id, order.lent_to_grid_id) == (
        "cy",
        grid(session, "G11").id,
        grid(session, "G12").id,
    )
    for code in ("G11", "G12"):
        set_scope(session, scope="grids", grid_ids=[grid(session, code).id])
        assert session.scalars(select(WorkOrder.id)).all() == [order.id], code
    ana = principal_of(session, "ana")
    set_scope(session, scope="own", grid_ids=ana.grid_ids, staff_id=ana.staff_id)
    assert session.scalars(select(WorkOrder.id)).all() == []
    cy = as_cy(session)
    assert session.scalars(select(WorkOrder.id)).all() == [order.id]
    assert session.scalar(select(Customer.customer_no).where(Customer.id == order.customer_id)) == "C01"
    (answer,) = record_feedback(session, principal=cy, batch=Batch(NOW, None, [report(order.id, "bought")]), now=NOW)
    assert (answer.status, answer.code) == ("accepted", None)
    assert session.scalars(select(ContactFeedback.staff_id)).all() == [cy.staff_id]
    set_scope(session, scope="all")
    assert (order.state, order.staff_id) == ("done", cy.staff_id)  # the points stay with who made the contact


def test_a_report_on_lent_work_is_seen_by_both_grid_managers_and_by_nobody_else(session):
    order = make_work_order(session, customer_no="C01")
    lend(session, order)
    record_feedback(session, principal=as_cy(session), batch=Batch(NOW, None, [report(order.id, "interested")]), now=NOW)
    verdict = {"kind": "automatic", "verdict": "confirmed", "rule": "call", "evidence": {}, "judging_probability": 1}
    set_scope(session, scope="all")
    found = session.scalars(select(ContactFeedback)).one()
    place = {"feedback_id": found.id, "staff_id": found.staff_id, "grid_id": found.grid_id, "number": 1, "decided_at": NOW}
    session.add(Verification(**place, **verdict))
    session.flush()
    set_scope(session, scope="all")
    for code, sees in (("G11", 1), ("G12", 1), ("G21", 0)):
        set_scope(session, scope="grids", grid_ids=[grid(session, code).id])
        assert len(session.scalars(select(ContactFeedback.id)).all()) == sees, code
        assert len(session.scalars(select(Verification.id)).all()) == sees, code
    ana = principal_of(session, "ana")
    set_scope(session, scope="own", grid_ids=ana.grid_ids, staff_id=ana.staff_id)
    assert session.scalars(select(ContactFeedback.id)).all() == []


def as_manager_of(session, code):
    set_scope(session, scope="grids", grid_ids=[grid(session, code).id])
    return [grid(session, code).id]


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        (Verb.REASSIGN, {"to_staff_nos": ["BO"]}),
        (Verb.SPLIT, {"to_staff_nos": ["BO"]}),
        (Verb.START, {}),
    ],
)
def test_work_of_another_grid_cannot_be_written_even_where_it_was_found_and_locked(session, monkeypatch, verb, more):
    order = make_work_order(session, customer_no="C01")
    grids = as_manager_of(session, "G21")

    def careless(session, ids, **_):
        with whole_company(session):
            return queries_of_work.lock_work_orders(session, ids)

    monkeypatch.setattr(actions, "queries", SimpleNamespace(lock_work_orders=careless))
    action = Action(verb, "a test", **more)
    with pytest.raises(StaleDataError), session.begin_nested():
        act_on_work_orders(session, action=action, ids=[order.id], grid_ids=grids, actor_account_id=None, now=NOW)


def test_a_borrower_sends_work_home_under_row_level_security_and_only_what_was_lent_to_them(session):
    lent, own = make_work_order(session, customer_no="C01"), make_work_order(session, customer_no="C02")
    lend(session, lent)
    grids = as_manager_of(session, "G12")
    act = {"ids": [lent.id], "grid_ids": grids, "actor_account_id": None, "now": NOW}
    (row,) = act_on_work_orders(session, action=Action(Verb.BRING_HOME, "done helping"), **act)
    assert (row.code, row.staff_no) == (None, "ANA")
    assert session.scalars(select(WorkOrder.id)).all() == []  # it has left, and its sight with it
    for order in (lent, own):
        with pytest.raises(ProgrammingError, match="not on loan here"), session.begin_nested():
            let_go(session, order.id)


def test_a_loan_ends_by_itself_unless_the_borrower_has_begun(session):
    idle, begun = make_work_order(session, customer_no="C01"), make_work_order(session, customer_no="C02")
    assert lend(session, idle) + lend(session, begun) == ["done", "done"]
    session.refresh(begun)
    session.execute(update(WorkOrder).where(WorkOrder.id == begun.id).values(state="in_progress"))
    release_wave(session, now=NOW + DAY)
    assert (holder(session, idle), holder(session, begun)) == ("cy", "cy")
    release_wave(session, now=NOW + 2 * DAY)
    assert (holder(session, idle), idle.lent_to_grid_id, idle.home_staff_id) == ("ana", None, None)
    assert (holder(session, begun), begun.lent_to_grid_id) == ("cy", grid(session, "G12").id)
    tombstones = session.execute(select(WorkOrderTombstone.staff_id, WorkOrderTombstone.grid_id)).all()
    cy = staff(session, "cy")
    assert (cy.id, cy.unit_id) in [tuple(row) for row in tombstones]  # the borrower's phone drops it


def test_only_the_own_grid_decides_on_what_is_lent(session):
    order = make_work_order(session, customer_no="C01")
    lend(session, order)
    for verb, more in ((Verb.POOL, {}), (Verb.PULL_BACK, {}), (Verb.EXTEND, {"due_on": TODAY + DAY})):
        assert do(session, verb, order, grids=["G12"], **more) == ["work_order.lent"]
    assert lend(session, order) == ["work_order.lent"]
    assert do(session, Verb.REASSIGN, order, to_staff_nos=["BO"]) == ["work_order.manager_elsewhere"]
    assert do(session, Verb.BRING_HOME, order, grids=["G12"]) == ["done"]
    assert (holder(session, order), order.lent_to_grid_id) == ("ana", None)
    assert do(session, Verb.BRING_HOME, order) == ["work_order.not_lent"]


def test_work_is_lent_within_the_branch_only(session):
    order = make_work_order(session, customer_no="C01")
    assert do(session, Verb.LEND, order, to_staff_nos=["DEE"], until=TODAY) == ["work_order.not_neighbour"]
    assert do(session, Verb.LEND, order, to_staff_nos=["BO"], until=TODAY) == ["work_order.not_neighbour"]


def test_a_grid_manager_lends_and_brings_home_under_row_level_security(session):
    order = make_work_order(session, customer_no="C01")
    own = [order.grid_id]
    set_scope(session, scope="grids", grid_ids=own)
    act = {"ids": [order.id], "grid_ids": own, "actor_account_id": None, "now": NOW}
    (row,) = act_on_work_orders(session, action=Action(Verb.LEND, "help", to_staff_nos=["CY"], until=TODAY), **act)
    assert (row.done, row.staff_no) == (True, "CY")
    (row,) = act_on_work_orders(session, action=Action(Verb.BRING_HOME, "thanks"), **act)
    assert (row.done, row.staff_no) == (True, "ANA")
    assert session.scalar(select(func.current_setting("gridwork.scope"))) == "grids"
