"""Handovers of my grids over HTTP."""

from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import set_scope
from app.models.organisation import Unit, UnitKind
from app.territory.applying import apply_due_handovers
from tests.factories import NOW, TODAY, grid, make_campaign, make_work_order

PATH = "/dashboard/v1/handovers"
EXIT = {"kind": "exit", "effective_on": str(TODAY), "reason": "moves away", "staff_no": "ANA"}
MERGE = {"kind": "grid_merge", "effective_on": str(TODAY), "reason": "small", "grid_code": "G12", "to_grid_code": "G11"}


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def orders(company):
    """Two of Ana's."""
    campaign = make_campaign(company)
    made = [make_work_order(company, campaign=campaign, customer_no=no, manager="ana").id for no in ("C01", "C04")]
    company.commit()
    set_scope(company, scope="all")
    return made


def plan(client, **terms):
    answer = client.post(PATH, json=EXIT | terms)
    assert answer.status_code == 201, answer.text
    return answer.json()


def every_path(number):
    one = f"{PATH}/{number}"
    gets = [PATH, one, f"{one}/customers", f"{one}/orders"]
    posts = [(PATH, EXIT), (f"{one}/confirm", None), (f"{one}/cancel", None)]
    return [("GET", path, None) for path in gets] + [("POST", path, body) for path, body in posts]


def test_only_managers_of_grids_plan_see_and_decide(client_as):
    number = plan(client_as("chen"))["id"]
    for method, path, body in every_path(number):
        assert client_as(None).request(method, path, json=body).status_code == 401, path
        for login in ("ana", "pia", "lin", "payroll"):
            assert client_as(login).request(method, path, json=body).status_code == 403, (login, path)


def test_a_handover_of_another_grid_is_as_absent_as_one_that_does_not_exist(client_as):
    number = plan(client_as("chen"))["id"]
    fu = client_as("fu")
    for (method, path, body), (_, nowhere, _) in zip(every_path(number)[1:], every_path(10**6)[1:], strict=True):
        if path != PATH:
            elsewhere, absent = fu.request(method, path, json=body), fu.request(method, nowhere, json=body)
            assert (elsewhere.status_code, elsewhere.json()) == (404, absent.json()), path
    assert fu.get(PATH).json()["items"] == []
    assert [len(client_as(login).get(PATH).json()["items"]) for login in ("chen", "bea", "ada")] == [1, 1, 1]
    refused = fu.post(PATH, json=EXIT)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "staff_no")


def test_it_is_planned_looked_at_confirmed_and_applied(client_as, company, orders):
    chen = client_as("chen")
    planned = plan(chen)
    assert (planned["status"], planned["preview"]["customers"]) == ("planned", 2)
    assert planned["preview"]["orders"] == {"moved": 2, "later": 0, "pool": 0, "stays": 0}
    path = f"{PATH}/{planned['id']}"
    customers = chen.get(f"{path}/customers").json()["items"]
    assert customers[0] == {
        "customer_no": "C01",
        "from_grid_code": "G11",
        "from_staff_no": "ANA",
        "to_grid_code": "G11",
        "to_staff_no": "BO",
    }
    assert [(one["work_order_id"], one["to_staff_no"], one["way"]) for one in chen.get(f"{path}/orders").json()["items"]] == [
        (order_id, "BO", "moved") for order_id in orders
    ]
    first = chen.get(f"{path}/customers", params={"limit": 1}).json()
    rest = chen.get(f"{path}/customers", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [one["customer_no"] for one in first["items"] + rest["items"]] == ["C01", "C02"]
    assert chen.get(f"{path}/orders", params={"cursor": first["next_cursor"]}).json()["code"] == "cursor.wrong"
    assert chen.post(f"{path}/confirm").json()["status"] == "confirmed"
    assert chen.post(f"{path}/confirm").json()["code"] == "handover.wrong_status"
    assert apply_due_handovers(company, now=NOW)["applied"] == 1
    company.commit()
    done = chen.get(path).json()
    assert (done["status"], done["outcome"]["customers"], done["outcome"]["people"]) == ("applied", 2, 1)
    assert chen.post(f"{path}/cancel").json()["code"] == "handover.wrong_status"
    assert client_as(None).post("/auth/login", json={"login": "ana", "password": "correct horse battery"}).status_code == 401


def test_between_grids_it_takes_a_manager_of_both(client_as):
    fu, chen, bea = client_as("fu"), client_as("chen"), client_as("bea")
    planned = plan(fu, **{**MERGE, "staff_no": None})
    path = f"{PATH}/{planned['id']}"
    refused = fu.post(f"{path}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "handover.not_yours_to_decide")
    assert chen.get(path).status_code == 200  # the receiving grid sees it
    assert chen.post(f"{path}/confirm").status_code == 404  # and does not decide
    assert bea.post(f"{path}/confirm").json()["status"] == "confirmed"


def test_a_branch_manager_does_not_decide_what_goes_to_another_branch(client_as):
    planned = plan(client_as("chen"), kind="transfer", to_grid_code="G21")
    path = f"{PATH}/{planned['id']}/confirm"
    assert client_as("bea").post(path).status_code == 403
    assert client_as("ada").post(path).status_code == 200


def test_it_can_be_cancelled_until_its_day(client_as):
    chen = client_as("chen")
    planned = plan(chen, effective_on=str(TODAY + timedelta(days=3)))
    assert chen.post(f"{PATH}/{planned['id']}/confirm").status_code == 200
    assert chen.post(f"{PATH}/{planned['id']}/cancel").json()["status"] == "cancelled"
    assert [one["id"] for one in chen.get(PATH, params={"status": "cancelled"}).json()["items"]] == [planned["id"]]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "holiday"}, "kind"),
        ({"effective_on": "2026-10-11"}, "effective_on"),
        ({"effective_on": "soon"}, "effective_on"),
        ({"staff_no": None}, "staff_no"),
        ({"staff_no": "CY"}, "staff_no"),
        ({"others": ["CY"]}, "others"),
        ({"to_grid_code": "G12"}, "to_grid_code"),
        ({"reason": " "}, "reason"),
        ({"keep_promised": True}, "keep_promised"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_wrong_is_named(client_as, wrong, field):
    answer = client_as("chen").post(PATH, json=EXIT | wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_grid_without_anybody_to_take_over_is_a_conflict(client_as):
    answer = client_as("fu").post(PATH, json=EXIT | {"staff_no": "CY"})
    assert (answer.status_code, answer.json()["code"]) == (409, "handover.nobody_takes")


def test_a_split_sends_people_to_a_grid_of_the_feed(client_as, company):
    company.add(Unit(code="G13", kind=UnitKind.GRID, name="Grid", parent_id=grid(company, "B1").id))
    company.commit()
    split = {"kind": "grid_split", "staff_no": None, "grid_code": "G11", "to_grid_code": "G13", "others": ["ANA"]}
    assert plan(client_as("bea"), **split)["others"] == ["ANA"]
