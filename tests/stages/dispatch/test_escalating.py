"""Work that nobody does reaches the grid manager, then the branch manager, once, grouped, and is resolved by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core.errors import Invalid
from app.dispatch.escalation.service import escalate, set_rule
from app.dispatch.life import move_work_order
from app.dispatch.seeing import note_pull
from app.dispatch.states import Event
from app.models.escalation import Escalation, EscalationLevel, PhonePull
from app.models.notice import Notice, OutboxEvent
from app.models.organisation import Staff
from app.models.work_order import ReturnDecision, WorkOrderReturn, WorkOrderState
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.truth import make_feedback

DAY = timedelta(days=1)


def notices(session, open_only=True):
    session.expire_all()
    statement = select(Notice).order_by(Notice.id)
    return [n for n in session.scalars(statement) if not open_only or n.resolved_at is None]


def told(session):
    statement = select(OutboxEvent.kind, OutboxEvent.payload["rule"].astext, OutboxEvent.payload["level"].astext)
    return [tuple(row) for row in session.execute(statement.order_by(OutboxEvent.happened_at, OutboxEvent.kind))]


@pytest.fixture
def late(session):
    """Four orders of Ana that she has seen and not done for three days, and one that is new."""
    campaign = make.make_campaign(session)
    orders = [
        make.make_work_order(session, campaign=campaign, customer_no=f"C0{n}", scheduled_on=TODAY - 3 * DAY) for n in range(4, 8)
    ]
    new = make.make_work_order(session, customer_no="C08", dispatched_at=NOW - DAY)
    note_pull(session, staff_id=new.staff_id, now=NOW - timedelta(hours=1))
    return orders


def test_forty_late_orders_of_a_manager_are_one_notice(session, late):
    assert escalate(session, now=NOW) == {"late": 4, "raised": 4, "to_branch": 0, "resolved": 0}
    (notice,) = notices(session)
    grid, ana = make.grid(session, "G11"), make.staff(session, "ana")
    assert (notice.role.value, notice.unit_id, notice.about_staff_id) == ("grid_manager", grid.id, ana.id)
    assert (notice.data["rule"], notice.data["orders"], notice.data["unit_code"]) == ("overdue", 4, "G11")
    assert told(session) == [("work_orders.escalated", "overdue", "grid")]


def test_each_is_told_once_however_often_it_is_looked_at(session, late):
    escalate(session, now=NOW)
    assert escalate(session, now=NOW + timedelta(hours=1))["raised"] == 0
    assert escalate(session, now=NOW + DAY)["raised"] == 0
    assert session.scalar(select(func.count()).select_from(Escalation)) == 4


def test_the_database_holds_that_an_order_is_told_once_for_each_level(session, late):
    escalate(session, now=NOW)
    again = "INSERT INTO escalations (work_order_id, grid_id, staff_id, level, rule, since, raised_at, notice_id)"
    again += " SELECT work_order_id, grid_id, staff_id, level, {}, raised_at, notice_id FROM escalations LIMIT 1"
    for columns in ("rule, since", "'stuck', since", "rule, since - interval '1 day'"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(again.format(columns)))
    session.execute(text("UPDATE escalations SET resolved_at = now()"))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(again.format("rule, since")))


def test_what_is_not_resolved_reaches_the_branch_manager_after_its_days(session, late):
    escalate(session, now=NOW)
    assert escalate(session, now=NOW + 3 * DAY - timedelta(hours=1))["to_branch"] == 0
    assert escalate(session, now=NOW + 3 * DAY)["to_branch"] == 4
    assert escalate(session, now=NOW + 4 * DAY)["to_branch"] == 0
    (_, above) = notices(session)
    assert (above.role.value, above.unit_id) == ("branch_manager", make.grid(session, "B1").id)
    assert (above.data["orders"], above.data["unit_code"], above.data["grid_code"]) == (4, "B1", "G11")


def test_a_grid_that_nobody_leads_is_told_to_its_branch_at_once(session, late):
    chen = make.staff(session, "chen")
    session.execute(Staff.__table__.update().where(Staff.id == chen.id).values(active_to=TODAY - DAY))
    assert escalate(session, now=NOW)["to_branch"] == 4


def test_it_is_resolved_by_itself_when_the_order_moves_on(session, late):
    escalate(session, now=NOW)
    for order in late[:3]:
        move_work_order(session, work_order=order, event=Event.CONTACTED, now=NOW + timedelta(hours=1))
    assert escalate(session, now=NOW + timedelta(hours=2)) == {"late": 1, "raised": 0, "to_branch": 0, "resolved": 3}
    assert notices(session)[0].data["orders"] == 1
    move_work_order(session, work_order=late[3], event=Event.COMPLETED, now=NOW + timedelta(hours=3))
    assert escalate(session, now=NOW + timedelta(hours=4))["resolved"] == 1
    assert notices(session) == []
    assert told(session)[-1] == ("work_orders.escalation_resolved", "overdue", "grid")


def test_the_days_to_the_branch_are_not_counted_for_what_was_resolved(session, late):
    escalate(session, now=NOW)
    for order in late:
        move_work_order(session, work_order=order, event=Event.EXPIRED, now=NOW + timedelta(hours=1))
    assert escalate(session, now=NOW + DAY) == {"late": 0, "raised": 0, "to_branch": 0, "resolved": 4}
    assert escalate(session, now=NOW + 5 * DAY)["to_branch"] == 0


def test_another_managers_order_is_theirs_to_do_for_its_days_again(session, late):
    escalate(session, now=NOW)
    bo = make.staff(session, "bo")
    move_work_order(session, work_order=late[0], event=Event.REASSIGNED, to_staff_id=bo.id, now=NOW)
    note_pull(session, staff_id=bo.id, now=NOW + timedelta(hours=1))
    assert escalate(session, now=NOW + timedelta(hours=2))["resolved"] == 1
    assert escalate(session, now=NOW + 2 * DAY)["raised"] == 0
    assert escalate(session, now=NOW + 3 * DAY)["raised"] == 2  # and Ana's that was new
    assert {n.about_staff_id for n in notices(session) if n.role.value == "grid_manager"} == {bo.id, late[1].staff_id}


def test_a_roll_to_the_next_day_is_no_new_beginning(session, late):
    escalate(session, now=NOW)
    for order in late:
        session.refresh(order)
        order.scheduled_on, order.rolls = TODAY + DAY, 4
    session.flush()
    assert escalate(session, now=NOW + DAY) == {"late": 4, "raised": 0, "to_branch": 0, "resolved": 0}


def test_planned_orders_are_nobodys_fault_yet(session):
    make.make_work_order(session, state=WorkOrderState.PLANNED, scheduled_on=TODAY - 9 * DAY, dispatched_at=NOW - 20 * DAY)
    assert escalate(session, now=NOW)["late"] == 0


def test_what_a_lent_order_waits_for_is_told_where_it_is_lent_to(session):
    other = make.grid(session, "G12")
    order = make.make_work_order(session, manager="cy", dispatched_at=NOW - 9 * DAY, scheduled_on=TODAY - 4 * DAY)
    order.lent_to_grid_id = other.id
    note_pull(session, staff_id=order.staff_id, now=NOW)
    escalate(session, now=NOW)
    assert [notice.unit_id for notice in notices(session)] == [other.id]


def test_a_return_that_nobody_decides_is_told_and_resolved_by_the_decision(session):
    order = make.make_work_order(session, dispatched_at=NOW - 9 * DAY)
    move_work_order(session, work_order=order, event=Event.RETURNED, now=NOW - 2 * DAY)
    given_back = WorkOrderReturn(
        work_order_id=order.id, grid_id=order.grid_id, staff_id=order.staff_id, reason="moved_away", returned_at=NOW - 2 * DAY
    )
    session.add(given_back)
    session.flush()
    assert escalate(session, now=NOW - timedelta(hours=1))["late"] == 0
    assert escalate(session, now=NOW)["raised"] == 1
    assert notices(session)[0].data["rule"] == "return_undecided"
    given_back.decided_at, given_back.decision = NOW, ReturnDecision.ACCEPTED
    session.flush()
    assert escalate(session, now=NOW + timedelta(hours=1))["resolved"] == 1


def test_what_no_phone_was_there_for_is_unopened_until_it_is(session):
    order = make.make_work_order(session, dispatched_at=NOW - 2 * DAY)
    assert escalate(session, now=NOW)["raised"] == 1
    assert notices(session)[0].data["rule"] == "unopened"
    note_pull(session, staff_id=order.staff_id, now=NOW + timedelta(minutes=1))
    assert escalate(session, now=NOW + timedelta(minutes=2))["resolved"] == 1


def test_an_order_that_was_begun_and_left_is_stuck(session):
    order = make.make_work_order(session, dispatched_at=NOW - 7 * DAY)
    move_work_order(session, work_order=order, event=Event.CONTACTED, now=NOW - 5 * DAY)
    assert escalate(session, now=NOW - timedelta(hours=1))["late"] == 0
    assert escalate(session, now=NOW)["raised"] == 1
    assert notices(session)[0].data["rule"] == "stuck"


def test_a_call_back_that_the_customer_asked_for_and_did_not_get(session):
    order = make.make_work_order(session, dispatched_at=NOW - 9 * DAY, scheduled_on=TODAY - 9 * DAY)
    make_feedback(session, order, callback_at=NOW + DAY, contacted_at=NOW - 8 * DAY, received_at=NOW - 8 * DAY)
    move_work_order(session, work_order=order, event=Event.CONTACTED, now=NOW - 8 * DAY)
    assert escalate(session, now=NOW)["late"] == 0
    assert escalate(session, now=NOW + 2 * DAY)["raised"] == 1
    assert notices(session)[0].data["rule"] == "callback_missed"


def test_the_days_are_data(session, late):
    set_rule(session, rule="overdue", after_days=10, branch_after_days=1, enabled=True, now=NOW)
    assert escalate(session, now=NOW)["late"] == 0
    set_rule(session, rule="overdue", after_days=3, branch_after_days=0, enabled=True, now=NOW)
    assert escalate(session, now=NOW) == {"late": 4, "raised": 4, "to_branch": 4, "resolved": 0}
    set_rule(session, rule="overdue", after_days=3, branch_after_days=0, enabled=False, now=NOW)
    assert escalate(session, now=NOW)["resolved"] == 8


@pytest.mark.parametrize(
    ("rule", "days", "field"), [("lazy", 1, "rule"), ("stuck", -1, "after_days"), ("stuck", 91, "after_days")]
)
def test_wrong_days_are_refused_with_their_field(session, rule, days, field):
    with pytest.raises(Invalid, match=f"{field}: expected"):
        set_rule(session, rule=rule, after_days=days, branch_after_days=1, enabled=True, now=NOW)


def test_a_pull_writes_at_most_every_quarter_of_an_hour(session):
    ana = make.staff(session, "ana")
    for minutes in (0, 5, 14, 16, 20):
        note_pull(session, staff_id=ana.id, now=NOW + timedelta(minutes=minutes))
    pull = session.scalars(select(PhonePull)).one()
    assert pull.pulled_at == NOW + timedelta(minutes=16)


def test_the_levels_are_two():
    assert [level.value for level in EscalationLevel] == ["grid", "branch"]
