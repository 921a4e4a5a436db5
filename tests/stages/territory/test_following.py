"""Live work follows its customer when the customers feed alone gives them another grid or owner."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.ingest.service import import_feed
from app.models.customer import ContactPreference, PreferenceStatus
from app.models.organisation import Absence, Staff
from app.models.territory import OwnershipNews
from app.models.work_order import WorkOrderState, WorkOrderTombstone
from app.territory.applying import apply_due_handovers
from app.territory.feed_moves import ANOTHER_GRID, ANOTHER_OWNER, KEPT, follow_feed
from app.territory.service import cancel_handover, confirm_handover
from tests.factories import NOW, TODAY, grid, make_campaign, make_work_order, staff
from tests.stages.territory.handing import apply, events_of, give_all, hire, plan, whose

TOMORROW = TODAY + timedelta(days=1)
NOTHING = {"moved": 0, "pooled": 0, "kept": 0, "withdrawn": 0}


@pytest.fixture
def feed(session, tmp_path):
    """`feed("C01,G12,CY")` imports this row of the customers feed."""
    give_all(session, "ana", "C01", "C02")

    def import_it(*lines, now=NOW):
        path = tmp_path / "customers"
        path.write_text("\n".join(("customer_no,grid_code,owner_staff_no", *lines)) + "\n")
        import_feed(session, feed="customers", path=path, file_name="customers", now=now)

    return import_it


def follow(session, **expected):
    assert follow_feed(session, now=NOW) == NOTHING | expected


def planned(session, **more):
    return make_work_order(session, state=WorkOrderState.PLANNED, scheduled_on=TOMORROW, **more)


def place(session, order):
    session.refresh(order)
    return whose(session, order), order.grid_id, order.state.value, order.scheduled_on


def in_the_news(session):
    return session.scalar(select(func.count()).select_from(OwnershipNews))


def test_what_nobody_has_begun_goes_to_the_owner_in_the_new_grid_and_leaves_the_phone(session, feed):
    order = make_work_order(session)
    home = order.grid_id
    feed("C01,G12,CY")
    follow(session, moved=1)
    assert place(session, order) == ("CY", grid(session, "G12").id, "open", TODAY)
    assert events_of(session, order) == [("reassigned", ANOTHER_GRID.reason)]
    tombstones = session.execute(
        select(WorkOrderTombstone.staff_id, WorkOrderTombstone.work_order_id, WorkOrderTombstone.grid_id)
    )
    assert tombstones.all() == [(staff(session, "ana").id, order.id, home)]
    follow(session)
    assert len(events_of(session, order)) == 1


@pytest.mark.parametrize("owner", ["", "ANA"])
def test_where_the_new_grid_has_no_owner_it_goes_into_the_pool_there(session, feed, owner):
    order = make_work_order(session)
    feed(f"C01,G12,{owner}")
    follow(session, pooled=1)
    assert place(session, order)[1:3] == (grid(session, "G12").id, "planned")
    assert order.pooled_at == NOW
    assert events_of(session, order) == [("pooled", ANOTHER_GRID.reason)]


def test_where_the_owner_has_no_day_until_the_last_it_goes_into_the_pool_too(session, feed):
    order = make_work_order(session)
    away = {"from_date": TODAY, "to_date": order.due_on, "kind": "ill"}
    session.add(Absence(staff_id=staff(session, "cy").id, **away))
    feed("C01,G12,CY")
    follow(session, pooled=1)


def test_where_the_owner_is_away_today_it_waits_for_the_first_day_back(session, feed):
    order = make_work_order(session)
    session.add(Absence(staff_id=staff(session, "cy").id, from_date=TODAY, to_date=TODAY, kind="ill"))
    feed("C01,G12,CY")
    follow(session, moved=1)
    assert place(session, order)[2:] == ("planned", TOMORROW)
    assert [event for event, _ in events_of(session, order)] == ["reassigned", "postponed"]


def test_what_was_in_the_pool_is_in_the_pool_of_the_new_grid_as_long_as_before(session, feed):
    since = NOW - timedelta(days=3)
    order = make_work_order(session, state=WorkOrderState.PLANNED, pooled_at=since)
    feed("C01,G12,CY")
    follow(session, pooled=1)
    assert (place(session, order)[1], order.pooled_at) == (grid(session, "G12").id, since)


def test_what_was_begun_stays_with_who_has_it_and_that_is_noted_once(session, feed):
    order = make_work_order(session, state=WorkOrderState.IN_PROGRESS)
    before = place(session, order)
    feed("C01,G12,CY")
    follow(session, kept=1)
    feed("C01,G21,DEE", now=NOW + timedelta(days=1))
    follow(session, kept=1)
    assert place(session, order) == before
    assert events_of(session, order) == [(KEPT, ANOTHER_GRID.reason)]


def test_work_goes_along_with_a_manager_who_goes_to_the_new_grid(session, feed):
    order = make_work_order(session, state=WorkOrderState.IN_PROGRESS)
    session.execute(update(Staff).where(Staff.staff_no == "ANA").values(unit_id=grid(session, "G12").id))
    feed("C01,G12,ANA")
    follow(session, moved=1)
    assert place(session, order) == ("ANA", grid(session, "G12").id, "in_progress", TODAY)


def test_the_gate_withdraws_what_may_not_be_moved(session, feed):
    order = make_work_order(session)
    refusal = {"scope": "all", "status": PreferenceStatus.REFUSED, "recorded_at": NOW}
    session.add(ContactPreference(customer_id=order.customer_id, **refusal))
    feed("C01,G12,CY")
    follow(session, withdrawn=1)
    assert events_of(session, order) == [("withdrawn", "do_not_disturb")]


def test_of_another_owner_in_the_grid_takes_what_is_planned_and_leaves_what_is_open(session, feed):
    campaign = make_campaign(session)
    later, today = planned(session, campaign=campaign), make_work_order(session, campaign=campaign, customer_no="C02")
    feed("C01,G11,BO", "C02,G11,BO")
    follow(session, moved=1)
    assert (place(session, later), whose(session, today)) == (("BO", later.grid_id, "planned", TOMORROW), "ANA")
    assert (events_of(session, later), events_of(session, today)) == ([("reassigned", ANOTHER_OWNER.reason)], [])


def test_where_another_owner_in_the_grid_has_no_room_it_stays(session, feed):
    hire(session, "eva", daily=1)
    campaign = make_campaign(session)
    orders = [planned(session, campaign=campaign, customer_no=no, due_on=TOMORROW) for no in ("C01", "C02")]
    feed("C01,G11,EVA", "C02,G11,EVA")
    follow(session, moved=1)
    assert [whose(session, order) for order in orders] == ["EVA", "ANA"]
    follow(session)


def test_what_somebody_gave_to_another_than_the_owner_stays_there(session, feed):
    order = planned(session, manager="bo")
    hire(session, "eva")
    feed("C01,G11,EVA")
    follow(session)
    assert (whose(session, order), in_the_news(session)) == ("BO", 0)


def test_a_customer_who_came_back_before_anything_followed_is_where_the_work_is(session, feed):
    order = make_work_order(session)
    feed("C01,G12,CY")
    feed("C01,G11,ANA", now=NOW + timedelta(minutes=1))
    follow(session)
    assert events_of(session, order) == []


def test_of_customers_without_live_work_nothing_is_kept(session, feed):
    make_work_order(session, state=WorkOrderState.DONE)
    feed("C01,G12,CY", "C02,G12,CY")
    assert in_the_news(session) == 0


def test_lent_work_follows_when_it_is_home(session, feed):
    order = planned(session, lent_to_grid_id=grid(session, "G12").id, lent_until=TOMORROW, home_staff_id=staff(session, "ana").id)
    feed("C01,G12,CY")
    follow(session)
    assert in_the_news(session) == 1
    order.lent_to_grid_id = order.lent_until = order.home_staff_id = None
    session.flush()
    follow(session, moved=1)
    assert (whose(session, order), in_the_news(session)) == ("CY", 0)


def test_a_confirmed_handover_of_the_customer_wins(session, feed):
    hire(session, "eva")
    order = planned(session)
    handover = plan(session, "exit", staff_no="ANA", effective_on=TOMORROW, others=("EVA",))
    confirm_handover(session, handover_id=handover.id, principal=None, now=NOW)
    feed("C01,G11,BO")
    follow(session)
    assert (whose(session, order), in_the_news(session)) == ("ANA", 1)
    assert apply_due_handovers(session, now=NOW + timedelta(days=1))["applied"] == 1
    follow(session)
    assert (whose(session, order), in_the_news(session)) == ("EVA", 0)


def test_a_planned_handover_is_waited_for_until_it_is_cancelled_or_its_day_passed(session, feed):
    order = planned(session)
    handover = plan(session, "leave", staff_no="ANA", return_on=TODAY + timedelta(days=3))
    feed("C01,G11,BO")
    follow(session)
    assert in_the_news(session) == 1
    with session.begin_nested() as tried:
        cancel_handover(session, handover_id=handover.id, principal=None, now=NOW)
        follow(session, moved=1)
        tried.rollback()
    assert follow_feed(session, now=NOW + timedelta(days=1))["moved"] == 1
    assert whose(session, order) == "BO"


def test_what_a_handover_decided_since_has_the_last_word(session, feed):
    hire(session, "eva")
    order = planned(session)
    feed("C01,G11,BO")
    apply(session, "exit", staff_no="BO", others=("EVA",))  # of Bo's customers, who has no order yet
    follow(session)
    assert (whose(session, order), in_the_news(session)) == ("ANA", 0)
