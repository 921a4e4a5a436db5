"""Moving one work order."""

import pytest
from sqlalchemy import select

from app.dispatch.life import ContactLocked, WrongState, move_work_order
from app.dispatch.queries import UnknownWorkOrder, lock_work_order, lock_work_orders
from app.dispatch.states import Event
from app.models.work_order import WorkOrderEvent, WorkOrderState, WorkOrderTombstone
from tests.factories import NOW, grid, make_work_order, staff


def _move(session, order, event, **more):
    return move_work_order(session, work_order=order, event=event, now=NOW, **more)


def test_an_event_changes_the_state_and_leaves_a_row(session):
    order = make_work_order(session)
    _move(session, order, Event.COMPLETED, reason="sold")
    assert (order.state, order.closed_at, order.close_reason) == (WorkOrderState.DONE, NOW, "sold")
    row = session.scalars(select(WorkOrderEvent).where(WorkOrderEvent.work_order_id == order.id)).one()
    assert (row.event, row.from_state, row.to_state) == ("completed", "open", "done")


def test_an_ended_work_order_refuses_every_further_event_and_stays_as_it_is(session):
    order = make_work_order(session)
    _move(session, order, Event.WITHDRAWN)
    for event in Event:
        with pytest.raises(WrongState) as caught:
            _move(session, order, event)
        assert caught.value.code == "work_order.wrong_state"
    assert order.state is WorkOrderState.WITHDRAWN
    assert order.close_reason == "withdrawn"


def test_a_correction_opens_a_done_work_order_again(session):
    order = make_work_order(session)
    _move(session, order, Event.COMPLETED)
    _move(session, order, Event.REOPENED)
    assert (order.state, order.closed_at, order.close_reason) == (WorkOrderState.IN_PROGRESS, None, None)


def test_a_correction_cannot_open_a_second_live_order_of_the_same_customer_and_family(session):
    first = make_work_order(session)
    _move(session, first, Event.COMPLETED)
    make_work_order(session)
    with pytest.raises(ContactLocked):
        _move(session, first, Event.REOPENED)
    session.refresh(first)
    assert first.state is WorkOrderState.DONE


def test_a_reassigned_work_order_leaves_a_tombstone_for_the_manager_who_had_it(session):
    order = make_work_order(session, manager="ana")
    _move(session, order, Event.REASSIGNED, to_staff_id=staff(session, "bo").id)
    assert order.staff_id == staff(session, "bo").id
    assert session.scalars(select(WorkOrderTombstone.staff_id)).all() == [staff(session, "ana").id]


def test_a_work_order_of_somebody_else_or_of_another_grid_is_not_found(session):
    order = make_work_order(session, manager="ana")
    assert lock_work_order(session, order.id, staff_id=order.staff_id, grid_ids=[order.grid_id]) is order
    with pytest.raises(UnknownWorkOrder):
        lock_work_order(session, order.id, staff_id=staff(session, "bo").id)
    with pytest.raises(UnknownWorkOrder):
        lock_work_order(session, order.id, grid_ids=[grid(session, "G12").id])
    assert lock_work_orders(session, [order.id, 10**9]) == {order.id: order}
