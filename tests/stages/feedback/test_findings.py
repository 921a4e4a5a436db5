"""What a report holds beside its outcome is kept once, with it, and belongs to whom the report belongs."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.core.db import set_scope
from app.models.feedback import ContactFeedback
from app.models.findings import CompetitorFinding, CorrectionProposal, FeedbackAttachment
from tests.factories import NOW, get, make_campaign, make_work_order, staff
from tests.phones import report
from tests.stages.feedback.test_recording import send, statuses

FOUND = {
    "reached": True,
    "elapsed_ms": 118_500,
    "order_sequence": 1,
    "competitor": {"operator": "Other Telecom", "monthly_price": 129, "ends_on": "2027-03-31"},
    "proposals": [{"field": "phone", "value": "13912345678"}, {"field": "household_size", "value": "4"}],
    "attachment_ids": ["0b0e8a52-93a1-4d7a-9d0b-0a1b2c3d4e5f"],
}
TABLES = (CompetitorFinding, CorrectionProposal, FeedbackAttachment)


@pytest.fixture
def order(session):
    return make_work_order(session)


def counts(session):
    return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def test_a_report_keeps_all_that_it_says(session, order):
    item = report(order.id, **FOUND)
    assert statuses(send(session, item)) == [("accepted", None)]
    kept = get(session, ContactFeedback, id=uuid.UUID(item["id"]))
    assert (kept.reached, kept.elapsed_ms, kept.order_sequence) == (True, 118_500, 1)
    competitor = get(session, CompetitorFinding, feedback_id=kept.id)
    assert (competitor.operator, competitor.monthly_price, competitor.ends_on) == (
        "Other Telecom",
        Decimal(129),
        date(2027, 3, 31),
    )
    assert (competitor.customer_id, competitor.found_at) == (order.customer_id, kept.contacted_at)
    proposed = session.scalars(select(CorrectionProposal).order_by(CorrectionProposal.field)).all()
    assert [(one.field, one.value, one.decision, one.grid_id) for one in proposed] == [
        ("household_size", "4", None, order.grid_id),
        ("phone", "13912345678", None, order.grid_id),
    ]
    assert get(session, FeedbackAttachment, feedback_id=kept.id).attachment_id == uuid.UUID(FOUND["attachment_ids"][0])


def test_a_report_sent_again_keeps_it_once(session, order):
    item = report(order.id, **FOUND)
    assert [answer.status for answer in send(session, item, item)] == ["accepted"] * 2
    send(session, item)
    assert counts(session) == [1, 2, 1]


def test_of_a_report_that_is_not_taken_nothing_is_kept(session, order):
    item = report(order.id, **FOUND)
    send(session, report(order.id, id=item["id"]))
    assert statuses(send(session, item)) == [("conflict", "feedback.id_conflict")]
    assert statuses(send(session, report(10**9, **FOUND))) == [("rejected", "feedback.unknown_order")]
    assert counts(session) == [0, 0, 0]


def test_what_waited_is_kept_when_its_report_is_taken(session, order):
    first = report(order.id)
    [held] = send(session, report(order.id, corrects_id=first["id"], **FOUND))
    assert (held.status, counts(session)) == ("held", [0, 0, 0])
    send(session, first)
    assert counts(session) == [1, 2, 1]


@pytest.mark.parametrize("by", ["bo", "dee"])
def test_it_is_seen_by_whoever_sees_the_report(session, order, by):
    send(session, report(order.id, **FOUND))
    person, owner = staff(session, by), staff(session, "ana")
    set_scope(session, scope="own", grid_ids=[person.unit_id], staff_id=person.id)
    assert counts(session) == [0, 0, 0]
    set_scope(session, scope="own", grid_ids=[owner.unit_id], staff_id=owner.id)
    assert counts(session) == [1, 2, 1]
    set_scope(session, scope="grids", grid_ids=[owner.unit_id])
    assert counts(session) == [1, 2, 1]


@pytest.mark.parametrize("table", ["competitor_findings", "feedback_attachments"])
def test_what_was_found_is_never_changed(session, order, table):
    send(session, report(order.id, **FOUND))
    for statement in (f"UPDATE {table} SET feedback_id = feedback_id", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def test_what_two_reports_of_a_batch_found_is_kept_for_each(session):
    campaign = make_campaign(session)
    orders = [make_work_order(session, campaign=campaign, customer_no=f"C0{n}") for n in (1, 2)]
    send(session, *(report(order.id, **FOUND) for order in orders), now=NOW)
    assert counts(session) == [2, 4, 2]
    assert set(session.scalars(select(CompetitorFinding.customer_id))) == {order.customer_id for order in orders}
