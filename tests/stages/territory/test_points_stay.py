"""Points stay with who contacted: from the report over the handover and the verdict to the closed month."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.clock import Month
from app.core.db import set_scope
from app.core.security import Principal
from app.feedback.service import Batch, record_feedback
from app.models.feedback import ContactFeedback
from app.models.organisation import Account
from app.models.points import PointsEntry, PointsEvidence
from app.models.work_order import WorkOrderState
from app.points.closing.close import close_month
from app.points.service import show_my_month
from app.verification.service import verify_feedback
from tests.factories import NOW, TODAY, get, grid, make_work_order, staff
from tests.stages.territory.handing import apply, whose
from tests.truth import CLOSING, OCTOBER, declare_complete, make_call, make_feedback, make_sale

SOLD = NOW + timedelta(days=1)


def counted(session, name, component):
    statement = (
        select(PointsEvidence.work_order_id, PointsEvidence.counted, PointsEntry.grid_id)
        .join(PointsEntry, PointsEntry.id == PointsEvidence.entry_id)
        .where(PointsEntry.staff_id == staff(session, name).id, PointsEntry.component == component)
    )
    return [tuple(row) for row in session.execute(statement)]


@pytest.fixture
def spoken(session):
    """Ana spoke with C01, who is interested; the order is in progress, called from her number."""
    order = make_work_order(session, manager="ana", state=WorkOrderState.IN_PROGRESS, matures_at=NOW + timedelta(days=10))
    make_feedback(session, order, outcome="interested")
    make_call(session, order)
    return order


def test_who_spoke_with_the_customer_has_the_success_and_the_verdict_whoever_has_the_order_now(session, spoken):
    apply(session, "exit", staff_no="ANA", now=NOW + timedelta(hours=2))
    assert whose(session, spoken) == "BO"
    make_sale(session, spoken, ordered_at=SOLD)
    declare_complete(session, "calls", TODAY, TODAY)
    verify_feedback(session, now=CLOSING - timedelta(days=1))
    close_month(session, month=OCTOBER, now=CLOSING)
    home = grid(session, "G11").id
    assert counted(session, "ana", "success") == [(spoken.id, "success", home)]
    assert counted(session, "ana", "accuracy") == [(spoken.id, "confirmed", home)]
    assert counted(session, "bo", "success") == []


def test_a_new_manager_who_only_tried_has_nothing_and_one_who_spoke_has_a_part(session, spoken):
    apply(session, "exit", staff_no="ANA", now=NOW + timedelta(hours=2))
    session.refresh(spoken)
    make_feedback(session, spoken, outcome="not_reached", contacted_at=NOW + timedelta(hours=3))
    make_sale(session, spoken, ordered_at=SOLD)
    other = make_work_order(
        session, customer_no="C02", manager="bo", state=WorkOrderState.DONE, matures_at=NOW + timedelta(days=10)
    )
    make_feedback(session, other, outcome="interested", staff_id=staff(session, "ana").id, contacted_at=NOW - timedelta(days=1))
    make_feedback(session, other, outcome="bought")
    close_month(session, month=OCTOBER, now=CLOSING)
    assert [row[:2] for row in counted(session, "ana", "success")] == [(spoken.id, "success"), (other.id, "failed")]
    assert [row[:2] for row in counted(session, "bo", "success")] == [(other.id, "failed")]  # both spoke: it is shared


def test_a_merge_after_the_close_changes_nothing_of_the_month_and_the_manager_still_sees_it(session):
    order = make_work_order(
        session, customer_no="C11", manager="cy", state=WorkOrderState.DONE, matures_at=NOW + timedelta(days=10)
    )
    make_feedback(session, order, outcome="interested")
    close_month(session, month=OCTOBER, now=CLOSING)
    former = grid(session, "G12").id
    before = session.execute(select(PointsEntry.id, PointsEntry.grid_id, PointsEntry.points).order_by(PointsEntry.id)).all()
    apply(session, "grid_merge", grid_code="G12", to_grid_code="G11", now=CLOSING, effective_on=CLOSING.date())
    after = session.execute(select(PointsEntry.id, PointsEntry.grid_id, PointsEntry.points).order_by(PointsEntry.id)).all()
    assert after == before
    assert counted(session, "cy", "success") == [(order.id, "failed", former)]
    cy = staff(session, "cy")
    set_scope(session, scope="own", grid_ids=[grid(session, "G11").id], staff_id=cy.id)
    assert len(session.scalars(select(PointsEntry.id)).all()) == 3


def test_on_the_phone_the_month_of_who_spoke_has_the_order_that_another_has_now(session, spoken):
    apply(session, "leave", staff_no="ANA", return_on=TODAY + timedelta(days=3), now=NOW + timedelta(hours=2))
    make_sale(session, spoken, ordered_at=SOLD)
    for name, matured in (("ana", 1), ("bo", 0)):
        person = staff(session, name)
        set_scope(session, scope="own", grid_ids=[person.unit_id], staff_id=person.id)
        shown = show_my_month(session, staff_id=person.id, month=OCTOBER, now=CLOSING)
        set_scope(session, scope="all")
        success = next(line for line in shown.lines if line["component"] == "success")
        assert success["figures"]["matured"] == matured, name


def test_a_report_made_offline_before_a_transfer_is_still_taken_from_the_new_grid(session):
    order_id = make_work_order(session, customer_no="C01", manager="ana").id
    apply(session, "transfer", staff_no="ANA", to_grid_code="G12", now=NOW + timedelta(hours=2))
    ana, there = staff(session, "ana"), grid(session, "G12")
    account = get(session, Account, login="ana")
    principal = Principal(account.id, "ana", "terminal_manager", "own", there.id, (there.id,), ana.id)
    set_scope(session, scope="own", grid_ids=[there.id], staff_id=ana.id)
    item = {
        "id": "0b1f6d0e-3c52-4d52-8f5e-0a8f5f0a1b2c",
        "work_order_id": order_id,
        "channel": "call",
        "outcome": "interested",
        "started_at": NOW.isoformat(),
    }
    sent = Batch(sent_at=NOW + timedelta(hours=3), device_id="d", items=[item])
    (answer,) = record_feedback(session, principal=principal, batch=sent, now=NOW + timedelta(hours=3))
    assert answer.status == "accepted", answer
    set_scope(session, scope="all")
    report = session.scalars(select(ContactFeedback)).one()
    assert (report.staff_id, report.grid_id) == (ana.id, grid(session, "G11").id)
    assert isinstance(report.received_at, datetime)
    assert report.month == Month.of(NOW)
