"""A grid manager's word on a manager's phone."""

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import set_scope
from app.devices.messages import MOST_UNSEEN
from app.models.device import Device
from app.models.notice import OutboxDelivery, OutboxEvent
from tests.factories import NOW, staff

SEND, DAY = "/dashboard/v1/messages", "/mobile/v1/day"
HELLO = {"staff_nos": ["ANA"], "body": "先做到期的三张"}


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


def test_it_is_on_the_phone_until_it_was_seen_and_whoever_sent_it_knows(client_as):
    chen, ana = client_as("chen"), client_as("ana")
    assert chen.post(SEND, json=HELLO).json() == {"sent": 1}
    (message,) = ana.get(DAY).json()["messages"]
    assert (message["from_name"], message["body"]) == ("Chen", "先做到期的三张")
    assert client_as("bo").get(DAY).json()["messages"] == []
    for _ in range(2):
        assert ana.post(f"/mobile/v1/messages/{message['id']}/seen").status_code == 204
    assert ana.get(DAY).json()["messages"] == []
    (sent,) = chen.get(SEND).json()["items"]
    assert (sent["staff_no"], sent["seen_at"] is not None) == ("ANA", True)
    assert client_as("fu").get(SEND).json() == {"items": []}


def test_nobody_sees_or_answers_for_another(client_as):
    client_as("chen").post(SEND, json=HELLO)
    (message,) = client_as("ana").get(DAY).json()["messages"]
    for login in ("bo", "cy"):
        answer = client_as(login).post(f"/mobile/v1/messages/{message['id']}/seen")
        assert (answer.status_code, answer.json()["code"]) == (404, "message.unknown")
    assert len(client_as("ana").get(DAY).json()["messages"]) == 1


@pytest.mark.parametrize("path", [("GET", SEND), ("POST", SEND), ("POST", "/mobile/v1/messages/1/seen")])
def test_managers_are_told_by_those_who_lead_them(client_as, path):
    method, address = path
    assert client_as(None).request(method, address, json=HELLO).status_code == 401
    wrong = ("ana", "pia", "lin") if address == SEND else ("chen", "pia")
    for login in wrong:
        assert client_as(login).request(method, address, json=HELLO).status_code == 403, login


@pytest.mark.parametrize("staff_no", ["CY", "CHEN", "NOBODY"])
def test_only_managers_of_my_grids_are_told(client_as, staff_no):
    answer = client_as("chen").post(SEND, json={"staff_nos": ["ANA", staff_no], "body": "x"})
    assert answer.status_code == 422
    assert staff_no in answer.json()["detail"]
    assert client_as("ana").get(DAY).json()["messages"] == []


def test_who_does_not_look_is_not_told_without_end(client_as):
    chen = client_as("chen")
    for _ in range(MOST_UNSEEN):
        assert chen.post(SEND, json=HELLO).status_code == 201
    answer = chen.post(SEND, json=HELLO)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "staff_nos")


def test_a_subscribed_phone_is_pushed_to_without_the_words_and_only_once_at_a_time(client_as, company):
    keys = {"push_endpoint": "https://push.example/x", "push_p256dh": b"p", "push_auth": b"a"}
    company.add(Device(staff_id=staff(company, "ana").id, device_id="d", name="d", app_version="1", registered_at=NOW, **keys))
    company.commit()
    for _ in range(2):
        assert client_as("chen").post(SEND, json=HELLO).status_code == 201
    set_scope(company, scope="all")
    (event,) = company.scalars(select(OutboxEvent).join(OutboxDelivery, OutboxDelivery.event_id == OutboxEvent.id))
    assert (event.kind, event.payload) == ("message.sent", {})
