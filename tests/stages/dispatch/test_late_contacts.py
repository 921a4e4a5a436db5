"""A report that comes late tells of a contact that nobody had counted: it is taken and marked, and nothing more follows."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.campaigns.policy.rules import SlidingWindow
from app.core import clock
from app.core.db import set_scope
from app.dispatch.by_hand.actions import act_on_work_orders
from app.dispatch.by_hand.terms import NO_ROOM, Action, Verb
from app.dispatch.explaining.explanation import explain_customer
from app.dispatch.life import move_work_order
from app.dispatch.sparing import BEYOND_LIMIT
from app.dispatch.states import Event
from app.dispatch.sweeps import withdraw_refused
from app.models.organisation import Absence
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState
from tests.factories import NOW, TODAY, make_campaign, make_work_order, staff
from tests.phones import report as item
from tests.phones import stamp
from tests.stages.campaigns.test_contact_policy import report, set_policy
from tests.stages.dispatch.test_policy_sweeps import ask_all
from tests.stages.feedback.test_recording import send

WINDOW = SlidingWindow(most=1, days=5)
EARLIER = NOW - timedelta(days=2)


def order_of(session, product_code, **more):
    return make_work_order(session, campaign=make_campaign(session, product_code=product_code), **more)


def expired(session, **more):
    """One that was on Ana's phone, was expired yesterday, and was contacted before without anybody knowing."""
    order = order_of(session, "TV1", **more)
    move_work_order(session, work_order=order, event=Event.EXPIRED, now=NOW - timedelta(days=1), reason="window_over")
    return order


def report_late(session, order, at=EARLIER):
    return send(session, item(order.id, started_at=stamp(at), ended_at=None))


def states(session, *orders):
    for order in orders:
        session.refresh(order)
    return [(order.state.value, order.scheduled_on) for order in orders]


def events(session, order):
    rows = session.scalars(select(WorkOrderEvent).where(WorkOrderEvent.work_order_id == order.id).order_by(WorkOrderEvent.id))
    return [(row.event, row.reason) for row in rows]


@pytest.fixture
def two(session):
    """The order that was contacted, and a live one that is planned for today; the policy allows one contact in five days."""
    set_policy(session, WINDOW)
    return expired(session), order_of(session, "FTTH1")


def test_what_is_still_to_come_goes_to_the_next_day_on_which_the_limit_allows_it(session, two):
    late, live = two
    [answer] = report_late(session, late)
    assert answer.status == "accepted"
    assert states(session, late, live) == [("expired", TODAY), ("planned", clock.local_date(EARLIER) + timedelta(days=5))]
    assert events(session, live) == [("postponed", "contact_limit")]
    assert events(session, late) == [("expired", "window_over")]  # one contact in five days: no limit is passed
    # It stays there: no sweep takes it, although today it would be too early.
    assert ask_all(session) == {"asked": 1, "withdrawn": 0}
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 0}


def test_where_no_day_is_left_it_is_withdrawn(session):
    set_policy(session, SlidingWindow(most=1, days=30))
    late, live = expired(session), order_of(session, "FTTH1")
    report_late(session, late)
    assert states(session, live) == [("withdrawn", TODAY)]
    assert events(session, live) == [("withdrawn", "contact_limit")]


def test_where_the_manager_has_no_day_left_either_it_is_withdrawn(session, two):
    late, live = two
    away = {"from_date": TODAY, "to_date": TODAY + timedelta(days=30), "kind": "ill"}
    session.add(Absence(staff_id=staff(session, "ana").id, **away))
    report_late(session, late)
    assert states(session, live) == [("withdrawn", TODAY)]


def test_of_several_only_what_has_no_room_goes_and_what_was_begun_is_finished(session):
    set_policy(session, SlidingWindow(most=2, days=30))
    late, live = expired(session), order_of(session, "FTTH1")
    report_late(session, late)
    assert states(session, live) == [("open", TODAY)]
    set_policy(session, WINDOW)
    begun = order_of(session, "TV1", state=WorkOrderState.IN_PROGRESS)
    report(session, begun, 0)
    send(session, item(late.id, started_at=stamp(EARLIER), ended_at=None))
    assert states(session, begun) == [("in_progress", TODAY)]


def test_a_late_contact_that_passed_a_limit_is_marked_with_its_figures_once(session):
    set_policy(session, WINDOW)
    late, done = expired(session), order_of(session, "FTTH1", state=WorkOrderState.DONE)
    report(session, done, 1)
    for _ in range(2):
        report_late(session, late)
    assert events(session, late) == [("expired", "window_over"), (BEYOND_LIMIT, "2 contacts in 5 days, limit 1")]
    assert states(session, late) == [("expired", TODAY)]
    assert late.close_reason == "window_over"
    explained = explain_customer(session, customer_no="C01", campaign_code=None, grid_ids=None, now=NOW)
    said = [event for entry in explained.campaigns if entry.work_order for event in entry.work_order.events]
    assert BEYOND_LIMIT in {event.event for event in said}


@pytest.mark.parametrize(("channel", "marks"), [("call", 0), ("visit", 1)])
def test_a_contact_by_another_channel_than_the_campaigns_is_marked_where_it_passed_a_limit(session, channel, marks):
    set_policy(session, SlidingWindow(most=1, days=5, channel="visit"))
    visited = order_of(session, "FTTH1", state=WorkOrderState.DONE)
    report(session, visited, 1, channel="visit")
    called = order_of(session, "TV1")
    for _ in range(2):
        [answer] = send(session, item(called.id, channel=channel))
        assert answer.status == "accepted"
    said = [reason for event, reason in events(session, called) if event == BEYOND_LIMIT]
    assert said == ["2 contacts in 5 days, limit 1"][:marks]


def test_work_that_waits_for_room_is_not_brought_forward_by_hand(session, two):
    late, live = two
    report_late(session, late)
    its_day = live.scheduled_on
    away = {"from_date": its_day, "to_date": live.due_on, "kind": "ill"}
    session.add(Absence(staff_id=staff(session, "bo").id, **away))
    session.flush()

    def give_to_bo():
        action = Action(Verb.REASSIGN, "ill", ("BO",))
        [row] = act_on_work_orders(session, action=action, ids=[live.id], grid_ids=None, actor_account_id=None, now=NOW)
        return row.code

    assert give_to_bo() == NO_ROOM.code  # he has room today, but today is too early
    session.query(Absence).delete()
    assert give_to_bo() is None
    assert states(session, live) == [("planned", its_day)]


def test_the_phone_drops_what_was_put_off(company, client_as):
    from tests.phones import Phone

    set_policy(company, WINDOW)
    late, live = expired(company), order_of(company, "FTTH1")
    company.commit()
    with clock.shifted_to(NOW):
        phone = Phone(client_as("ana"))
        phone.pull()
        assert set(phone.orders) == {live.id}
        phone.send(item(late.id, started_at=stamp(EARLIER), ended_at=None))
        phone.pull()
    assert (phone.orders, phone.reasons[live.id]) == ({}, "postponed")


def test_a_report_waits_for_nobody_and_the_sweep_does_what_it_had_to_leave(company, sessions):
    set_policy(company, WINDOW)
    late, live = expired(company), order_of(company, "FTTH1")
    company.commit()
    set_scope(company, scope="all")
    with sessions() as other:
        set_scope(other, scope="all")
        other.scalars(select(WorkOrder).where(WorkOrder.id == live.id).with_for_update()).one()
        report_late(company, late)
        company.commit()
        set_scope(company, scope="all")
        other.rollback()
    assert states(company, live) == [("open", TODAY)]
    withdraw_refused(company, now=NOW)
    assert states(company, live)[0][0] == "planned"
