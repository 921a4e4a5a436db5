"""Requests that wait reach the grid manager as a notice, and leave with the last of them."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.feedback.telling import tell_of_requests
from app.models.do_not_disturb import DoNotDisturb, DoNotDisturbUndo
from app.models.findings import CorrectionProposal
from app.models.notice import Notice
from app.notices.words import words_of
from tests import factories as make
from tests.factories import NOW, staff
from tests.truth import make_feedback

LATER = NOW + timedelta(minutes=5)


def ask_undo(session, order, *, asked_at=NOW):
    person = staff(session, "ana")
    account = make.get(session, make.Account, staff_id=person.id)
    refusal = DoNotDisturb(id=uuid.uuid4(), customer_id=order.customer_id, work_order_id=order.id, grid_id=order.grid_id,
                           staff_id=person.id, scope="all", asked_at=NOW, recorded_at=NOW, withdrawn=0)  # fmt: skip
    session.add(refusal)
    session.flush()
    undo = DoNotDisturbUndo(request_id=refusal.id, grid_id=order.grid_id, staff_id=person.id,
                            asked_by_account_id=account.id, reason="a mistake", asked_at=asked_at)  # fmt: skip
    session.add(undo)
    session.flush()
    return undo


@pytest.fixture
def order(session):
    return make.make_work_order(session)


def open_notices(session):
    session.expire_all()
    return list(session.scalars(select(Notice).where(Notice.resolved_at.is_(None)).order_by(Notice.id)))


def test_each_kind_of_request_of_a_grid_is_one_notice(session, order):
    for _ in range(2):
        ask_undo(session, order)
    report = make_feedback(session, order)
    session.add(CorrectionProposal(feedback_id=report.id, customer_id=order.customer_id, grid_id=order.grid_id,
                                   staff_id=order.staff_id, field="phone", value="1", proposed_at=NOW))  # fmt: skip
    session.flush()
    assert tell_of_requests(session, now=NOW) == {"waiting": 3, "told": 2}
    found = {notice.data["rule"]: notice for notice in open_notices(session)}
    assert {rule: (one.data["orders"], one.unit_id, one.role) for rule, one in found.items()} == {
        "undo_asked": (2, order.grid_id, "grid_manager"),
        "correction_proposed": (1, order.grid_id, "grid_manager"),
    }
    assert words_of("requests", found["undo_asked"].data, "")[0].startswith("G11 ：免打扰撤销申请等待您决定 2 件")


def test_it_is_told_again_only_by_what_is_new(session, order):
    ask_undo(session, order)
    tell_of_requests(session, now=NOW)
    assert tell_of_requests(session, now=LATER)["told"] == 0
    assert open_notices(session)[0].raised_at == NOW
    ask_undo(session, order, asked_at=LATER)
    assert tell_of_requests(session, now=LATER)["told"] == 1
    (notice,) = open_notices(session)
    assert (notice.raised_at, notice.data["orders"]) == (LATER, 2)


def test_it_goes_when_all_is_decided(session, order):
    undo = ask_undo(session, order)
    tell_of_requests(session, now=NOW)
    bea = make.get(session, make.Account, login="bea")
    undo.decision, undo.decided_at, undo.decided_by_account_id, undo.decision_reason = "rejected", NOW, bea.id, "no"
    session.flush()
    assert tell_of_requests(session, now=LATER) == {"waiting": 0, "told": 0}
    assert open_notices(session) == []
