"""Webhooks and deliveries, for administrators alone."""

import pytest

from app.notices.outbox import put_event
from tests.factories import NOW

WEBHOOKS, DELIVERIES = "/operations/v1/webhooks", "/operations/v1/deliveries"
ERP = {"name": "ERP", "url": "https://erp.example/hooks", "kinds": ["month.closed"]}
CALLS = [
    ("GET", WEBHOOKS, None),
    ("POST", WEBHOOKS, ERP),
    ("POST", f"{WEBHOOKS}/ERP/rotate", {}),
    ("POST", f"{WEBHOOKS}/ERP/test", None),
    ("POST", f"{WEBHOOKS}/ERP/disable", None),
    ("POST", f"{WEBHOOKS}/ERP/enable", None),
    ("GET", DELIVERIES, None),
    ("POST", f"{DELIVERIES}/1/replay", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_nobody_but_an_administrator_sees_or_changes_them(client_as, method, path, body):
    assert client_as(None).request(method, path, json=body).status_code == 401
    for login in ("ana", "chen", "bea", "pia", "lin", "payroll"):
        assert client_as(login).request(method, path, json=body).status_code == 403


def test_a_key_is_in_the_answer_once_and_never_again(client_as):
    ada = client_as("ada")
    made = ada.post(WEBHOOKS, json=ERP)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert ada.post(WEBHOOKS, json=ERP).json()["code"] == "webhook.name_taken"
    rotated = ada.post(f"{WEBHOOKS}/ERP/rotate", json={"overlap_hours": 1}).json()
    assert rotated["secret"] not in {made.json()["secret"], None}
    assert rotated["until"] is not None
    listed = ada.get(WEBHOOKS)
    assert "whsec_" not in listed.text
    assert listed.json()["items"][0]["kinds"] == ["month.closed"]


def test_a_webhook_is_tried_disabled_and_enabled_and_its_dead_deliveries_replayed_once(client_as):
    ada = client_as("ada")
    ada.post(WEBHOOKS, json=ERP)
    assert ada.post(f"{WEBHOOKS}/ERP/test").status_code == 202
    (waiting,) = ada.get(DELIVERIES).json()["items"]
    assert (waiting["kind"], waiting["state"], waiting["endpoint"]) == ("webhook.test", "pending", "ERP")
    assert ada.post(f"{WEBHOOKS}/ERP/disable").json()["disabled_at"] is not None
    assert ada.post(f"{WEBHOOKS}/ERP/test").json()["code"] == "webhook.disabled"
    replay = f"{DELIVERIES}/{waiting['id']}/replay"
    assert ada.post(replay).json()["code"] == "webhook.disabled"
    assert ada.post(f"{WEBHOOKS}/ERP/enable").json()["disabled_at"] is None
    assert ada.post(replay).json() == {"id": waiting["id"], "state": "pending"}
    assert ada.post(replay).json()["code"] == "delivery.not_dead"
    assert ada.post(f"{DELIVERIES}/999/replay").status_code == 404


def test_deliveries_are_leafed_through_by_cursor(client_as, company):
    ada = client_as("ada")
    ada.post(WEBHOOKS, json={**ERP, "kinds": []})
    for number in range(3):
        put_event(company, kind="campaign.status_changed", payload={"campaign_code": f"K{number}", "status": "running"}, now=NOW)
    company.commit()
    first = ada.get(DELIVERIES, params={"limit": 2, "state": "pending"}).json()
    rest = ada.get(DELIVERIES, params={"limit": 2, "state": "pending", "cursor": first["next_cursor"]}).json()
    ids = [one["id"] for one in first["items"] + rest["items"]]
    assert (len(ids), ids, rest["next_cursor"]) == (3, sorted(ids, reverse=True), None)
    assert ada.get(DELIVERIES, params={"state": "dead", "cursor": first["next_cursor"]}).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**ERP, "url": "http://erp.example/"}, "url"),
        ({**ERP, "url": "https://127.0.0.1/"}, "url"),
        ({**ERP, "kinds": ["everything"]}, "kinds"),
        ({**ERP, "name": "a b"}, "name"),
        ({**ERP, "key": "mine"}, "key"),
    ],
)
def test_a_wrong_webhook_is_refused_with_its_field(client_as, body, field):
    answer = client_as("ada").post(WEBHOOKS, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
