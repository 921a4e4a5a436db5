"""From a drawn list to work orders."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from app.campaigns.queries import UnknownCampaign
from app.campaigns.service import WrongStatus
from app.core.errors import Invalid
from app.dispatch.by_hand.reassigning import reassign_work_order
from app.dispatch.queries import UnknownWorkOrder
from app.dispatch.run.balance import WaterfallUnbalanced
from app.dispatch.run.inputs import CampaignOver
from app.dispatch.service import dispatch_campaign
from app.dispatch.sweeps import end_campaign, expire_overdue, withdraw_refused
from app.models.campaign import CampaignStatus, CampaignTarget, Draw
from app.models.customer import ContactPreference, PreferenceStatus
from app.models.organisation import Absence, Staff
from app.models.work_order import DispatchRun, WorkOrder, WorkOrderEvent, WorkOrderState
from tests.factories import NOW, TODAY, customer, make_campaign, make_work_order, staff

ALL = [f"C{number:02d}" for number in range(1, 16)]


def make_list(session, customer_nos=ALL, *, explored=(), **overrides):
    """A running campaign whose list is these customers, best first."""
    campaign = make_campaign(session, **({"ends_on": TODAY + timedelta(days=1)} | overrides))
    add_to_list(session, campaign, customer_nos, explored=explored)
    return campaign


def add_to_list(session, campaign, customer_nos, *, explored=()):
    """These customers on the campaign's list, undecided, best first."""
    for rank, customer_no in enumerate(customer_nos, start=1):
        person = customer(session, customer_no)
        session.add(
            CampaignTarget(
                campaign_id=campaign.id,
                customer_id=person.id,
                grid_id=person.grid_id,
                rank=rank,
                score=0.5,
                draw=Draw.EXPLORED if customer_no in explored else Draw.RANKED,
                selection_probability=0.95,
            )
        )
    session.flush()


def refuse(session, customer_no, scope="all"):
    """The customer refuses contact."""
    row = ContactPreference(
        customer_id=customer(session, customer_no).id, scope=scope, status=PreferenceStatus.REFUSED, recorded_at=NOW
    )
    session.add(row)
    session.flush()


def _dispatch(session, campaign):
    return dispatch_campaign(session, campaign_code=campaign.code, now=NOW)


def _orders(session, campaign):
    """{customer number: (manager, day from today, why)} of the campaign's work orders."""
    names = {person.id: person.staff_no.lower() for person in session.scalars(select(Staff))}
    numbers = {customer(session, no).id: no for no in ALL}
    rows = session.scalars(select(WorkOrder).where(WorkOrder.campaign_id == campaign.id).order_by(WorkOrder.rank))
    return {
        numbers[row.customer_id]: (names[row.staff_id], (row.scheduled_on - TODAY).days, row.assigned_because) for row in rows
    }


def test_a_list_becomes_work_orders_of_owners_first_and_then_of_who_has_room(session):
    campaign = make_list(session)
    report = _dispatch(session, campaign)
    orders = _orders(session, campaign)
    assert orders["C01"] == orders["C02"] == ("ana", 0, "owner")
    assert orders["C03"] == ("bo", 0, "owner")
    # in proportion to 20 and 12 contacts of capacity
    assert sorted(orders[no][0] for no in ALL[:10]) == ["ana"] * 6 + ["bo"] * 4
    assert {orders[no][0] for no in ALL[10:14]} == {"cy"}
    assert orders["C15"] == ("dee", 0, "best_value")
    assert report["new_work_orders"] == report["targets"] == report["waterfall"]["dispatched"] == 15
    run = session.scalars(select(DispatchRun).where(DispatchRun.campaign_id == campaign.id)).one()
    assert (run.target_count, run.waterfall) == (15, report["waterfall"])


def test_a_work_order_carries_what_was_known_at_its_dispatch(session):
    campaign = make_list(session, ["C01"])
    _dispatch(session, campaign)
    order = session.scalars(select(WorkOrder)).one()
    assert (order.state, order.rank, order.score, order.draw, order.due_on) == ("open", 1, 0.5, "ranked", campaign.ends_on)
    assert (order.dispatched_at, order.product_family, order.grid_id) == (NOW, "broadband", customer(session, "C01").grid_id)
    # the end of the local day 3 + 2 days after the campaign
    assert order.matures_at.isoformat() == "2026-10-18T16:00:00+00:00"


def test_no_day_holds_more_than_capacity_less_absence_and_other_live_work(session):
    session.execute(update(Staff).where(Staff.staff_no.in_(["ANA", "BO"])).values(daily_capacity=2))
    session.add(Absence(staff_id=staff(session, "bo").id, from_date=TODAY, to_date=TODAY))
    tv = make_campaign(session, product_code="TV1")
    make_work_order(session, campaign=tv, customer_no="C10", manager="ana")
    campaign = make_list(session, ALL[:10])
    report = _dispatch(session, campaign)
    orders = _orders(session, campaign)
    load = sorted((who, day) for who, day, _ in orders.values())
    assert load == [("ana", 0), ("ana", 1), ("ana", 1), ("bo", 1), ("bo", 1)]
    assert list(orders) == ALL[:5]
    assert report["waterfall"]["over_capacity"] == 5


def test_a_grid_without_a_working_manager_has_its_reason(session):
    session.execute(update(Staff).where(Staff.staff_no == "CY").values(active_to=TODAY - timedelta(days=1)))
    session.add(Absence(staff_id=staff(session, "dee").id, from_date=TODAY, to_date=TODAY + timedelta(days=9)))
    report = _dispatch(session, make_list(session))
    assert report["waterfall"]["no_active_manager"] == 5
    assert report["waterfall"]["dispatched"] == 10


def test_the_same_dispatch_again_makes_no_second_order(session):
    campaign = make_list(session)
    first = _dispatch(session, campaign)
    before = _orders(session, campaign)
    again = _dispatch(session, campaign)
    assert again == first | {"new_work_orders": 0}
    assert _orders(session, campaign) == before


def test_a_refusal_since_the_freeze_wins_over_everything(session):
    campaign = make_list(session, ["C01", "C02", "C03"])
    refuse(session, "C01")
    refuse(session, "C02", "broadband")
    report = _dispatch(session, campaign)
    assert list(_orders(session, campaign)) == ["C03"]
    assert report["waterfall"]["do_not_disturb"] == 2


def test_everything_else_that_changed_since_the_freeze_counts_too(session):
    campaign = make_list(session, ["C01", "C02", "C03"])
    customer(session, "C01").phone = None
    make_work_order(session, customer_no="C02")
    report = _dispatch(session, campaign)
    assert {name: count for name, count in report["waterfall"].items() if count} == {
        "invalid": 1,
        "locked_by_other_campaign": 1,
        "dispatched": 1,
    }


def test_where_capacity_is_short_the_explored_are_not_the_first_to_go(session):
    session.execute(update(Staff).where(Staff.staff_no.in_(["ANA", "BO"])).values(daily_capacity=1))
    campaign = make_list(session, ALL[:8], explored=ALL[4:8], ends_on=TODAY + timedelta(days=1))
    _dispatch(session, campaign)
    assert sum(no in ALL[4:8] for no in _orders(session, campaign)) == 2


def test_only_an_approved_campaign_whose_window_is_not_over_is_dispatched(session):
    for status in CampaignStatus:
        if status not in (CampaignStatus.APPROVED, CampaignStatus.SCHEDULED, CampaignStatus.RUNNING):
            with pytest.raises(WrongStatus):
                _dispatch(session, make_list(session, status=status))
    with pytest.raises(CampaignOver):
        _dispatch(session, make_list(session, ends_on=TODAY - timedelta(days=1)))
    with pytest.raises(UnknownCampaign):
        dispatch_campaign(session, campaign_code="NONE", now=NOW)


def test_a_list_that_does_not_add_up_fails_the_run(session):
    campaign = make_list(session, ["C01", "C02"])
    statement = "UPDATE campaign_targets SET reason = 'dispatched' WHERE campaign_id = :id AND rank = 1"
    session.execute(text(statement), {"id": campaign.id})
    with pytest.raises(WaterfallUnbalanced):
        _dispatch(session, campaign)


def _events(session):
    rows = session.scalars(select(WorkOrderEvent).order_by(WorkOrderEvent.work_order_id))
    return [(row.event, row.from_state, row.to_state, row.reason) for row in rows]


@pytest.mark.parametrize("scope", ["all", "call", "broadband"])
def test_a_refusal_withdraws_live_work_orders_and_leaves_the_others(session, scope):
    live = make_work_order(session, customer_no="C01", state=WorkOrderState.IN_PROGRESS)
    done = make_work_order(session, customer_no="C02", state=WorkOrderState.DONE, closed_at=NOW)
    other = make_work_order(session, customer_no="C03")
    for customer_no in ("C01", "C02"):
        refuse(session, customer_no, scope)
    refuse(session, "C03", "visit")
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 1}
    assert (live.state, live.closed_at, live.close_reason) == ("withdrawn", NOW, "do_not_disturb")
    assert (done.state, other.state) == ("done", "open")
    assert _events(session) == [("withdrawn", "in_progress", "withdrawn", "do_not_disturb")]
    assert withdraw_refused(session, now=NOW) == {"withdrawn": 0}


def test_a_work_order_expires_when_its_last_day_is_over(session):
    late = make_work_order(session, customer_no="C01", due_on=TODAY - timedelta(days=1))
    today = make_work_order(session, customer_no="C02", due_on=TODAY)
    assert expire_overdue(session, now=NOW) == {"expired": 1}
    assert (late.state, late.close_reason, today.state) == ("expired", "window_over", "open")
    assert _events(session) == [("expired", "open", "expired", "window_over")]


def test_the_end_of_a_campaign_expires_its_live_work_orders_alone(session):
    campaign, other = make_list(session, ["C01"]), make_list(session, ["C02"])
    _dispatch(session, campaign)
    _dispatch(session, other)
    assert end_campaign(session, campaign_code=campaign.code, now=NOW) == {"expired": 1}
    states = session.execute(select(WorkOrder.state, func.count()).group_by(WorkOrder.state).order_by(WorkOrder.state)).all()
    assert states == [("expired", 1), ("open", 1)]
    assert campaign.status is CampaignStatus.CLOSED


def _reassign(session, order, to, **more):
    values = {"grid_ids": [order.grid_id], "actor_account_id": None, "reason": "ill"} | more
    return reassign_work_order(session, work_order_id=order.id, to_staff_no=to, now=NOW, **values)


def test_work_goes_to_another_manager_of_the_same_grid_only(session):
    order = make_work_order(session, manager="ana")
    for nobody in ("CY", "CHEN", "ANA", "NOBODY"):
        with pytest.raises(Invalid, match="to_staff_no"):
            _reassign(session, order, nobody)
    with pytest.raises(UnknownWorkOrder):
        _reassign(session, order, "BO", grid_ids=[order.grid_id + 1])
    assert _reassign(session, order, "BO").staff_id == staff(session, "bo").id
    assert _events(session) == [("reassigned", "open", "open", "ill")]


def test_work_does_not_go_to_somebody_who_has_left(session):
    order = make_work_order(session, manager="ana")
    staff(session, "bo").active_to = TODAY - timedelta(days=1)
    session.flush()
    with pytest.raises(Invalid, match="to_staff_no"):
        _reassign(session, order, "BO")
