"""What was set aside is tried again: in the phone's own order, after its cause was mended, or after a day."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import Month
from app.core.db import set_scope
from app.feedback import queries
from app.feedback.replaying import replay_set_aside, take_waiting
from app.feedback.service import Batch, record_feedback
from app.models.feedback import ContactFeedback, QuarantinedFeedback
from app.models.work_order import WorkOrderTombstone
from tests.factories import NOW, get, make_work_order, staff
from tests.phones import principal_of, report

DAY = timedelta(days=1)


@pytest.fixture
def order(session):
    return make_work_order(session)


def send(session, *items, now=NOW, device="phone-1"):
    me = principal_of(session, "ana")
    set_scope(session, scope=me.scope, grid_ids=me.grid_ids, staff_id=me.staff_id)
    answers = record_feedback(session, principal=me, batch=Batch(now, device, items), now=now)
    session.flush()
    set_scope(session, scope="all")
    return [(answer.status.value, answer.code) for answer in answers]


def by(session, name):
    """Who replays: acts in the scope of their grids."""
    me = principal_of(session, name)
    manager = type(me)(**{**me.__dict__, "scope": "grids"})
    set_scope(session, scope="grids", grid_ids=manager.grid_ids, staff_id=manager.staff_id)
    return manager


def kept(session):
    set_scope(session, scope="all")
    return {str(row.id): row for row in session.scalars(select(ContactFeedback).execution_options(populate_existing=True))}


def set_aside(session):
    set_scope(session, scope="all")
    rows = session.scalars(select(QuarantinedFeedback).order_by(QuarantinedFeedback.id).execution_options(populate_existing=True))
    return [(row.feedback_id, row.code) for row in rows if row.released_at is None]


def test_reports_that_overtake_each_other_in_batches_of_their_own_are_taken_in_the_order_made(session, order):
    made = [report(order.id, "not_reached", order_sequence=n) for n in (1, 2, 3)]
    assert send(session, made[2]) == [("held", "feedback.waits_in_order")]
    assert send(session, made[1]) == [("held", "feedback.waits_in_order")]
    assert send(session, made[1], made[2]) == [("held", "feedback.waits_in_order")] * 2
    assert kept(session) == {}
    assert send(session, made[0]) == [("accepted", None)]
    assert {row.order_sequence for row in kept(session).values()} == {1, 2, 3}
    assert set_aside(session) == []
    assert send(session, *reversed(made)) == [("accepted", None)] * 3


def test_one_that_was_refused_unread_or_in_conflict_holds_up_nobody(session, order):
    first = report(order.id, order_sequence=1)
    assert send(session, report(order.id, order_sequence=3)) == [("held", "feedback.waits_in_order")]
    assert send(session, first, first | {"note": "other", "order_sequence": 2}) == [
        ("accepted", None),
        ("conflict", "feedback.id_conflict"),
    ]
    assert {row.order_sequence for row in kept(session).values()} == {1, 3}
    assert send(session, report(order.id, order_sequence=5)) == [("held", "feedback.waits_in_order")]
    assert send(session, report(order.id, "sold", order_sequence=4)) == [("rejected", "feedback.unreadable")]
    assert {row.order_sequence for row in kept(session).values()} == {1, 3, 5}
    assert send(session, report(order.id, order_sequence=6)) == [("accepted", None)]
    assert send(session, {"work_order_id": 10**30, "order_sequence": 10**30}) == [("rejected", "feedback.unreadable")]


def test_another_phone_of_the_same_manager_counts_for_itself(session, order):
    send(session, report(order.id, order_sequence=1))
    assert send(session, report(order.id, order_sequence=2), device="phone-2") == [("held", "feedback.waits_in_order")]
    assert send(session, report(order.id, order_sequence=1), device="phone-2") == [("accepted", None)]
    assert set_aside(session) == []


def test_what_waited_a_day_for_an_earlier_report_is_taken_without_it(session, order):
    late = report(order.id, "bought", order_sequence=2)
    send(session, late)
    set_scope(session, scope="all")
    assert take_waiting(session, now=NOW + DAY - timedelta(seconds=1)) == {"taken": 0, "refused": 0}
    assert take_waiting(session, now=NOW + DAY) == {"taken": 1, "refused": 0}
    assert list(kept(session)) == [late["id"]]
    assert take_waiting(session, now=NOW + DAY) == {"taken": 0, "refused": 0}


def test_a_report_on_a_work_order_that_was_missing_is_taken_when_its_grid_manager_tries_it_again(session):
    item = report(10**6, "bought")
    send(session, item, report(10**7))
    make_work_order(session, id=10**6)
    later = NOW + timedelta(days=30)
    tried = {one.feedback_id: one for one in replay_set_aside(session, principal=by(session, "chen"), now=later)}
    taken, [refused] = tried.pop(item["id"]), tried.values()
    assert (taken.staff_no, taken.status, taken.code) == ("ANA", "accepted", None)
    assert (refused.status, refused.code) == ("rejected", "feedback.unknown_order")
    row = kept(session)[item["id"]]
    assert row.contacted_at == NOW - timedelta(minutes=10)  # when it was, though it is taken a month later
    assert (row.received_at, row.month, row.device_id) == (later, Month(2026, 11), "phone-1")
    assert [code for _, code in set_aside(session)] == ["feedback.unknown_order"]
    assert send(session, item) == [("accepted", None)]


def test_what_could_not_be_read_is_taken_once_the_reader_has_learned_it(session, order, monkeypatch):
    item = report(order.id, "sold_twice", note="kept\x00whole")
    assert send(session, item) == [("rejected", "feedback.unreadable")]
    assert replay_set_aside(session, principal=by(session, "chen"), now=NOW)[0].code == "feedback.unreadable"
    row = get(session, QuarantinedFeedback)
    row.content = {**row.content, "item": {**row.content["item"], "outcome": "bought"}}
    session.flush()
    [found] = replay_set_aside(session, principal=by(session, "chen"), ids=[row.id], now=NOW)
    assert (found.status, found.code) == ("accepted", None)
    assert kept(session)[item["id"]].note == "kept\\u0000whole"
    assert set_aside(session) == []


def test_only_what_ones_grids_sent_is_tried_and_only_what_is_asked_for(session, order):
    send(session, report(10**6), {"id": "x"})
    assert replay_set_aside(session, principal=by(session, "fu"), now=NOW) == []
    assert {one.code for one in replay_set_aside(session, principal=by(session, "chen"), now=NOW)} == {
        "feedback.unknown_order",
        "feedback.unreadable",
    }
    [one] = replay_set_aside(session, principal=by(session, "chen"), code="feedback.unreadable", now=NOW)
    assert one.feedback_id == "x"
    assert replay_set_aside(session, principal=by(session, "chen"), ids=[one.id], code="feedback.unknown_order", now=NOW) == []
    set_scope(session, scope="all")
    assert len(replay_set_aside(session, principal=None, now=NOW)) == 2
    assert [(code, number) for code, number, _ in queries.unreleased_by_reason(session)] == [
        ("feedback.unknown_order", 1),
        ("feedback.unreadable", 1),
    ]


def test_a_report_on_an_order_that_went_to_another_grid_is_judged_as_when_its_phone_sends_it(session, order):
    other = make_work_order(session, customer_no="C02", id=10**6, grid_id=staff(session, "cy").unit_id)
    session.execute(
        WorkOrderTombstone.__table__.insert().values(
            staff_id=staff(session, "ana").id, work_order_id=other.id, grid_id=other.grid_id
        )
    )
    item = {**report(other.id), "id": str(uuid.uuid4()), "order_sequence": 2}
    assert send(session, item) == [("held", "feedback.waits_in_order")]
    [one] = replay_set_aside(session, principal=by(session, "chen"), now=NOW + DAY)
    assert one.status == "accepted"


def test_an_item_refused_first_and_held_now_is_shown_as_held_and_taken_by_itself(session):
    first, second = report(10**6, order_sequence=1), report(10**6, order_sequence=2)
    assert send(session, second) == [("rejected", "feedback.unknown_order")]
    make_work_order(session, id=10**6)
    assert send(session, second) == [("held", "feedback.waits_in_order")]
    assert [code for _, code in set_aside(session)] == ["feedback.waits_in_order"]
    assert send(session, first) == [("accepted", None)]
    assert set_aside(session) == []
