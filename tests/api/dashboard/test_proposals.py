"""Corrections that managers propose: decided by somebody else, told to the owner of the data, never written over it."""

import pytest
from sqlalchemy import select, update

from app.core import clock
from app.core.db import set_scope
from app.models.findings import CorrectionProposal
from app.models.notice import OutboxEvent
from app.models.organisation import Role, Staff
from tests.factories import NOW, customer, make_work_order
from tests.phones import Phone, report

URL = "/dashboard/v1/correction-proposals"
FOUND = [{"field": "address", "value": "12 New Road"}, {"field": "phone", "value": "13800001234"}]


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def order(company):
    made = make_work_order(company)
    company.commit()
    set_scope(company, scope="all")
    return made


@pytest.fixture
def proposed(client_as, order):
    phone = Phone(client_as("ana"))
    item = report(order.id, proposals=FOUND)
    phone.send(item)
    return item


def waiting(client):
    return client.get(URL).json()["items"]


def decide(client, proposal, decision="accepted"):
    return client.post(f"{URL}/{proposal['id']}/decision", json={"decision": decision, "note": "seen"})


def test_who_manages_the_grid_sees_what_is_proposed_beside_what_is_said_now(client_as, proposed):
    address, phone = waiting(client_as("chen"))
    assert (address["customer_no"], address["field_zh"], address["current"], address["value"]) == (
        "C01",
        "地址",
        "1 Example Road",
        "12 New Road",
    )
    assert (phone["current"], phone["value"], phone["staff_no"]) == ("139****0001", "138****1234", "ANA")
    assert waiting(client_as("fu")) == []
    assert client_as("ana").get(URL).status_code == 403


def test_an_accepted_one_is_told_and_exported_and_overwrites_nothing(client_as, company, proposed):
    chen, ada = client_as("chen"), client_as("ada")
    address, phone = waiting(chen)
    assert (decide(chen, phone).status_code, decide(chen, address, "rejected").status_code) == (200, 200)
    assert decide(chen, phone).json()["code"] == "proposal.decided"
    assert waiting(chen) == []
    [correction] = ada.get("/operations/v1/corrections").json()["items"]
    assert (correction["customer_no"], correction["field"], correction["value"]) == ("C01", "phone", "13800001234")
    assert chen.get("/operations/v1/corrections").status_code == 403
    [told] = company.scalars(select(OutboxEvent).where(OutboxEvent.kind == "customer.correction_accepted"))
    assert told.payload == {"proposal_id": phone["id"], "field": "phone"}
    assert customer(company, "C01").phone == "13900000001"


def test_only_the_own_grid_decides_and_never_who_proposed_it(client_as, company, proposed):
    [address, _] = waiting(client_as("chen"))
    assert decide(client_as("fu"), address).status_code == 404
    company.execute(update(Staff).where(Staff.staff_no == "ANA").values(role=Role.GRID_MANAGER))
    company.commit()
    assert decide(client_as("ana"), address).json()["code"] == "proposal.own"


def test_those_of_a_report_that_was_corrected_wait_no_more(client_as, order, proposed):
    Phone(client_as("ana")).send(report(order.id, corrects_id=proposed["id"], proposals=FOUND[:1]))
    [only] = waiting(client_as("chen"))
    assert (only["field"], only["feedback_id"] == proposed["id"]) == ("address", False)


def test_they_come_in_pages(client_as, company, order, proposed):
    chen, ada = client_as("chen"), client_as("ada")
    first = chen.get(URL, params={"limit": 1}).json()
    second = chen.get(URL, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [first["items"][0]["field"], second["items"][0]["field"]] == ["address", "phone"]
    assert second["next_cursor"] is None
    for one in waiting(chen):
        decide(chen, one)
    page = ada.get("/operations/v1/corrections", params={"limit": 1}).json()
    rest = ada.get("/operations/v1/corrections", params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert [page["items"][0]["field"], rest["items"][0]["field"], rest["next_cursor"]] == ["address", "phone", None]
    assert company.scalars(select(CorrectionProposal.decision)).all() == ["accepted", "accepted"]
