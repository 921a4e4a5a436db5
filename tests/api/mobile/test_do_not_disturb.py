"""Do-not-disturb over HTTP: the phone's tap, the tombstone, and the grid manager who decides on taking it back."""

import uuid

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import set_scope
from tests.factories import NOW, make_campaign, make_work_order
from tests.phones import Phone, report


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def orders(company):
    made = [make_work_order(company), make_work_order(company, campaign=make_campaign(company, product_code="TV1"), manager="bo")]
    company.commit()
    set_scope(company, scope="all")
    return made


def tap(client, order, **overrides):
    return client.post(f"/mobile/v1/work-orders/{order.id}/do-not-disturb", json={"id": str(uuid.uuid4())} | overrides)


def test_after_the_tap_the_customer_is_on_nobodys_phone(client_as, orders):
    ana, bo = (Phone(client_as(name)) for name in ("ana", "bo"))
    ana.pull()
    bo.pull()
    assert (len(ana.orders), len(bo.orders)) == (1, 1)
    answer = tap(ana.client, orders[0])
    assert (answer.status_code, answer.json()["withdrawn"], answer.json()["scope"]) == (200, 2, "all")
    ana.pull()
    bo.pull()
    assert (ana.orders, bo.orders) == ({}, {})
    assert set(ana.reasons) == {orders[0].id}


def test_the_grid_manager_sees_why_a_later_report_was_not_taken(client_as, orders):
    ana = Phone(client_as("ana"))
    tap(ana.client, orders[0])
    [answer] = ana.send(report(orders[0].id, started_at="2026-10-12T02:00:30+00:00", ended_at=None), sent_at=clock.now())
    assert answer["status"] == "rejected"
    [shown] = client_as("chen").get("/dashboard/v1/feedback/set-aside").json()["items"]
    assert (shown["code"], shown["staff_no"]) == ("feedback.after_withdrawal", "ANA")
    assert "not to be disturbed" in shown["detail"]


def test_a_mistake_is_taken_back_by_the_grid_manager(client_as, orders):
    ana, chen = client_as("ana"), client_as("chen")
    made = tap(ana, orders[0], note="wrong row").json()
    asked = ana.post(f"/mobile/v1/do-not-disturb/{made['id']}/undo", json={"reason": "I tapped the wrong customer"})
    assert (asked.status_code, asked.json()["decision"]) == (200, None)
    [waiting] = chen.get("/dashboard/v1/do-not-disturb-undos").json()["items"]
    assert (waiting["customer_no"], waiting["reason"]) == ("C01", "I tapped the wrong customer")
    assert [one["undo"] for one in ana.get("/mobile/v1/do-not-disturb").json()] == ["pending"]
    url = f"/dashboard/v1/do-not-disturb-undos/{waiting['id']}/decision"
    assert ana.post(url, json={"decision": "accepted", "reason": "x"}).status_code == 403
    assert client_as("fu").post(url, json={"decision": "accepted", "reason": "x"}).status_code == 404
    decided = chen.post(url, json={"decision": "accepted", "reason": "the customer confirmed"})
    assert (decided.status_code, decided.json()["still_refused"]) == (200, False)
    assert chen.post(url, json={"decision": "rejected", "reason": "x"}).json()["code"] == "do_not_disturb.decided"
    [mine] = ana.get("/mobile/v1/do-not-disturb").json()
    assert (mine["undo"], mine["undo_reason"], mine["undone_at"] is None) == ("accepted", "the customer confirmed", False)
    assert chen.get("/dashboard/v1/do-not-disturb-undos").json()["items"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", "x"), ("id", 5), ("scope", "fax"), ("scope", ""), ("until", "tomorrow"), ("until", "2026-10-11"), ("until", 5),
     ("note", "a\x00b"), ("asked_at", "yesterday"), ("more", 1)],
)  # fmt: skip
def test_a_wrong_field_is_named(client_as, orders, field, value):
    answer = tap(client_as("ana"), orders[0], **{field: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_while_an_import_or_a_run_holds_the_table_the_phone_is_told_to_try_again(client_as, company, orders):
    company.execute(text("LOCK TABLE contact_preferences IN SHARE MODE"))
    answer = tap(client_as("ana"), orders[0])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    company.rollback()
    set_scope(company, scope="all")
    assert tap(client_as("ana"), orders[0]).status_code == 200
