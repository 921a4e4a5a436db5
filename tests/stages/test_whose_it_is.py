"""Statements ask by themselves whose a row is: here row level security hides nothing."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.core.errors import Invalid
from app.devices.queries import UnknownDevice
from app.devices.service import QueueReport, report_queue, revoke_device
from app.disclosure.queries import UnknownCustomer
from app.disclosure.service import break_glass, reveal_phone
from app.models.device import Device
from app.models.dispute import DisputeDecision
from app.models.points import Component
from app.points.closing.close import close_month
from app.points.disputes.deciding import Answer, decide_dispute
from app.points.disputes.queries import UnknownDispute
from app.points.disputes.service import Disputed, raise_dispute
from app.points.service import show_months
from app.reports.devices import device_page
from app.reports.disclosures import Asked, disclosure_page
from app.reports.disputes import DisputeStanding, dispute_page, disputes_of
from tests.factories import NOW, grid, staff
from tests.phones import principal_of
from tests.truth import CLOSING, OCTOBER, make_anas_october

PAGE = {"secret": "s" * 40, "cursor": None, "limit": 10}


@pytest.fixture
def here(session):
    return [grid(session, "G11").id]


@pytest.fixture
def elsewhere(session):
    return [grid(session, "G12").id]


def test_phones_are_those_of_the_people_of_the_grids(session, here, elsewhere):
    phone = Device(staff_id=staff(session, "ana").id, device_id="a", name="x", app_version="1", registered_at=NOW)
    session.add(phone)
    session.flush()
    assert [len(device_page(session, grid_ids=ids, revoked=False, **PAGE).items) for ids in (here, elsewhere)] == [1, 0]
    revoking = {"number": phone.id, "reason": "lost", "actor_account_id": None, "now": NOW}
    with pytest.raises(UnknownDevice):
        revoke_device(session, grid_ids=elsewhere, **revoking)
    assert revoke_device(session, grid_ids=here, **revoking).revoke_reason == "lost"


def test_nobody_reports_for_the_phone_of_another(session):
    session.add(Device(staff_id=staff(session, "ana").id, device_id="a", name="x", app_version="1", registered_at=NOW))
    session.flush()
    report = QueueReport("1", 3, None)
    with pytest.raises(UnknownDevice):
        report_queue(session, principal=principal_of(session, "bo"), device_id="a", report=report, now=NOW)


def test_what_was_shown_is_read_by_the_grids_of_the_person_and_of_the_customer(session, here, elsewhere):
    ana = principal_of(session, "ana")
    reveal_phone(session, principal=ana, customer_no="C01", purpose="bill", quota=9, now=NOW)
    assert [len(disclosure_page(session, grid_ids=ids, asked=Asked(), **PAGE).items) for ids in (here, elsewhere)] == [1, 0]
    break_glass(session, principal=ana, customer_no="C11", reason="the line burns", now=NOW)
    assert [len(disclosure_page(session, grid_ids=ids, asked=Asked(), **PAGE).items) for ids in (here, elsewhere)] == [2, 1]
    with pytest.raises(UnknownCustomer):
        reveal_phone(session, principal=principal_of(session, "bo"), customer_no="C11", purpose="bill", quota=9, now=NOW)


def test_disputes_are_those_of_the_grids_and_of_oneself(session, here, elsewhere):
    make_anas_october(session)
    ana, bo = principal_of(session, "ana"), principal_of(session, "bo")
    close_month(session, month=OCTOBER, now=CLOSING)
    entry = entry_of(session, ana)
    said = Disputed(uuid4(), OCTOBER, Component.ACCURACY, entry, None, "20", "all of it was true", None, [])
    with pytest.raises(Invalid, match="entry_id"):
        raise_dispute(session, principal=bo, disputed=said, now=CLOSING)
    made = raise_dispute(session, principal=ana, disputed=said, now=CLOSING)
    assert [len(disputes_of(session, staff_id=who.staff_id, now=CLOSING, **PAGE).items) for who in (ana, bo)] == [1, 0]
    waiting = {"standing": DisputeStanding.OPEN, "now": CLOSING}
    assert [len(dispute_page(session, grid_ids=ids, **waiting, **PAGE).items) for ids in (here, elsewhere)] == [1, 0]
    deciding = {"dispute_id": made.id, "answer": Answer(DisputeDecision.ACCEPTED, "so it is"), "now": CLOSING}
    chen = replace(bo, staff_id=staff(session, "chen").id, role="grid_manager")
    with pytest.raises(UnknownDispute):
        decide_dispute(session, principal=chen, grid_ids=elsewhere, **deciding)
    assert decide_dispute(session, principal=chen, grid_ids=here, **deciding).status == "accepted"


def entry_of(session, principal):
    month = show_months(session, staff_ids=[principal.staff_id], month=OCTOBER, now=CLOSING)[principal.staff_id]
    return next(line["entry_id"] for line in month.lines if line["component"] == "accuracy")
