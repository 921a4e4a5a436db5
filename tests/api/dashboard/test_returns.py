"""Returns by HTTP: a manager gives back, the grid manager decides."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from app.core import clock
from app.core.db import set_scope
from app.models.device import Device
from app.models.work_order import WorkOrder
from tests.api.dashboard.test_bulk import make_second_grid_manager
from tests.factories import NOW, make_work_order, staff
from tests.truth import make_feedback

GIVE, LIST = "/mobile/v1/work-orders/{}/return", "/dashboard/v1/returns"
UNDO = f"{LIST}/decisions/undo"
WRONG_NUMBER = {"reason": "wrong_number", "note": "a stranger answers"}


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def order_id(company):
    order = make_work_order(company)
    company.commit()
    return order.id


def test_only_its_manager_gives_work_back_and_only_managers_of_its_grid_decide(client_as, order_id):
    path = GIVE.format(order_id)
    assert client_as(None).put(path, json=WRONG_NUMBER).status_code == 401
    assert client_as("chen").put(path, json=WRONG_NUMBER).status_code == 403
    for login in ("bo", "cy"):
        answer = client_as(login).put(path, json=WRONG_NUMBER)
        assert (answer.status_code, answer.json()["code"]) == (404, "work_order.unknown")
    made = client_as("ana").put(path, json=WRONG_NUMBER).json()
    decision = f"{LIST}/{made['id']}/decision"
    assert client_as(None).put(decision, json={"decision": "accepted"}).status_code == 401
    assert client_as(None).get(LIST).status_code == client_as(None).get("/mobile/v1/return-reasons").status_code == 401
    for login in ("ana", "pia", "payroll"):
        assert client_as(login).put(decision, json={"decision": "accepted"}).status_code == 403, login
        assert client_as(login).get(LIST).status_code == 403, login
    elsewhere = client_as("fu").put(decision, json={"decision": "accepted"})
    nowhere = client_as("fu").put(f"{LIST}/{2**62}/decision", json={"decision": "accepted"})
    assert elsewhere.status_code == 404
    assert elsewhere.json() == nowhere.json()
    assert client_as("fu").get(LIST).json() == {"items": [], "next_cursor": None}


def test_a_return_is_shown_with_what_it_means_until_it_is_decided(client_as, order_id):
    ana, chen = client_as("ana"), client_as("chen")
    reasons = {reason["code"]: reason for reason in ana.get("/mobile/v1/return-reasons").json()}
    assert reasons["wrong_number"]["needs_evidence"] is True
    first = ana.put(GIVE.format(order_id), json=WRONG_NUMBER)
    assert first.status_code == 200, first.text
    assert ana.put(GIVE.format(order_id), json=WRONG_NUMBER).json() == first.json()
    (shown,) = chen.get(LIST).json()["items"]
    assert (shown["customer_no"], shown["staff_no"], shown["counts"]) == ("C01", "ANA", False)
    assert (shown["note"], shown["reason_en"]) == ("a stranger answers", "the number is not the customer's")
    answer = chen.put(f"{LIST}/{shown['id']}/decision", json={"decision": "rejected", "note": "call again"})
    assert (answer.status_code, answer.json()["state"]) == (200, "open")
    assert chen.get(LIST).json()["items"] == []
    again = chen.put(f"{LIST}/{shown['id']}/decision", json={"decision": "rejected"})
    assert (again.status_code, again.json()["code"]) == (409, "return.decided")


@pytest.fixture
def decided(client_as, order_id):
    """`decided("accepted")`: Ana gave her work order back and Chen decided so; gives the return's id."""

    def decide(decision, **more):
        made = client_as("ana").put(GIVE.format(order_id), json=WRONG_NUMBER).json()
        answer = client_as("chen").put(f"{LIST}/{made['id']}/decision", json={"decision": decision, **more})
        assert answer.status_code == 200, answer.text
        return made["id"]

    return decide


def undo(client, *ids):
    answer = client.post(UNDO, json={"ids": ids})
    assert answer.status_code == 207, answer.text
    return [row["code"] or row["state"] for row in answer.json()["items"]]


@pytest.mark.parametrize(("decision", "more"), [("accepted", {}), ("accepted", {"to_staff_no": "BO"}), ("rejected", {})])
def test_who_decided_takes_it_back_and_the_return_waits_as_it_was_given(client_as, company, order_id, decided, decision, more):
    before = client_as("ana").put(GIVE.format(order_id), json=WRONG_NUMBER).json()
    shown = client_as("chen").get(LIST).json()
    assert decided(decision, **more) == before["id"]
    with clock.shifted_to(NOW + timedelta(minutes=5)):
        assert undo(client_as("chen"), before["id"], 2**40) == ["returned", "return.unknown"]
        assert client_as("chen").get(LIST).json() == shown
        assert undo(client_as("chen"), before["id"]) == ["return.undecided"]
    set_scope(company, scope="all")
    order = company.get(WorkOrder, order_id, populate_existing=True)
    assert (order.state, order.close_reason, order.staff_id) == ("returned", "pending:wrong_number", staff(company, "ana").id)
    assert order.closed_at == datetime.fromisoformat(shown["items"][0]["returned_at"])
    said = client_as("ada").get("/operations/v1/audit", params={"about": f"work_order:{order_id}"}).json()["items"]
    assert [(one["act"], one["login"]) for one in said][:1] == [("work_order.return_undone", "chen")]
    assert client_as("chen").put(f"{LIST}/{before['id']}/decision", json={"decision": "accepted"}).status_code == 200


def test_a_decision_is_not_taken_back_by_another_nor_on_another_day(client_as, company, decided):
    make_second_grid_manager(company)
    made = decided("accepted")
    assert undo(client_as("chan"), made) == ["return.decided_by_another"]
    assert undo(client_as("fu"), made) == ["return.unknown"]
    with clock.shifted_to(NOW + timedelta(days=1)):
        assert undo(client_as("chen"), made) == ["return.too_late"]
    for login, status in ((None, 401), ("ana", 403), ("pia", 403)):
        assert client_as(login).post(UNDO, json={"ids": [made]}).status_code == status


@pytest.mark.parametrize("happening", ["pulled", "synced", "reassigned", "reported"])
def test_a_decision_of_which_something_came_is_not_taken_back(client_as, company, order_id, decided, happening):
    made, ana = decided("rejected"), client_as("ana")
    with clock.shifted_to(NOW + timedelta(minutes=1)):
        if happening == "pulled":
            assert ana.get("/mobile/v1/work-orders").status_code == 200
        elif happening == "synced":
            set_scope(company, scope="all")
            person = {"staff_id": staff(company, "ana").id, "device_id": "d", "name": "d", "app_version": "1"}
            company.add(Device(registered_at=NOW, last_sync_at=clock.now(), **person))
            company.commit()
        elif happening == "reassigned":
            body = {"to_staff_no": "BO", "reason": "he knows her"}
            assert client_as("chen").post(f"/dashboard/v1/work-orders/{order_id}/reassign", json=body).status_code == 200
        else:
            set_scope(company, scope="all")
            make_feedback(company, company.get(WorkOrder, order_id), contacted_at=clock.now())
            company.commit()
    with clock.shifted_to(NOW + timedelta(minutes=2)):
        assert undo(client_as("chen"), made) == ["return.too_late"]
    assert client_as("chen").get(LIST).json()["items"] == []


def test_wrong_returns_are_named(client_as, order_id):
    ana, path = client_as("ana"), GIVE.format(order_id)
    for wrong, field in (({"reason": "boring"}, "reason"), ({"reason": "moved"}, "note"), ({}, "reason"),
                         ({"reason": "no_time", "feedback_id": "x"}, "feedback_id")):  # fmt: skip
        answer = ana.put(path, json=wrong)
        assert answer.status_code == 422
        assert field in answer.text


@pytest.mark.parametrize("trial", range(4))
def test_of_two_grid_managers_who_decide_at_once_one_does(client_as, order_id, company, trial):
    make_second_grid_manager(company)
    made = client_as("ana").put(GIVE.format(order_id), json=WRONG_NUMBER).json()
    together, said = Barrier(2), ("accepted", "rejected" if trial % 2 else "accepted")
    clients = [client_as("chen"), client_as("chan")]

    def decide(number):
        together.wait()
        return clients[number].put(f"{LIST}/{made['id']}/decision", json={"decision": said[number]})

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(decide, range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [a.json()["code"] for a in answers if a.status_code == 409] == ["return.decided"]


def test_many_returns_are_decided_alike_each_for_itself_and_tried_before(client_as, company):
    orders = [make_work_order(company, customer_no=f"C0{n}") for n in (1, 2)]
    company.commit()
    ana, chen = client_as("ana"), client_as("chen")
    ids = [ana.put(GIVE.format(order.id), json=WRONG_NUMBER).json()["id"] for order in orders]
    body = {"ids": [*ids, 2**40], "decision": "accepted"}
    for dry_run in (True, False):
        answer = chen.post(f"{LIST}/decisions", json=body | {"dry_run": dry_run})
        assert answer.status_code == 207, answer.text
        assert [(row["done"], row["code"]) for row in answer.json()["items"]] == [
            (True, None),
            (True, None),
            (False, "return.unknown"),
        ]
        assert len(chen.get(LIST).json()["items"]) == (2 if dry_run else 0)
    again = chen.post(f"{LIST}/decisions", json={"ids": ids, "decision": "rejected"}).json()["items"]
    assert {row["code"] for row in again} == {"return.decided"}
    assert client_as("fu").post(f"{LIST}/decisions", json=body).json()["items"][0]["code"] == "return.unknown"
    for login, status in ((None, 401), ("ana", 403), ("pia", 403)):
        assert client_as(login).post(f"{LIST}/decisions", json=body).status_code == status
