"""Reports as the stage takes them: answers, what is kept, what moves, and whose right it is."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.core.clock import Month
from app.core.db import set_scope
from app.dispatch.life import move_work_order
from app.dispatch.queries import lock_work_order
from app.dispatch.states import Event
from app.feedback.service import Batch, NoGrid, record_feedback
from app.models.feedback import ContactFeedback, QuarantinedFeedback
from tests.factories import NOW, get, make_campaign, make_work_order, staff
from tests.phones import principal_of, report, stamp

EARLIER, LATER = NOW - timedelta(minutes=30), NOW + timedelta(minutes=30)


@pytest.fixture
def order(session):
    return make_work_order(session)


def send(session, *items, by="ana", now=NOW, sent_at=None):
    """As the API does it: in the scope of one's own rows."""
    me = principal_of(session, by)
    set_scope(session, scope=me.scope, grid_ids=me.grid_ids, staff_id=me.staff_id)
    answers = record_feedback(session, principal=me, batch=Batch(sent_at or now, "phone-1", items), now=now)
    session.flush()
    scope = session.execute(text("SELECT current_setting('gridwork.scope')")).scalar_one()
    assert scope == "own"  # the wider sight ended with the call
    set_scope(session, scope="all")
    return answers


def statuses(answers):
    return [(answer.status.value, answer.code) for answer in answers]


def state_of(session, order):
    session.refresh(order)
    return order.state.value


def move(session, order, event, *, now, **more):
    move_work_order(session, work_order=lock_work_order(session, order.id), event=event, now=now, **more)


def test_a_report_is_kept_with_the_time_corrected_and_the_order_moves(session, order):
    wrong_by = timedelta(days=-40)
    item = report(order.id, started_at=stamp(NOW - timedelta(hours=1) + wrong_by), ended_at=None)
    [answer] = send(session, item, sent_at=NOW + wrong_by)
    assert (answer.status, answer.id, answer.received_at) == ("accepted", item["id"], NOW)
    kept = get(session, ContactFeedback, id=uuid.UUID(item["id"]))
    assert kept.contacted_at == NOW - timedelta(hours=1)
    assert (kept.clock_offset_seconds, kept.clock_doubtful) == (40 * 86_400, True)
    assert (kept.received_at, kept.month) == (NOW, Month(2026, 10))
    assert (kept.customer_id, kept.grid_id, kept.staff_id) == (order.customer_id, order.grid_id, order.staff_id)
    assert state_of(session, order) == "in_progress"


@pytest.mark.parametrize("days", [-400, -31, 31, 400])
def test_the_servers_clock_alone_decides_the_month(session, order, days):
    error = timedelta(days=days)
    item = report(order.id, started_at=stamp(NOW + error), ended_at=None)
    send(session, item, sent_at=NOW + error)
    kept = get(session, ContactFeedback, id=uuid.UUID(item["id"]))
    assert (kept.month, kept.contacted_at, kept.clock_doubtful) == (Month(2026, 10), NOW, True)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("bought", "done"), ("refused", "done"), ("wrong_number", "done"), ("moved", "done"), ("interested", "in_progress"),
     ("callback", "in_progress"), ("not_reached", "in_progress")],
)  # fmt: skip
def test_an_outcome_ends_the_order_or_leaves_it_in_progress(session, order, outcome, state):
    send(session, report(order.id, outcome))
    assert state_of(session, order) == state
    assert order.close_reason == (outcome if state == "done" else None)


def test_a_third_attempt_leaves_the_order_in_progress(session, order):
    answers = send(session, *(report(order.id, "not_reached") for _ in range(3)))
    assert statuses(answers) == [("accepted", None)] * 3
    assert state_of(session, order) == "in_progress"


def test_the_same_again_gets_the_first_answer_and_changes_nothing(session, order):
    item = report(order.id, "bought")
    send(session, item)
    [again] = send(session, item, now=LATER)
    assert (again.status, again.received_at) == ("accepted", NOW)
    session.refresh(order)
    assert order.version == 2
    assert session.scalar(select(func.count()).select_from(ContactFeedback)) == 1


def test_the_same_id_with_other_content_is_a_conflict_kept_aside_and_the_first_stands(session, order):
    first = report(order.id, "interested")
    send(session, first)
    changed = {**first, "outcome": "bought"}
    for _ in range(2):
        [answer] = send(session, changed)
        assert (answer.status, answer.code) == ("conflict", "feedback.id_conflict")
    [kept] = session.scalars(select(QuarantinedFeedback))
    assert (kept.feedback_id, kept.content["item"]["outcome"]) == (first["id"], "bought")
    assert get(session, ContactFeedback).outcome == "interested"
    assert state_of(session, order) == "in_progress"


def test_an_id_that_somebody_elsewhere_has_used_is_a_conflict(session, order):
    elsewhere = make_work_order(session, customer_no="C15", manager="dee")
    item = report(elsewhere.id)
    send(session, item, by="dee")
    assert statuses(send(session, {**item, "work_order_id": order.id})) == [("conflict", "feedback.id_conflict")]
    answers = send(session, {**item, "work_order_id": order.id}, report(order.id, "bought"))
    assert statuses(answers) == [("conflict", "feedback.id_conflict"), ("accepted", None)]
    assert state_of(session, order) == "done"


def test_orders_of_others_and_unknown_ones_are_refused_alike_and_kept(session, order):
    bos = make_work_order(session, customer_no="C03", manager="bo")
    dees = make_work_order(session, customer_no="C15", manager="dee")
    answers = send(session, report(bos.id), report(dees.id), report(10**12), report(order.id))
    assert statuses(answers)[:3] == [("rejected", "feedback.unknown_order")] * 3
    assert statuses(answers)[3] == ("accepted", None)
    assert {answer.detail for answer in answers[:3]} == {"work_order_id: expected a work order that is or was yours."}
    assert session.scalar(select(func.count()).select_from(QuarantinedFeedback)) == 3


@pytest.mark.parametrize(
    ("event", "word"), [(Event.WITHDRAWN, "withdrawal"), (Event.EXPIRED, "expiry"), (Event.RETURNED, "return")]
)
def test_a_contact_made_before_the_end_counts_and_one_after_it_is_kept_aside(session, order, event, word):
    move(session, order, event, now=EARLIER)
    before = report(order.id, "bought", started_at=stamp(EARLIER - timedelta(minutes=1)), ended_at=None)
    after = report(order.id, "bought", started_at=stamp(EARLIER + timedelta(minutes=1)), ended_at=None)
    assert statuses(send(session, before, after)) == [("accepted", None), ("rejected", f"feedback.after_{word}")]
    assert state_of(session, order) == event.value


def test_a_contact_made_before_the_reassignment_counts_for_the_one_who_made_it(session, order):
    move(session, order, Event.REASSIGNED, now=EARLIER, to_staff_id=staff(session, "bo").id)
    before = report(order.id, "refused", started_at=stamp(EARLIER - timedelta(minutes=1)), ended_at=None)
    after = report(order.id, "refused", started_at=stamp(EARLIER + timedelta(minutes=1)), ended_at=None)
    assert statuses(send(session, after, before)) == [("rejected", "feedback.after_reassignment"), ("accepted", None)]
    assert get(session, ContactFeedback).staff_id == staff(session, "ana").id
    assert state_of(session, order) == "done"  # nobody contacts this customer twice
    assert order.staff_id == staff(session, "bo").id


def test_a_correction_that_comes_first_waits_and_is_taken_with_what_it_corrects(session, order):
    base = report(order.id, "bought")
    second = report(order.id, "interested", corrects_id=base["id"])
    third = report(order.id, "refused", corrects_id=second["id"])
    assert statuses(send(session, third, now=EARLIER - timedelta(hours=1))) == [("held", "feedback.waits")]
    assert statuses(send(session, second, now=EARLIER)) == [("held", "feedback.waits")]
    assert statuses(send(session, base)) == [("accepted", None)]
    assert session.scalar(select(func.count()).select_from(ContactFeedback)) == 3
    assert {row.released_at for row in session.scalars(select(QuarantinedFeedback))} == {NOW}
    assert state_of(session, order) == "done"
    assert [answer.status for answer in send(session, third, second)] == ["accepted"] * 2


def test_a_waiting_correction_says_the_same_when_sent_again_and_is_kept_once(session, order):
    held = report(order.id, corrects_id=str(uuid.uuid4()))
    [first] = send(session, held)
    [again] = send(session, held, now=LATER)
    assert (again.status, again.received_at) == (first.status, first.received_at) == ("held", NOW)
    assert session.scalar(select(func.count()).select_from(QuarantinedFeedback)) == 1


def test_a_waiting_correction_that_turns_out_wrong_stays_aside_with_its_reason(session, order):
    other = make_work_order(session, campaign=make_campaign(session, product_code="TV1"))
    base = report(order.id)
    send(session, report(other.id, corrects_id=base["id"]))
    send(session, report(other.id), base)
    [kept] = session.scalars(select(QuarantinedFeedback))
    assert (kept.code, kept.waits_for_id, kept.released_at) == ("feedback.corrects_other", None, None)


def test_a_correction_reopens_the_order_it_ended(session, order):
    base = report(order.id, "bought")
    send(session, base)
    fixed = report(order.id, "callback", corrects_id=base["id"])
    assert statuses(send(session, fixed)) == [("accepted", None)]
    assert state_of(session, order) == "in_progress"
    assert order.closed_at is None
    send(session, report(order.id, "refused", corrects_id=fixed["id"]))
    assert state_of(session, order) == "done"


def test_a_correction_between_two_ends_leaves_the_order_done(session, order):
    base = report(order.id, "bought")
    send(session, base, report(order.id, "refused", corrects_id=base["id"]))
    assert state_of(session, order) == "done"


def test_a_correction_cannot_reopen_while_another_order_holds_the_customer(session, order):
    base = report(order.id, "bought")
    send(session, base)
    make_work_order(session, campaign=make_campaign(session), customer_no="C01")
    neighbour = make_work_order(session, customer_no="C02")
    answers = send(session, report(order.id, "callback", corrects_id=base["id"]), report(neighbour.id, "bought"))
    assert statuses(answers) == [("conflict", "feedback.contact_locked"), ("accepted", None)]
    assert state_of(session, order) == "done"
    assert state_of(session, neighbour) == "done"
    assert session.scalar(select(func.count()).select_from(ContactFeedback)) == 2


def test_a_correction_of_somebody_elses_report_or_a_second_one_is_refused(session, order):
    base = report(order.id)
    send(session, base, report(order.id, corrects_id=base["id"]))
    assert statuses(send(session, report(order.id, corrects_id=base["id"]))) == [("conflict", "feedback.already_corrected")]
    move(session, order, Event.REASSIGNED, now=NOW, to_staff_id=staff(session, "bo").id)
    answers = send(session, report(order.id, corrects_id=base["id"]), by="bo", now=LATER)
    assert statuses(answers) == [("rejected", "feedback.corrects_other")]


def test_what_was_refused_and_is_taken_later_is_no_longer_shown_as_set_aside(session):
    item = report(10**6)
    send(session, item)
    make_work_order(session, id=10**6)
    assert statuses(send(session, item)) == [("accepted", None)]
    assert get(session, QuarantinedFeedback).released_at == NOW


def test_a_manager_who_was_moved_loses_nothing_and_sees_nothing_new(session, order):
    staff(session, "ana").unit_id = staff(session, "cy").unit_id
    session.flush()
    assert statuses(send(session, report(order.id))) == [("rejected", "feedback.unknown_order")]
    kept = get(session, QuarantinedFeedback)
    assert kept.grid_id == staff(session, "cy").unit_id


def test_who_has_no_grid_cannot_report(session, order):
    me = principal_of(session, "ana")
    nowhere = type(me)(**{**me.__dict__, "grid_ids": ()})
    with pytest.raises(NoGrid):
        record_feedback(session, principal=nowhere, batch=Batch(NOW, None, [report(order.id)]), now=NOW)


def test_a_stored_report_can_be_neither_changed_nor_removed(session, order):
    send(session, report(order.id))
    for statement in ("UPDATE contact_feedback SET outcome = 'bought'", "DELETE FROM contact_feedback"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))
