"""Giving work back: reasons, evidence, the grid manager's decision, and what counts."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import Month
from app.core.db import set_scope
from app.core.errors import Invalid
from app.dispatch.by_hand.return_queries import UnknownReturn
from app.dispatch.by_hand.returning import NowhereToGo, ReturnDecided, decide_return, give_back
from app.dispatch.life import WrongState
from app.dispatch.queries import UnknownWorkOrder
from app.feedback.service import Batch, record_feedback
from app.models.feedback import ContactFeedback
from app.models.work_order import ReturnDecision, WorkOrderReturn
from app.points.queries import work_order_facts
from tests.factories import NOW, TODAY, grid, make_work_order, staff
from tests.phones import principal_of, report
from tests.stages.dispatch.test_dispatching import refuse
from tests.stages.dispatch.test_releasing import capacity, events

ACCEPT, REJECT = ReturnDecision.ACCEPTED, ReturnDecision.REJECTED


def give(session, order, reason="wrong_number", note="a stranger answers", feedback_id=None, who="ana"):
    principal = principal_of(session, who)
    set_scope(session, scope="own", grid_ids=principal.grid_ids, staff_id=principal.staff_id)
    made = give_back(
        session, principal=principal, work_order_id=order.id, reason=reason, note=note, feedback_id=feedback_id, now=NOW
    )
    set_scope(session, scope="all")
    return made


def decide(session, made, decision, grids=("G11",), **more):
    own = [grid(session, code).id for code in grids]
    set_scope(session, scope="grids", grid_ids=own)
    found = decide_return(
        session,
        return_id=made.id,
        decision=decision,
        grid_ids=own,
        actor_account_id=None,
        now=NOW,
        **({"note": "so be it"} | more),
    )
    set_scope(session, scope="all")
    return found


def test_a_return_waits_for_a_decision_and_sent_again_is_the_same(session):
    order = make_work_order(session)
    made = give(session, order)
    assert (order.state, order.close_reason, made.decision) == ("returned", "pending:wrong_number", None)
    assert give(session, order).id == made.id
    assert session.scalars(select(WorkOrderReturn.id)).all() == [made.id]
    with pytest.raises(WrongState):
        give(session, order, "no_time")


def test_a_reason_needs_its_evidence(session):
    order = make_work_order(session)
    for reason, note, field in (("boring", "x", "reason"), ("wrong_number", None, "note"), ("other", " ", "note")):
        with pytest.raises(Invalid, match=field):
            give(session, order, reason, note)
    other = make_work_order(session, customer_no="C02")
    record_feedback(session, principal=principal_of(session, "ana"), batch=Batch(NOW, None, [report(other.id)]), now=NOW)
    set_scope(session, scope="all")
    shown = session.scalars(select(ContactFeedback.id)).one()
    with pytest.raises(Invalid, match="feedback_id"):
        give(session, order, note=None, feedback_id=shown)
    assert give(session, other, note=None, feedback_id=shown).feedback_id == shown


def test_only_my_own_work_can_be_given_back_and_only_my_grid_decides(session):
    order = make_work_order(session)
    with pytest.raises(UnknownWorkOrder):
        give(session, order, who="bo")
    made = give(session, order)
    with pytest.raises(UnknownReturn):
        decide(session, made, ACCEPT, grids=["G12"])


@pytest.mark.parametrize(
    ("reason", "closing", "counted"),
    [("wrong_number", "data_fault:wrong_number", "left_out"), ("unsafe", "excused:unsafe", "left_out"),
     ("no_time", "counted:no_time", "failed")],
)  # fmt: skip
def test_the_reason_says_whether_an_accepted_return_counts(session, reason, closing, counted):
    order = make_work_order(session)
    made = give(session, order, reason)
    october = Month(2026, 10)
    later = NOW + timedelta(days=16)
    assert [fact.counted for fact in work_order_facts(session, october, now=later)] == ["failed"]  # not decided: it counts
    decide(session, made, ACCEPT)
    assert (order.state, order.close_reason, order.closed_at) == ("returned", closing, NOW)
    assert [fact.counted for fact in work_order_facts(session, october, now=later)] == [counted]
    assert events(session, order) == [("returned", f"pending:{reason}"), ("return_accepted", closing)]


def test_a_rejected_return_goes_back_to_its_manager(session):
    order = make_work_order(session)
    decided = decide(session, give(session, order), REJECT)
    assert (decided.state, order.state, order.closed_at, order.close_reason) == ("open", "open", None, None)
    assert order.staff_id == staff(session, "ana").id
    assert give(session, order, "no_time").id != decided.id  # and may be given back again


def test_a_rejected_return_of_a_full_manager_goes_to_the_next_free_day_and_then_to_the_pool(session):
    order = make_work_order(session)
    made = give(session, order)
    capacity(session, ana=1)
    make_work_order(session, customer_no="C02")
    decide(session, made, REJECT)
    assert (order.state, order.scheduled_on) == ("planned", TODAY + timedelta(days=1))
    again = make_work_order(session, customer_no="C04", due_on=TODAY)
    made = give(session, again)
    decide(session, made, REJECT)
    assert (again.state, again.pooled_at) == ("planned", NOW)


def test_an_accepted_return_may_go_to_another_manager(session):
    order = make_work_order(session)
    made = give(session, order)
    for nobody in ("ANA", "CY", "CHEN"):
        with pytest.raises(Invalid, match="to_staff_no"), session.begin_nested():
            decide(session, made, ACCEPT, to_staff_no=nobody)
        set_scope(session, scope="all")
    decide(session, made, ACCEPT, to_staff_no="BO")
    assert (order.state, order.staff_id, order.close_reason) == ("open", staff(session, "bo").id, None)
    assert [name for name, _ in events(session, order)] == ["returned", "return_accepted", "redispatched"]


def test_nobody_gets_a_returned_customer_who_refuses_meanwhile_or_without_room(session):
    order = make_work_order(session)
    made = give(session, order)
    capacity(session, bo=0)
    with pytest.raises(NowhereToGo), session.begin_nested():
        decide(session, made, ACCEPT, to_staff_no="BO")
    set_scope(session, scope="all")
    refuse(session, "C01")
    with pytest.raises(NowhereToGo), session.begin_nested():
        decide(session, made, REJECT)
    set_scope(session, scope="all")
    session.refresh(made)
    decide(session, made, ACCEPT)


def test_a_return_is_decided_once_and_not_against_another_live_order(session):
    order = make_work_order(session)
    made = give(session, order)
    make_work_order(session, customer_no="C01")
    with pytest.raises(NowhereToGo, match="contact limit"), session.begin_nested():
        decide(session, made, REJECT)
    set_scope(session, scope="all")
    session.refresh(made)
    decide(session, made, ACCEPT)
    with pytest.raises(ReturnDecided):
        decide(session, made, REJECT)
