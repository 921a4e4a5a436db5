"""Points plans by HTTP, and the page on the phone."""

import pytest

from app.core import clock
from app.points.closing.close import close_month
from tests.factories import NOW
from tests.truth import CLOSING, OCTOBER, make_anas_october

SUCCESS = {"component": "success", "weight": "20", "floor": "0.8", "target": "1.3", "cap": "1.2", "fallback": "0.5"}
WRITTEN = {
    "code": "default",
    "effective_from": "2026-11",
    "pays": "success_index",
    "index_prior": "5",
    "minimum_matured": 10,
    "minimum_judged": 5,
    "components": [SUCCESS],
}
PLANS = "/dashboard/v1/points-plans"


@pytest.fixture(autouse=True)
def _at_now():
    with clock.shifted_to(NOW):
        yield


def _draft(client, **change):
    return client.post(PLANS, json=WRITTEN | change)


def test_a_plan_is_written_submitted_and_approved_by_two_persons_and_read_on_the_phone(client_as):
    pia, ada = client_as("pia"), client_as("ada")
    made = _draft(pia)
    assert (made.status_code, made.json()["status"], made.json()["version"]) == (201, "draft", 2)
    place = f"{PLANS}/{made.json()['number']}"
    assert pia.post(f"{place}/submit", json={}).json()["status"] == "submitted"
    assert pia.post(f"{place}/approve", json={}).status_code == 403
    done = ada.post(f"{place}/approve", json={"comment": "fair"}).json()
    assert (done["status"], done["last_by"], done["last_comment"]) == ("approved", "ada", "fair")
    assert done["components"] == [SUCCESS]
    assert [one["status"] for one in client_as("chen").get(PLANS).json()["items"]] == ["approved", "built_in"]
    assert client_as("chen").get(f"{place}/document").json()["zh"].startswith("# 积分方案 default 第 2 版")
    mine = client_as("ana").get("/mobile/v1/points/plan?month=2026-11").json()
    assert (mine["code"], mine["version"], mine["month"]) == ("default", 2, "2026-11")
    assert "1 is what was promised" in mine["en"]
    assert client_as("ana").get("/mobile/v1/points/plan").json()["version"] == 1
    assert pia.get(f"{place}/replay").json()["code"] == "points_plan.nothing_closed"


def test_one_is_sent_back_with_what_is_to_be_changed(client_as):
    pia = client_as("pia")
    place = f"{PLANS}/{_draft(pia).json()['number']}"
    pia.post(f"{place}/submit", json={})
    assert pia.post(f"{place}/send-back", json={}).status_code == 422
    answer = client_as("ada").post(f"{place}/send-back", json={"comment": "the target is out of reach"})
    assert answer.json()["last_comment"] == "the target is out of reach"
    again = pia.post(f"{place}/submit", json={})
    assert (again.status_code, again.json()["code"]) == (409, "points_plan.wrong_status")


def test_who_wrote_it_does_not_sign_it(client_as):
    ada = client_as("ada")
    place = f"{PLANS}/{_draft(ada).json()['number']}"
    ada.post(f"{place}/submit", json={})
    answer = ada.post(f"{place}/approve", json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "points_plan.same_person")


def test_a_plan_is_tried_out_before_it_is_written(client_as, company):
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    with clock.shifted_to(CLOSING):
        pia = client_as("pia")
        before = pia.get(PLANS).json()
        tried = pia.post(f"{PLANS}/trial?months=1", json=WRITTEN | {"effective_from": "2027-01"})
        assert tried.status_code == 200, tried.text
        assert tried.json()["zh"].startswith("# 积分方案 default 第 2 版")
        assert (tried.json()["replay"]["months"], tried.json()["replay"]["losers"]) == (["2026-10"], 4)
        assert pia.get(PLANS).json() == before
    assert [one["number"] for one in before["items"]] == before["in_force"]
    assert (before["earliest"], before["built_in"]["pays"]) == ("2026-12", "success_rate")


def test_where_no_month_is_closed_a_trial_has_the_page_alone(client_as):
    tried = client_as("bea").post(f"{PLANS}/trial", json=WRITTEN | {"unit_code": "B1", "code": "B1"}).json()
    assert (tried["replay"], tried["en"].startswith("# Points plan B1, version 1")) == (None, True)


@pytest.mark.parametrize("who", [None, "ana", "chen", "lin", "payroll"])
def test_plans_are_written_by_planners_branch_managers_and_administrators(client_as, who):
    assert _draft(client_as(who)).status_code == (401 if who is None else 403)
    assert client_as(who).post(f"{PLANS}/trial", json=WRITTEN).status_code == (401 if who is None else 403)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"effective_from": "soon"}, "effective_from"),
        ({"pays": "profit"}, "pays"),
        ({"unit_code": "G11"}, "unit_code"),
        ({"index_prior": "1e999999"}, "index_prior"),
        ({"minimum_matured": 2**70}, "minimum_matured"),
        ({"components": [SUCCESS | {"weight": "-1"}]}, "components[0].weight"),
        ({"components": [SUCCESS | {"weight": 20}]}, "weight"),
    ],
)
def test_what_is_wrong_is_named(client_as, change, field):
    for answer in (_draft(client_as("pia"), **change), client_as("pia").post(f"{PLANS}/trial", json=WRITTEN | change)):
        assert answer.status_code == 422
        assert field in answer.text


def test_a_plan_that_is_not_there_is_404(client_as):
    assert client_as("pia").get(f"{PLANS}/999").json()["code"] == "points_plan.unknown"
