"""Disputes by HTTP: raised by whom the line is about, decided by somebody else, seen on the phone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import set_scope
from app.models.dispute import PointsDispute
from app.points.closing.close import close_month
from tests.factories import make_work_order, staff
from tests.truth import CLOSING, OCTOBER, make_anas_october

MINE, THEIRS = "/mobile/v1/points/disputes", "/dashboard/v1/disputes"


@pytest.fixture(autouse=True)
def after_the_month():
    with clock.shifted_to(CLOSING):
        yield


@pytest.fixture
def orders(company):
    """Ana's October, open."""
    orders = make_anas_october(company)
    company.commit()
    set_scope(company, scope="all")
    return orders


def said(**overrides):
    whole = {"id": str(uuid4()), "month": "2026-10", "component": "success", "expected": "success", "reason": "she bought it"}
    return whole | {"evidence": "order O77 of 12 October"} | overrides


def decide(client, dispute_id, decision="accepted", reason="the order is there"):
    return client.post(f"{THEIRS}/{dispute_id}/decision", json={"decision": decision, "reason": reason})


def test_a_line_is_disputed_with_what_was_shown_then_and_the_phone_sees_what_became_of_it(client_as, orders):
    ana, chen = client_as("ana"), client_as("chen")
    body = said(work_order_id=orders[2].id)
    made = ana.post(MINE, json=body)
    assert made.status_code == 200, made.text
    assert (made.json()["status"], made.json()["expected"], made.json()["evidence"]) == ("open", "success", body["evidence"])
    (line,) = made.json()["shown"]["lines"]
    assert (line["points"], line["kind"]) == ("11.6667", "earned")
    assert [one["counted"] for one in made.json()["shown"]["work_order"]] == ["failed"]
    (waiting,) = chen.get(THEIRS).json()["items"]
    assert (waiting["staff_no"], waiting["grid_code"], waiting["reason"]) == ("ANA", "G11", "she bought it")
    assert decide(chen, body["id"], "rejected", "that order was cancelled").json()["status"] == "rejected"
    assert chen.get(THEIRS).json()["items"] == []
    (decided,) = chen.get(THEIRS, params={"decided": True}).json()["items"]
    (mine,) = ana.get(MINE).json()["items"]
    assert mine["status"] == decided["status"] == "rejected"
    assert mine["decision_reason"] == "that order was cancelled"


def test_an_entry_of_a_closed_month_can_be_disputed_by_its_number(client_as, company, orders):
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    ana = client_as("ana")
    entry = next(line for line in ana.get("/mobile/v1/points?month=2026-10").json()["lines"] if line["component"] == "accuracy")
    made = ana.post(MINE, json=said(component="accuracy", entry_id=entry["entry_id"], expected="18.5"))
    assert [line["entry_id"] for line in made.json()["shown"]["lines"]] == [entry["entry_id"]]
    for wrong in ({"component": "success"}, {"month": "2026-09"}):
        answer = ana.post(MINE, json=said(entry_id=entry["entry_id"]) | {"component": "accuracy"} | wrong)
        assert (answer.status_code, "entry_id" in answer.text) == (422, True), wrong
    theirs = client_as("bo").post(MINE, json=said(component="accuracy", entry_id=entry["entry_id"]))
    assert (theirs.status_code, "entry_id" in theirs.text) == (422, True)


def test_sent_again_it_is_the_same_dispute_and_other_words_under_its_id_are_a_conflict(client_as, orders, company):
    ana, body = client_as("ana"), said()
    first = ana.post(MINE, json=body)
    assert ana.post(MINE, json=body).json() == first.json()
    other = ana.post(MINE, json=body | {"expected": "failed"})
    assert (other.status_code, other.json()["code"]) == (409, "dispute.id_taken")
    borrowed = client_as("bo").post(MINE, json=body)
    assert (borrowed.status_code, borrowed.json()["code"]) == (409, "dispute.id_taken")
    decide(client_as("chen"), body["id"])
    assert ana.post(MINE, json=body).json()["status"] == "accepted"
    set_scope(company, scope="all")
    assert company.query(PointsDispute).count() == 1


def test_a_line_is_disputed_once_at_a_time(client_as, orders):
    ana, first = client_as("ana"), said()
    ana.post(MINE, json=first)
    again = ana.post(MINE, json=said())
    assert (again.status_code, again.json()["code"]) == (409, "dispute.open_already")
    assert ana.post(MINE, json=said(work_order_id=orders[0].id)).status_code == 200
    assert ana.post(MINE, json=said(component="accuracy")).status_code == 200
    decide(client_as("chen"), first["id"])
    assert ana.post(MINE, json=said()).status_code == 200


@pytest.mark.parametrize("trial", range(3))
def test_of_two_phones_that_dispute_a_line_at_once_one_does(client_as, orders, trial):
    clients, together = [client_as("ana"), client_as("ana")], Barrier(2)

    def send(client):
        together.wait()
        return client.post(MINE, json=said()).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(send, clients)) == [200, 409]


def test_who_may_see_and_decide_whose_disputes(client_as, orders):
    body = said()
    assert client_as("ana").post(MINE, json=body).status_code == 200
    for login in ("chen", "pia", "payroll"):
        assert client_as(login).post(MINE, json=said()).status_code == 403, login
        assert client_as(login).get(MINE).status_code == 403, login
    assert client_as(None).post(MINE, json=said()).status_code == client_as(None).get(MINE).status_code == 401
    assert client_as("bo").get(MINE).json()["items"] == []
    for login in ("ana", "pia", "lin", "payroll"):
        assert client_as(login).get(THEIRS).status_code == 403, login
        assert decide(client_as(login), body["id"]).status_code == 403, login
    assert client_as(None).get(THEIRS).status_code == decide(client_as(None), body["id"]).status_code == 401
    elsewhere, nowhere = decide(client_as("fu"), body["id"]), decide(client_as("fu"), uuid4())
    assert (elsewhere.status_code, elsewhere.json()) == (404, nowhere.json())
    assert client_as("fu").get(THEIRS).json()["items"] == []
    assert decide(client_as("bea"), body["id"]).status_code == 200
    late = decide(client_as("chen"), body["id"], "rejected")
    assert (late.status_code, late.json()["code"]) == (409, "dispute.decided")


def test_nobody_decides_on_their_own_dispute_whatever_they_have_become(client_as, company, orders):
    body = said()
    client_as("ana").post(MINE, json=body)
    company.execute(text("UPDATE staff SET role = 'grid_manager' WHERE staff_no = 'ANA'"))
    company.commit()
    answer = decide(client_as("ana"), body["id"])
    assert (answer.status_code, answer.json()["code"]) == (403, "dispute.own")
    set_scope(company, scope="all")
    with pytest.raises(DBAPIError, match="ck_points_disputes_not_ones_own"):
        company.execute(
            text("UPDATE points_disputes SET decision = 'accepted', decided_at = now(), decision_reason = 'x',"
                 " decided_by_staff_id = staff_id")
        )  # fmt: skip
    company.rollback()


def test_what_is_wrong_with_a_dispute_is_named_and_nothing_is_kept(client_as, company, orders):
    others = make_work_order(company, customer_no="C11", manager="cy")
    company.commit()
    ana = client_as("ana")
    wrongs = {
        "id": ["x"],
        "month": ["2026-13", "2026-12"],
        "component": ["luck"],
        "expected": ["", "  "],
        "reason": ["", " "],
        "work_order_id": [others.id, 2**62, 0],
        "entry_id": [2**62],
        "evidence": ["a\x00"],
        "attachment_ids": [["x"], [str(uuid4())] * 11],
    }
    for field, value in ((field, value) for field, values in wrongs.items() for value in values):
        answer = ana.post(MINE, json=said(**{field: value}))
        assert (answer.status_code, field in answer.text) == (422, True), (field, value)
    for body in ({"decision": "accepted"}, {"decision": "accepted", "reason": ""}, {"decision": "maybe", "reason": "x"}):
        assert client_as("chen").post(f"{THEIRS}/{uuid4()}/decision", json=body).status_code == 422
    set_scope(company, scope="all")
    assert company.query(PointsDispute).count() == 0


def test_row_level_security_keeps_disputes_within_the_grid(client_as, company, orders):
    client_as("ana").post(MINE, json=said())
    ana, bo = staff(company, "ana"), staff(company, "bo")
    for scope, grids, person, seen in (
        ("grids", [ana.unit_id], None, 1), ("grids", [ana.unit_id + 1], None, 0), ("own", [ana.unit_id], ana.id, 1),
        ("own", [ana.unit_id], bo.id, 0), ("", [], None, 0),
    ):  # fmt: skip
        set_scope(company, scope=scope, grid_ids=grids, staff_id=person)
        assert company.scalar(text("SELECT count(*) FROM points_disputes")) == seen, scope


def test_disputes_turn_their_pages(client_as, orders):
    ana = client_as("ana")
    for component in ("success", "accuracy", "existing_scheme"):
        ana.post(MINE, json=said(component=component))
    first = ana.get(MINE, params={"limit": 2}).json()
    second = ana.get(MINE, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["component"] for one in first["items"] + second["items"]] == ["existing_scheme", "accuracy", "success"]
    borrowed = client_as("bo").get(MINE, params={"cursor": first["next_cursor"]})
    assert borrowed.status_code == 422
