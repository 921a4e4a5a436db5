"""The planner's console over HTTP: who may, what a list counts, conflicts, capacity, progress and stop."""

from datetime import timedelta

import pytest

from app.campaigns.sampling.drawing import draw_sample
from app.core import clock
from app.core.db import set_scope
from app.dispatch.preview.capacity_map import measure_capacity, measure_if_due
from app.dispatch.run import requests
from app.figures.keeping import keep_figures
from app.jobs.runner import run_job
from app.jobs.steps import run_in_steps
from tests.factories import NOW, TODAY, make_campaign, make_scores, make_work_order
from tests.truth import make_feedback

LIST = {"product_code": "FTTH1", "control_share": "0", "exploration_share": "0"}
PLAN = {
    "name": "Autumn",
    "product_code": "FTTH1",
    "starts_on": "2026-10-12",
    "ends_on": "2026-10-21",
    "list_size": 12,
    "control_share": "0",
    "exploration_share": "0",
}


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def drawn(company):
    """Everybody ranked for FTTH1, drawn and measured."""
    make_scores(company, [f"C{number:02d}" for number in range(1, 16)])
    draw_sample(company, now=NOW)
    measure_capacity(company, now=NOW)
    company.commit()
    set_scope(company, scope="all")
    return company


@pytest.mark.parametrize("path", ["planning/choices", "planning/conflicts", "planning/capacity"])
def test_planners_and_approvers_alone_see_what_plans_are_made_of(client_as, drawn, path):
    assert client_as(None).get(f"/dashboard/v1/{path}").status_code == 401
    for login in ("ana", "chen", "lin", "payroll"):
        assert client_as(login).get(f"/dashboard/v1/{path}").status_code == 403, login
    for login in ("pia", "bea", "ada"):
        assert client_as(login).get(f"/dashboard/v1/{path}").status_code == 200, login


def test_planners_and_approvers_alone_count_lists(client_as, drawn):
    assert client_as(None).post("/dashboard/v1/list-counts", json=LIST).status_code == 401
    for login in ("ana", "chen", "lin", "payroll"):
        assert client_as(login).post("/dashboard/v1/list-counts", json=LIST).status_code == 403, login
    for login in ("pia", "bea", "ada"):
        assert client_as(login).post("/dashboard/v1/list-counts", json=LIST).status_code == 200, login


def test_planners_alone_watch_and_stop_dispatches(client_as, drawn):
    for method, path in (("get", ""), ("get", "/1"), ("post", "/1/stop")):
        whole = f"/dashboard/v1/dispatch-requests{path}"
        assert getattr(client_as(None), method)(whole).status_code == 401
        for login in ("ana", "chen", "bea", "lin", "payroll"):
            assert getattr(client_as(login), method)(whole).status_code == 403, login
    pia = client_as("pia")
    assert pia.get("/dashboard/v1/dispatch-requests/1").json()["code"] == "dispatch.request_unknown"
    assert pia.post("/dashboard/v1/dispatch-requests/1/stop").status_code == 404


def test_a_list_is_counted_while_it_is_written_and_a_wrong_rule_names_its_place(client_as, drawn):
    pia = client_as("pia")
    found = pia.post("/dashboard/v1/list-counts", json=LIST | {"list_rule": {"grid": "G11"}, "list_size": 4}).json()
    assert [(step["step"], step["left"]["about"]) for step in found["steps"]][:2] == [("everybody", 15), ("list_rule", 10)]
    assert (found["exact"], found["listed"]["about"]) == (True, 4)
    for body, field in (
        ({"list_rule": {"grid": 5}}, "list_rule.grid"),
        ({"product_code": "NONE"}, "product_code"),
        ({"list_size": 0}, "list_size"),
        ({"minimum_score": 0.9, "maximum_score": 0.1}, "maximum_score"),
    ):
        answer = pia.post("/dashboard/v1/list-counts", json=LIST | body)
        assert (answer.status_code, field in answer.json()["detail"]) == (422, True), answer.text


def test_before_customers_were_drawn_it_is_said_what_to_do(client_as):
    answer = client_as("pia").post("/dashboard/v1/list-counts", json=LIST)
    assert (answer.status_code, answer.json()["code"]) == (409, "planning.no_sample")
    assert client_as("pia").get("/dashboard/v1/planning/choices").json()["drawn_at"] is None
    answer = client_as("pia").get("/dashboard/v1/planning/capacity")
    assert (answer.status_code, answer.json()["code"]) == (409, "planning.capacity_not_measured")


def test_what_there_is_to_choose_from(client_as, drawn):
    found = client_as("pia").get("/dashboard/v1/planning/choices").json()
    assert [product["code"] for product in found["products"]] == ["FTTH1", "FTTH2", "TV1"]
    assert [(unit["code"], unit["branch"]) for unit in found["units"]][:3] == [("B1", None), ("B2", None), ("G11", "B1")]
    assert found["segments"] == ["home"]


def test_two_campaigns_that_want_the_same_customers_meet_in_the_matrix(client_as, drawn):
    pia, ada = client_as("pia"), client_as("ada")
    for code in ("ONE", "TWO"):
        assert pia.post("/dashboard/v1/campaigns", json=PLAN | {"code": code}).status_code == 201
        assert pia.post(f"/dashboard/v1/campaigns/{code}/submit").status_code == 200
        assert ada.post(f"/dashboard/v1/campaigns/{code}/approve").status_code == 200
    found = pia.get("/dashboard/v1/planning/conflicts").json()
    assert [(one["code"], one["contacts"]) for one in found["campaigns"]] == [("TWO", 12), ("ONE", 12)]
    assert all(one["approved_at"] for one in found["campaigns"])
    pairs = {(one["campaign"], one["other"]): (one["customers"], one["share"]) for one in found["overlaps"]}
    assert pairs == {("ONE", "TWO"): (12, 1.0), ("TWO", "ONE"): (12, 1.0)}


def test_capacity_shows_what_is_booked_and_what_a_campaign_wants_of_it(client_as, drawn):
    pia, ada = client_as("pia"), client_as("ada")
    assert pia.post("/dashboard/v1/campaigns", json=PLAN | {"code": "ONE"}).status_code == 201
    before = pia.get("/dashboard/v1/planning/capacity?campaign=ONE").json()
    assert (before["grids"], before["wanted_from"]) == (["G11", "G12", "G21"], None)
    first = before["cells"][0]
    assert (first["grid"], first["week"], first["capacity"], first["booked"]) == ("G11", "2026-10-12", 7 * 16, 0)
    pia.post("/dashboard/v1/campaigns/ONE/submit")
    assert pia.get("/dashboard/v1/planning/capacity?campaign=ONE").json()["wanted_from"] == "preview"
    ada.post("/dashboard/v1/campaigns/ONE/approve")
    assert measure_if_due(drawn, now=NOW)["cells"] > 0
    assert measure_if_due(drawn, now=NOW) == {}
    drawn.commit()
    after = pia.get("/dashboard/v1/planning/capacity?campaign=ONE").json()
    assert after["wanted_from"] == "booking"
    assert sum(cell["booked"] for cell in after["cells"]) == sum(cell["wanted"] for cell in after["cells"]) == 12
    assert {cell["grid"] for cell in pia.get("/dashboard/v1/planning/capacity?branch=B2").json()["cells"]} == {"G21"}
    assert pia.get("/dashboard/v1/planning/capacity?branch=G11").status_code == 422
    assert pia.get("/dashboard/v1/planning/capacity?campaign=NONE").status_code == 404


def test_a_dispatch_is_watched_and_stopped_over_http(client_as, drawn, sessions):
    pia = client_as("pia")
    campaign = make_campaign(drawn, status="approved", opened_at=None, starts_on=TODAY)
    code, number = campaign.code, requests.request_dispatch(drawn, campaign_codes=[campaign.code], by=None, now=NOW).id
    drawn.commit()
    assert pia.get(f"/dashboard/v1/dispatch-requests/{number}").json()["state"] == "waiting"
    assert pia.post(f"/dashboard/v1/dispatch-requests/{number}/stop").json()["state"] == "stopped"
    assert pia.post(f"/dashboard/v1/dispatch-requests/{number}/stop").json()["code"] == "dispatch.request_over"
    run_job(sessions, "dispatch-requested", lambda session, now: requests.dispatch_requested(session, now=now))
    assert [one["state"] for one in pia.get(f"/dashboard/v1/dispatch-requests?campaign={code}").json()["items"]] == ["stopped"]


def test_each_sees_what_has_come_of_a_campaign_in_the_own_grids(client_as, drawn, sessions):
    campaign = make_campaign(drawn)
    begun = make_work_order(drawn, campaign=campaign, customer_no="C01")
    make_work_order(drawn, campaign=campaign, customer_no="C11", manager="cy")
    drawn.commit()
    path = f"/dashboard/v1/campaigns/{campaign.code}/results"
    assert client_as("pia").get(path).json()["states"] == {}
    run_in_steps(sessions, "keep-figures", keep_figures)
    assert client_as("pia").get(path).json()["states"] == {"open": 2}
    assert client_as("chen").get(path).json()["states"] == {"open": 1}
    assert client_as("ana").get(path).status_code == 403
    assert client_as("pia").get("/dashboard/v1/campaigns/NONE/results").status_code == 404
    set_scope(drawn, scope="all")
    begun.state = "in_progress"
    for days, outcome in ((0, "not_reached"), (1, "interested")):
        make_feedback(drawn, begun, outcome=outcome, contacted_at=NOW + timedelta(days=days))
    drawn.commit()
    run_in_steps(sessions, "keep-figures", keep_figures)
    shown = client_as("chen").get(path).json()
    assert (shown["states"], [(one["code"], one["orders"]) for one in shown["outcomes"]]) == (
        {"in_progress": 1},
        [("interested", 1)],
    )
