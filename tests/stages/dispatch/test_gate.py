"""The one gate: what it lets be moved, released, opened again, and what the sweeps take back."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.campaigns.gate import Act, RunChoosing, contact_refusals, order_refusals
from app.campaigns.policy.queries import quiet_between
from app.campaigns.policy.rules import QuietDays, RestAfterComplaint, RestAfterRefusal, SlidingWindow
from app.core.db import set_scope
from app.dispatch.by_hand.reassigning import reassign_work_order
from app.dispatch.days.calendar import load_holidays
from app.dispatch.gating import ContactRefused
from app.dispatch.service import dispatch_campaign
from app.dispatch.sweeps import withdraw_refused
from app.models.customer import Complaint
from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState
from tests.factories import NOW, TODAY, customer, grid, make_campaign, make_work_order, staff
from tests.phones import report as item
from tests.stages.campaigns.test_contact_policy import report, set_policy
from tests.stages.dispatch.test_dispatching import ALL, make_list, refuse
from tests.stages.dispatch.test_races import _together as together
from tests.stages.feedback.test_recording import send

ONCE, TWICE = SlidingWindow(most=1), SlidingWindow(most=2)


def complain(session, customer_no, topic="bill"):
    row = Complaint(complaint_no=uuid.uuid4().hex, customer_id=customer(session, customer_no).id, opened_at=NOW, topic=topic)
    session.add(row)
    session.flush()


def order_of(session, product_code="FTTH1", *, customer_no="C01", **more):
    campaign = make_campaign(session, product_code=product_code)
    return make_work_order(session, campaign=campaign, customer_no=customer_no, **more)


def give_to_bo(session, order):
    return reassign_work_order(
        session, work_order_id=order.id, to_staff_no="BO", grid_ids=[order.grid_id], actor_account_id=None, reason="ill", now=NOW
    )


def _refused_elsewhere(session):
    other = order_of(session, "TV1", state=WorkOrderState.DONE)
    report(session, other, 1, outcome="refused", objection="wants_no_contact")


@pytest.mark.parametrize(
    ("do", "reason"),
    [
        (lambda s: refuse(s, "C01"), "do_not_disturb"),
        (lambda s: refuse(s, "C01", "call"), "do_not_disturb"),
        (lambda s: refuse(s, "C01", "broadband"), "do_not_disturb"),
        (lambda s: complain(s, "C01"), "complaint_open"),
        (_refused_elsewhere, "resting_after_refusal"),
    ],
)
def test_work_of_a_customer_whom_one_may_not_contact_is_not_given_to_another(session, do, reason):
    order = order_of(session)
    do(session)
    with pytest.raises(ContactRefused) as caught:
        give_to_bo(session, order)
    assert caught.value.context == {"reason": reason}
    assert order.staff_id == staff(session, "ana").id


def test_a_contact_does_not_count_against_itself(session):
    set_policy(session, ONCE)
    order = order_of(session, state=WorkOrderState.IN_PROGRESS)
    report(session, order, 2)
    assert order_refusals(session, [order.id], act=Act.EXTEND, until=TODAY + timedelta(days=30), now=NOW) == {}
    assert give_to_bo(session, order).staff_id == staff(session, "bo").id


def test_where_a_limit_was_tightened_the_contact_that_was_there_first_stays(session):
    orders = [order_of(session), order_of(session, "TV1")]
    set_policy(session, ONCE)
    refused = order_refusals(session, [order.id for order in orders], act=Act.MOVE, now=NOW)
    assert refused == {orders[1].id: "contact_limit"}
    # Who would take new room counts them all.
    assert set(order_refusals(session, [order.id for order in orders], act=Act.EXTEND, now=NOW)) == {o.id for o in orders}


def test_what_was_begun_may_be_finished_whatever_the_limit_is_by_now(session):
    order_of(session)
    begun = order_of(session, "TV1", state=WorkOrderState.IN_PROGRESS)
    report(session, begun, 0)
    set_policy(session, ONCE)
    assert order_refusals(session, [begun.id], act=Act.MOVE, now=NOW) == {}


def test_new_contacts_are_asked_for_together_and_no_ask_sees_less_than_the_company(session):
    set_policy(session, TWICE)
    for product_code in ("FTTH1", "TV1"):
        order_of(session, product_code, customer_no="C01")
    order_of(session, customer_no="C02")
    refuse(session, "C03", "tv")
    ids = {no: customer(session, no).id for no in ("C01", "C02", "C03", "C04")}
    elsewhere = grid(session, "G21").id
    set_scope(session, scope="grids", grid_ids=[elsewhere])
    asked = {"channel": "call", "family": "tv", "day": TODAY, "until": TODAY + timedelta(days=3)}
    found = contact_refusals(session, ids.values(), **asked)
    assert found == {ids["C01"]: "contact_limit", ids["C03"]: "do_not_disturb"}
    names = "current_setting('gridwork.scope'), current_setting('gridwork.grid_ids')"
    assert tuple(session.execute(text(f"SELECT {names}")).one()) == ("grids", f"{{{elsewhere}}}")
    assert contact_refusals(session, [], **asked) == {}


def test_nobody_takes_room_while_a_run_may_be_giving_it_away(company, sessions):
    with sessions() as run:
        run.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('dispatch', 0))"))
        set_scope(company, scope="grids", grid_ids=[1])
        with pytest.raises(RunChoosing):
            contact_refusals(company, [1], channel="call", family="tv", day=TODAY)
        assert company.scalar(text("SELECT current_setting('gridwork.scope')")) == "grids"
        run.rollback()
        set_scope(company, scope="all")
        assert contact_refusals(company, [1], channel="call", family="tv", day=TODAY) == {}


def test_two_do_not_take_the_last_room_of_a_customer_at_once(company, sessions):
    asked = {"channel": "call", "family": "tv", "day": TODAY}
    assert contact_refusals(company, [1], **asked) == {}
    with sessions() as other:
        set_scope(other, scope="all")
        with pytest.raises(RunChoosing):
            contact_refusals(other, [1], **asked)
        assert contact_refusals(other, [2], **asked) == {}


def _correct(session, order):
    first = item(order.id, "refused")
    send(session, first)
    return send(session, item(order.id, "interested", corrects_id=first["id"]))


def test_a_correction_opens_its_order_again_where_nothing_speaks_against_it(session):
    order = order_of(session)
    [answer] = _correct(session, order)
    assert (answer.status, answer.code, order.state) == ("accepted", None, WorkOrderState.IN_PROGRESS)


def test_a_correction_is_taken_but_opens_nothing_where_the_customer_may_not_be_contacted(session):
    order = order_of(session)
    refuse(session, "C01")
    [answer] = _correct(session, order)
    session.refresh(order)
    assert (answer.status, answer.code, order.state) == ("accepted", "feedback.stays_ended", WorkOrderState.DONE)
    assert len(session.scalars(select(ContactFeedback)).all()) == 2


def test_a_correction_opens_nothing_where_another_contact_has_taken_the_room(session):
    set_policy(session, ONCE)
    order = order_of(session)
    first = item(order.id, "refused")
    send(session, first)
    order_of(session, "TV1")
    [answer] = send(session, item(order.id, "interested", corrects_id=first["id"]))
    session.refresh(order)
    assert (answer.code, order.state) == ("feedback.stays_ended", WorkOrderState.DONE)


def _states(session):
    rows = session.scalars(select(WorkOrder).order_by(WorkOrder.id).execution_options(populate_existing=True))
    return [(row.state.value, row.close_reason) for row in rows]


def test_a_complaint_withdraws_the_customers_live_work(session):
    order_of(session, customer_no="C01")
    order_of(session, customer_no="C02")
    order_of(session, customer_no="C03", state=WorkOrderState.DONE, closed_at=NOW)
    for customer_no in ("C01", "C03"):
        complain(session, customer_no)
    set_policy(session, RestAfterComplaint(topics=("noise",)))
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 0}
    set_policy(session, RestAfterComplaint(days=1))
    assert withdraw_refused(session, now=NOW + timedelta(days=2)) == {"withdrawn": 0}
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 1}
    assert _states(session) == [("withdrawn", "complaint_open"), ("open", None), ("done", None)]
    [event] = session.scalars(select(WorkOrderEvent))
    assert (event.event, event.reason) == ("withdrawn", "complaint_open")


def test_who_refuses_in_one_contact_is_spared_the_others_that_the_policy_names(session):
    first, same, other = order_of(session), order_of(session, "TV1"), order_of(session, "TV1", customer_no="C02")
    set_policy(session, RestAfterRefusal(family="same"))
    send(session, item(first.id, "refused"))
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 0}
    set_policy(session, RestAfterRefusal(family="any"))
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 1}
    session.refresh(same)
    assert (same.close_reason, other.state) == ("resting_after_refusal", WorkOrderState.OPEN)


def test_a_run_plans_nothing_for_a_quiet_day_of_its_channel(session):
    set_policy(session, QuietDays(dates=(TODAY,), channel="call"), QuietDays(weekdays=(2,), channel="visit"))
    for channel, days in (("call", {TODAY + timedelta(days=1)}), ("visit", {TODAY})):
        campaign = make_list(
            session, ["C01", "C02", "C03"], channel=channel, product_code={"call": "FTTH1", "visit": "TV1"}[channel]
        )
        dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
        orders = select(WorkOrder.scheduled_on).where(WorkOrder.campaign_id == campaign.id)
        assert set(session.scalars(orders)) == days


def test_a_holiday_is_a_quiet_day_where_the_policy_says_so(session):
    load_holidays(session, holidays=[(TODAY, "National day"), (TODAY + timedelta(days=3), "Another")])
    order = order_of(session)
    assert order_refusals(session, [order.id], act=Act.RELEASE, now=NOW) == {}
    set_policy(session, QuietDays(holidays=True, channel="visit"))
    assert order_refusals(session, [order.id], act=Act.RELEASE, now=NOW) == {}
    set_policy(session, QuietDays(holidays=True))
    assert order_refusals(session, [order.id], act=Act.RELEASE, now=NOW) == {order.id: "quiet_day"}
    assert order_refusals(session, [order.id], act=Act.RELEASE, now=NOW + timedelta(days=1)) == {}
    found = quiet_between(session, channels=["call", "visit"], first=TODAY, last=TODAY + timedelta(days=9))
    assert found == [TODAY, TODAY + timedelta(days=3)]


def test_runs_at_the_same_time_keep_a_limit_together(company, sessions):
    set_policy(company, ONCE)
    codes = [make_list(company, ALL[:10], product_code=product).code for product in ("FTTH1", "TV1")]
    company.commit()
    works = [lambda session, code=code: dispatch_campaign(session, campaign_code=code, now=NOW) for code in codes]
    first, second = together(sessions, *works)
    assert {first["new_work_orders"], second["new_work_orders"]} == {0, 10}
    assert first["waterfall"]["contact_limit"] + second["waterfall"]["contact_limit"] == 10


def test_more_may_be_asked_for_than_a_statement_has_parameters(session):
    order = order_of(session)
    refuse(session, "C01")
    assert order_refusals(session, range(1, 70_000), act=Act.MOVE, now=NOW) == {order.id: "do_not_disturb"}
