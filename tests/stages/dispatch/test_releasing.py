"""The morning's release of planned work, and what becomes of what was left unfinished."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from app.campaigns.policy.rules import QuietDays, RestAfterComplaint
from app.core.errors import Invalid
from app.dispatch.days.calendar import load_holidays, read_holidays, remove_holiday
from app.dispatch.days.release import release_wave
from app.dispatch.life import move_work_order
from app.dispatch.service import dispatch_campaign
from app.dispatch.states import Event
from app.dispatch.sweeps import expire_overdue, withdraw_refused
from app.models.campaign import UnfinishedRule
from app.models.customer import Complaint
from app.models.organisation import Absence, Staff
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState
from tests.factories import NOW, TODAY, make_campaign, make_work_order, staff
from tests.stages.campaigns.test_contact_policy import set_policy
from tests.stages.dispatch.test_dispatching import ALL, make_list, refuse
from tests.stages.dispatch.test_races import _together

DAY = timedelta(days=1)


def capacity(session, **people):
    for name, contacts in people.items():
        session.execute(update(Staff).where(Staff.staff_no == name.upper()).values(daily_capacity=contacts))


def planned(session, customer_no, **overrides):
    values = {"state": WorkOrderState.PLANNED, "scheduled_on": TODAY, "due_on": TODAY + 5 * DAY} | overrides
    return make_work_order(session, customer_no=customer_no, **values)


def days(*orders):
    return [(order.state.value, (order.scheduled_on - TODAY).days) for order in orders]


def release(session, now=NOW, **more):
    found = release_wave(session, now=now, **more)
    return {name: count for name, count in found.items() if count}


def events(session, order):
    rows = session.execute(select(WorkOrderEvent.event, WorkOrderEvent.reason).where(WorkOrderEvent.work_order_id == order.id))
    return [tuple(row) for row in rows]


def test_a_dispatch_opens_what_is_for_today_and_plans_what_is_for_later(session):
    capacity(session, ana=1, bo=1)
    campaign = make_list(session, ALL[:4])
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    statement = select(WorkOrder.scheduled_on, WorkOrder.state, func.count()).group_by(WorkOrder.scheduled_on, WorkOrder.state)
    assert sorted(session.execute(statement).all()) == [(TODAY, "open", 2), (TODAY + DAY, "planned", 2)]
    again = make_list(session, ALL[:4])
    report = dispatch_campaign(session, campaign_code=again.code, now=NOW)
    assert report["waterfall"]["locked_by_other_campaign"] == 4  # planned work holds the customer


def test_each_morning_the_days_work_is_opened_and_later_work_waits(session):
    today, tomorrow = planned(session, "C01"), planned(session, "C02", scheduled_on=TODAY + DAY)
    assert release(session) == {"released": 1}
    assert days(today, tomorrow) == [("open", 0), ("planned", 1)]
    assert events(session, today) == [("released", None)]
    assert release(session) == {}
    assert release(session, NOW + DAY) == {"rolled": 1, "released": 1}
    assert days(today, tomorrow) == [("open", 1), ("open", 1)]


def test_an_absence_that_came_in_since_moves_the_day_to_the_next_free_one(session):
    capacity(session, ana=1)
    busy = planned(session, "C01", scheduled_on=TODAY + 2 * DAY)
    order = planned(session, "C02")
    session.add(Absence(staff_id=staff(session, "ana").id, from_date=TODAY, to_date=TODAY + DAY))
    assert release(session) == {"postponed": 1}
    assert days(busy, order) == [("planned", 2), ("planned", 3)]
    assert events(session, order) == [("postponed", "next_free_day")]


def test_on_a_holiday_nobody_works(session):
    load_holidays(session, holidays=[(TODAY, "National Day"), (TODAY + DAY, "National Day")])
    order, begun = planned(session, "C01"), planned(session, "C02", state="in_progress", scheduled_on=TODAY - DAY)
    assert release(session) == {"postponed": 2}
    assert days(order, begun) == [("planned", 2), ("in_progress", 2)]  # a customer may wait to be called back: it stays
    remove_holiday(session, day=TODAY)
    with pytest.raises(Invalid, match="day"):
        remove_holiday(session, day=TODAY)
    campaign = make_list(session, ["C04"], ends_on=TODAY + DAY)
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    assert session.scalars(select(WorkOrder.scheduled_on).where(WorkOrder.campaign_id == campaign.id)).all() == [TODAY]


def test_capacity_is_kept_with_what_is_open_and_what_was_done_today(session):
    capacity(session, ana=3)
    make_work_order(session, customer_no="C01")
    make_work_order(session, customer_no="C02", state=WorkOrderState.DONE, closed_at=NOW)
    orders = [planned(session, f"C0{n}", score=n / 10) for n in (3, 4, 5)]
    assert release(session) == {"released": 1, "postponed": 2}
    assert days(*orders) == [("planned", 1), ("planned", 1), ("open", 0)]  # the most promising is today's


def test_one_contact_about_two_products_takes_one_place_and_goes_together(session):
    capacity(session, ana=1)
    lead = planned(session, "C01", score=0.9)
    tv = make_campaign(session, product_code="TV1")
    other = planned(session, "C01", campaign=tv, score=0.1, contact_id=lead.id)
    lead.contact_id = lead.id
    alone = planned(session, "C02", score=0.5)
    session.flush()
    assert release(session) == {"released": 2, "postponed": 1}
    assert days(lead, other, alone) == [("open", 0), ("open", 0), ("planned", 1)]


def test_whoever_has_no_free_day_left_gives_to_the_pool_and_that_is_nobodys_load(session):
    capacity(session, ana=0)
    order = planned(session, "C01")
    assert release(session) == {"pooled": 1}
    assert (order.state, order.pooled_at) == ("planned", NOW)
    assert release(session, NOW + DAY) == {}
    assert expire_overdue(session, now=NOW + 6 * DAY) == {"expired": 1}
    assert events(session, order) == [("pooled", "no_free_day"), ("expired", "window_over")]


def test_unfinished_work_rolls_so_many_days_and_then_goes_to_the_pool(session):
    order = planned(session, "C01", due_on=TODAY + 9 * DAY)
    states = []
    for morning in range(5):
        release(session, NOW + morning * DAY, most_rolls=2)
        states.append((order.state.value, order.rolls, order.pooled_at is None))
    assert states == [("open", 0, True), ("open", 1, True), ("open", 2, True), ("planned", 3, False), ("planned", 3, False)]


@pytest.mark.parametrize(("rule", "state"), [("roll", "open"), ("expire", "expired"), ("pool", "planned")])
def test_a_campaigns_own_rule_comes_before_the_companys(session, rule, state):
    campaign = make_campaign(session, unfinished_rule=UnfinishedRule(rule))
    order = make_work_order(session, campaign=campaign, scheduled_on=TODAY - DAY)
    other = make_work_order(session, customer_no="C02", scheduled_on=TODAY - DAY)
    release(session, unfinished_rule="roll")
    assert (order.state.value, other.state.value) == (state, "open")
    if state == "expired":
        assert (order.closed_at, order.close_reason) == (NOW, "unfinished")


def test_the_gate_is_asked_for_what_goes_to_a_phone_today(session):
    set_policy(session, QuietDays(dates=(TODAY,)), RestAfterComplaint(days=6))
    quiet, complained, begun = planned(session, "C01"), planned(session, "C02"), make_work_order(session, customer_no="C04")
    session.add(Complaint(complaint_no="X1", customer_id=complained.customer_id, opened_at=NOW, topic="bill"))
    session.flush()
    assert release(session) == {"postponed": 1, "withdrawn": 1}
    assert days(quiet, begun) == [("planned", 1), ("open", 0)]
    assert (complained.state, complained.close_reason) == ("withdrawn", "complaint_open")


def test_a_report_from_a_phone_that_was_offline_finds_its_order_in_the_pool(session):
    order = planned(session, "C01", pooled_at=NOW)
    move_work_order(session, work_order=order, event=Event.CONTACTED, now=NOW)
    assert (order.state, order.pooled_at) == ("in_progress", None)


def test_planned_work_is_withdrawn_like_any_other(session):
    order = planned(session, "C01", scheduled_on=TODAY + DAY)
    refuse(session, "C01")
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 1}
    assert order.state == "withdrawn"


def test_two_releases_at_once_release_everything_once(company, sessions):
    for number in range(1, 9):
        planned(company, f"C0{number}")
    company.commit()
    counts = _together(sessions, *[lambda session: release_wave(session, now=NOW)] * 3)
    assert sorted(found["released"] for found in counts) == [0, 0, 8]


def test_holidays_are_read_from_a_file_and_a_wrong_line_is_named(session):
    assert read_holidays(["day,name", "2026-10-02,Two", "2026-10-01,One"]) == [
        (date(2026, 10, 1), "One"),
        (date(2026, 10, 2), "Two"),
    ]
    for lines, named in (([], "holidays"), (["day"], "holidays"), (["day,name", "1.10.,x"], "line 2, day"),
                         (["day,name", "2026-10-01,"], "line 2, name")):  # fmt: skip
        with pytest.raises(Invalid, match=named):
            read_holidays(lines)
    assert load_holidays(session, holidays=[]) == {"holidays": 0}
