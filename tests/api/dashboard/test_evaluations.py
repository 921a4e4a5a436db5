"""What campaigns brought, over HTTP: who asks for it, who sees what of it, and the file to send."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import set_scope
from app.evaluation import requests
from app.evaluation.queries import lock_waiting_request
from app.evaluation.requests import evaluate_requested
from app.jobs.runner import in_transaction
from tests.factories import grid
from tests.postgres import as_company
from tests.stages.evaluation.town import MATURE, make_closed_campaign

ROOT = "/dashboard/v1"
CODE = "TRIED"
READS = [f"{ROOT}/evaluations", *(f"{ROOT}/campaigns/{CODE}/{part}" for part in ("evaluation", "evaluation/file", "evaluations")),
         f"{ROOT}/programmes/AUTUMN/evaluation", f"{ROOT}/programmes/AUTUMN/evaluation/file"]  # fmt: skip


@pytest.fixture
def tried(company):
    """TRIED of the programme AUTUMN, closed and mature at MATURE."""
    campaign = make_closed_campaign(company, CODE, programme="AUTUMN")
    company.commit()
    set_scope(company, scope="all")
    with clock.shifted_to(MATURE + timedelta(hours=1)):
        yield campaign


@pytest.fixture
def evaluated(tried, client_as):
    """The same, evaluated by Lin."""
    answer = client_as("lin").post(f"{ROOT}/campaigns/{CODE}/evaluate", json={"comment": "Well done."})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["campaign"]["status"], answer.json()["requested"]) == ("evaluated", None)
    return tried


@pytest.mark.parametrize("path", READS)
def test_neither_strangers_nor_terminal_managers_nor_payroll_see_evaluations(client_as, path):
    assert client_as(None).get(path).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).get(path).status_code == 403, login


@pytest.mark.parametrize("path", READS[1:])
def test_what_was_not_evaluated_is_not_found(client_as, path):
    answer = client_as("pia").get(path)
    assert answer.status_code == 404
    assert answer.json()["code"].startswith("evaluation.")


def test_planners_and_analysts_alone_ask_for_another_look(client_as):
    path = f"{ROOT}/campaigns/{CODE}/evaluations"
    assert client_as(None).post(path).status_code == 401
    for login in ("ana", "chen", "bea", "payroll"):
        assert client_as(login).post(path).status_code == 403, login
    assert client_as("lin").post(path).json()["code"] == "campaign.unknown"
    assert client_as("chen").get(f"{ROOT}/evaluation-requests/1").status_code == 403
    assert client_as("lin").get(f"{ROOT}/evaluation-requests/1").json()["code"] == "evaluation.request_unknown"


def test_an_evaluated_campaign_is_listed_and_shown_with_its_versions(evaluated, client_as):
    pia = client_as("pia")
    (row,) = pia.get(f"{ROOT}/evaluations").json()["items"]
    assert (row["code"], row["number"], row["targets"], row["successes"]) == (CODE, 1, 14, 4)
    assert row["effect"]["verdict"] == "silent"
    whole = pia.get(f"{ROOT}/campaigns/{CODE}/evaluation").json()
    assert (whole["number"], whole["login"], whole["comment"], whole["is_final"]) == (1, "lin", "Well done.", True)
    assert {one["staff_no"] for one in whole["managers"]} == {"ANA", "BO", "CY"}
    again = pia.post(f"{ROOT}/campaigns/{CODE}/evaluations", json={"comment": "Again."})
    assert (again.status_code, again.json()) == (201, {"number": 2, "requested": None})
    versions = pia.get(f"{ROOT}/campaigns/{CODE}/evaluations").json()["items"]
    assert [(one["number"], one["late"], one["gone"]) for one in versions] == [(2, 0, 0), (1, None, None)]
    assert pia.get(f"{ROOT}/campaigns/{CODE}/evaluation", params={"number": 1}).json()["newest"] == 2
    assert pia.get(f"{ROOT}/campaigns/{CODE}/evaluation", params={"number": 3}).status_code == 404
    for number in (0, -1, "x", 2**31):
        assert pia.get(f"{ROOT}/campaigns/{CODE}/evaluation", params={"number": number}).status_code == 422


def test_grid_managers_see_the_managers_of_their_own_grid(evaluated, client_as):
    seen = {
        login: {one["staff_no"] for one in client_as(login).get(f"{ROOT}/campaigns/{CODE}/evaluation").json()["managers"]}
        for login in ("chen", "fu", "bea")
    }
    assert seen == {"chen": {"ANA", "BO"}, "fu": {"CY"}, "bea": {"ANA", "BO", "CY"}}


def test_a_campaign_of_another_branch_is_not_there_for_who_leads_this_one(company, client_as):
    make_closed_campaign(company, "ELSEWHERE", customers=0, unit_id=grid(company, "B2").id)
    make_closed_campaign(company, "HERE", customers=0, unit_id=grid(company, "B1").id)
    company.commit()
    with clock.shifted_to(MATURE + timedelta(hours=1)):
        lin = client_as("lin")
        for code in ("ELSEWHERE", "HERE"):
            assert lin.post(f"{ROOT}/campaigns/{code}/evaluate").status_code == 200
        for login in ("bea", "chen"):
            leads = client_as(login)
            assert [row["code"] for row in leads.get(f"{ROOT}/evaluations").json()["items"]] == ["HERE"], login
            for part in ("evaluation", "evaluation/file", "evaluations"):
                assert leads.get(f"{ROOT}/campaigns/ELSEWHERE/{part}").status_code == 404, login
                assert leads.get(f"{ROOT}/campaigns/HERE/{part}").status_code == 200, login
        assert len(lin.get(f"{ROOT}/evaluations").json()["items"]) == 2
        page = lin.get(f"{ROOT}/evaluations", params={"limit": 1}).json()
        rest = lin.get(f"{ROOT}/evaluations", params={"limit": 1, "cursor": page["next_cursor"]}).json()
        assert [one["items"][0]["code"] for one in (page, rest)] == ["HERE", "ELSEWHERE"]
        assert rest["next_cursor"] is None


def test_a_large_campaign_is_left_to_the_worker(tried, client_as, sessions, monkeypatch):
    monkeypatch.setattr(requests, "LARGE", 5)
    lin = client_as("lin")
    assert lin.post(f"{ROOT}/campaigns/{CODE}/evaluations", json={"comment": "\u0000"}).status_code == 422
    step = lin.post(f"{ROOT}/campaigns/{CODE}/evaluate").json()
    assert step["campaign"]["status"] == "closed"
    path = f"{ROOT}/evaluation-requests/{step['requested']}"
    assert lin.get(path).json()["state"] == "waiting"

    def work(session):
        return evaluate_requested(session, now=clock.now())

    with as_company(sessions) as one_worker, as_company(sessions) as another:
        assert lock_waiting_request(one_worker) is not None
        another.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert lock_waiting_request(another) is None
    assert in_transaction(sessions, work)["outcome"] == "done"
    assert lin.get(path).json()["state"] == "done"
    assert lin.get(f"{ROOT}/campaigns/{CODE}/evaluation").json()["login"] == "lin"
    assert lin.post(f"{ROOT}/campaigns/{CODE}/evaluate").json()["code"] == "campaign.wrong_status"
    assert in_transaction(sessions, work) == {}


def test_what_the_worker_is_refused_is_kept_with_the_request(tried, client_as, sessions, monkeypatch):
    monkeypatch.setattr(requests, "LARGE", 5)
    lin = client_as("lin")
    asked = [lin.post(f"{ROOT}/campaigns/{CODE}/evaluate").json()["requested"] for _ in range(2)]
    outcomes = [in_transaction(sessions, lambda session: evaluate_requested(session, now=clock.now())) for _ in asked]
    assert [one["outcome"] for one in outcomes] == ["done", "failed"]
    assert lin.get(f"{ROOT}/evaluation-requests/{asked[1]}").json()["error"].startswith("campaign.wrong_status")


def test_a_programme_is_the_sum_of_its_campaigns(evaluated, client_as):
    found = client_as("pia").get(f"{ROOT}/programmes/AUTUMN/evaluation").json()
    assert (found["total"]["campaigns"], found["total"]["successes"], found["total"]["said"]) == (1, 4, 0)
    assert [row["code"] for row in found["campaigns"]] == [CODE]


@pytest.mark.parametrize("path", [READS[2], READS[5]])
def test_the_file_holds_everything_it_needs_and_no_script(evaluated, client_as, path):
    answer = client_as("pia").get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?!data:)', answer.text) == []
    assert answer.text.count("data:image/svg+xml;base64,") >= 1
    assert "后评估" in answer.text


def test_what_people_typed_stands_in_the_file_as_they_typed_it(company, client_as):
    make_closed_campaign(company, "TYPED", customers=0, name="<script>alert(1)</script>")
    company.commit()
    with clock.shifted_to(MATURE + timedelta(hours=1)):
        assert client_as("lin").post(f"{ROOT}/campaigns/TYPED/evaluate").status_code == 200
        page = client_as("lin").get(f"{ROOT}/campaigns/TYPED/evaluation/file").text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
