"""Campaigns over HTTP: who may, what is refused, and the whole way from a draft to closed."""

import pytest

from app.core import clock
from tests.factories import NOW, make_scores

PATH = "/dashboard/v1/campaigns"
BODY = {
    "code": "AUTUMN",
    "name": "Autumn",
    "product_code": "FTTH1",
    "starts_on": "2026-10-12",
    "ends_on": "2026-10-21",
    "list_size": 12,
    "control_share": "0",
    "exploration_share": "0",
}
STEPS = ("submit", "approve", "schedule", "run", "dispatch", "close")
PLANNING = ("submit", "revise", "schedule", "run", "dispatch", "close")
APPROVING = ("approve", "send-back")
WHY = {"comment": "Fewer."}


@pytest.mark.parametrize("path", [PATH, *(f"{PATH}/AUTUMN/{step}" for step in PLANNING)])
def test_only_planners_change_campaigns(client_as, path):
    assert client_as(None).post(path, json=BODY).status_code == 401
    for login in ("ana", "chen", "bea", "lin", "payroll"):
        assert client_as(login).post(path, json=BODY).status_code == 403, login


def test_only_planners_change_a_plan(client_as):
    change = {name: value for name, value in BODY.items() if name != "code"}
    assert client_as(None).put(f"{PATH}/AUTUMN", json=change).status_code == 401
    for login in ("ana", "chen", "bea", "lin", "payroll"):
        assert client_as(login).put(f"{PATH}/AUTUMN", json=change).status_code == 403, login
    assert client_as("pia").put(f"{PATH}/AUTUMN", json=change).status_code == 404


@pytest.mark.parametrize("step", APPROVING)
def test_neither_planners_nor_those_below_approve(client_as, step):
    path = f"{PATH}/AUTUMN/{step}"
    assert client_as(None).post(path, json=WHY).status_code == 401
    for login in ("ana", "chen", "pia", "lin", "payroll"):
        assert client_as(login).post(path, json=WHY).status_code == 403, login


@pytest.mark.parametrize("part", ["preview", "previews", "pilot"])
def test_planners_and_approvers_alone_see_what_a_campaign_is_to_bring(client_as, part):
    path = f"{PATH}/AUTUMN/{part}"
    assert client_as(None).get(path).status_code == 401
    for login in ("ana", "chen", "lin", "payroll"):
        assert client_as(login).get(path).status_code == 403, login
    for login in ("pia", "bea", "ada"):
        assert client_as(login).get(path).status_code == 404, login


def test_planners_and_analysts_evaluate(client_as):
    path = f"{PATH}/AUTUMN/evaluate"
    assert client_as(None).post(path).status_code == 401
    for login in ("ana", "chen", "bea", "payroll"):
        assert client_as(login).post(path).status_code == 403, login
    assert client_as("lin").post(path).status_code == 404


@pytest.mark.parametrize(
    "path", [PATH, f"{PATH}/AUTUMN", f"{PATH}/AUTUMN/events", f"{PATH}/AUTUMN/versions", f"{PATH}/AUTUMN/diff"]
)
def test_neither_strangers_nor_terminal_managers_nor_payroll_read_campaigns(client_as, path):
    assert client_as(None).get(path).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).get(path).status_code == 403, login


def test_a_campaign_that_is_not_there_is_not_found_at_every_step(client_as):
    ada = client_as("ada")
    for part in ("", "/events", "/versions", "/diff"):
        assert ada.get(f"{PATH}/NONE{part}").status_code == 404, part
    for step in (*PLANNING, *APPROVING, "evaluate"):
        answer = ada.post(f"{PATH}/NONE/{step}", json=WHY)
        assert (answer.status_code, answer.json()["code"]) == (404, "campaign.unknown")


@pytest.fixture
def planned(client_as, company):
    """Pia with a draft for which customers are ranked."""
    make_scores(company, [f"C{number:02d}" for number in range(1, 16)])
    company.commit()
    pia = client_as("pia")
    with clock.shifted_to(NOW):
        answer = pia.post(PATH, json=BODY)
        assert answer.status_code == 201, answer.text
        yield pia


@pytest.fixture
def take(planned, client_as):
    """`take("submit", "approve")`: those steps, the approval by Ada, the others by Pia; gives the answers."""
    ada = client_as("ada")

    def steps(*names):
        answers = {name: (ada if name in APPROVING else planned).post(f"{PATH}/AUTUMN/{name}") for name in names}
        assert {answer.status_code for answer in answers.values()} == {200}, answers
        return {name: answer.json() for name, answer in answers.items()}

    return steps


def test_a_campaign_goes_from_a_draft_to_closed_and_its_waterfall_balances(planned, take):
    steps = take(*STEPS)
    assert [steps[name]["campaign"]["status"] for name in ("submit", "approve", "run")] == ["submitted", "approved", "running"]
    assert steps["schedule"]["counts"] == {"undecided": 12}
    assert steps["dispatch"]["counts"]["new_work_orders"] == 12
    assert steps["close"]["counts"] == {"expired": 12}
    report = planned.get(f"{PATH}/AUTUMN").json()
    assert (report["campaign"]["status"], report["targets"], report["waterfall"]) == ("closed", 12, {"dispatched": 12})
    assert (report["campaign"]["holdout_share"], report["campaign"]["required_tags"]) == ("0.01000", [])
    life = [(item["verb"], item["login"]) for item in planned.get(f"{PATH}/AUTUMN/events").json()["items"]]
    assert life[:3] == [("create", "pia"), ("submit", "pia"), ("approve", "ada")]
    answer = planned.post(f"{PATH}/AUTUMN/evaluate")
    assert (answer.status_code, answer.json()["code"]) == (409, "campaign.not_mature")


def test_a_campaign_is_sent_back_with_a_reason_and_taken_back_with_another(planned, take, client_as):
    take("submit")
    ada = client_as("ada")
    for body in ({}, {"comment": " "}, {"comment": "x" * 4_001}, {"comment": "a\u0000"}, {"comment": "a", "extra": 1}):
        assert ada.post(f"{PATH}/AUTUMN/send-back", json=body).status_code == 422
    assert ada.post(f"{PATH}/AUTUMN/send-back", json=WHY).json()["campaign"]["status"] == "draft"
    take("submit", "approve")
    assert planned.post(f"{PATH}/AUTUMN/revise", json=WHY).json()["campaign"]["status"] == "draft"
    said = [item["comment"] for item in planned.get(f"{PATH}/AUTUMN/events").json()["items"]]
    assert said == [None, None, "Fewer.", None, None, "Fewer."]


def test_who_submitted_a_campaign_does_not_approve_it_and_a_branch_none_of_the_company(planned, client_as):
    ada = client_as("ada")
    ada.post(f"{PATH}/AUTUMN/submit")
    answer = ada.post(f"{PATH}/AUTUMN/approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "campaign.planner_approves")
    answer = client_as("bea").post(f"{PATH}/AUTUMN/approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "campaign.not_yours")


def test_planner_and_approver_see_the_same_preview_and_it_is_kept(planned, take, client_as):
    now = planned.get(f"{PATH}/AUTUMN/preview").json()
    assert (now["shown_for"], now["figures"]["contacts"], now["figures"]["fits"]) == ("now", 12, True)
    take("submit", "approve")
    kept = client_as("ada").get(f"{PATH}/AUTUMN/previews").json()["items"]
    assert [(each["shown_for"], each["version"], each["figures"]["contacts"]) for each in kept] == [
        ("submit", 1, 12),
        ("approve", 1, 12),
    ]


def test_a_campaign_that_does_not_fit_is_not_approved(planned, client_as):
    planned.post(PATH, json=BODY | {"code": "LATE", "ends_on": "2026-10-12", "list_size": 15})
    body = {name: value for name, value in BODY.items() if name != "code"} | {"starts_on": "2026-10-12", "ends_on": "2026-10-12"}
    for code, size in (("AUTUMN", 12), ("LATE", 15)):
        assert planned.put(f"{PATH}/{code}", json=body | {"list_size": size}).status_code == 200
        assert planned.post(f"{PATH}/{code}/submit").status_code == 200
    ada = client_as("ada")
    assert ada.post(f"{PATH}/AUTUMN/approve").status_code == 200
    answer = ada.post(f"{PATH}/LATE/approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "campaign.does_not_fit")
    assert answer.json()["short"][0]["grid"] == "G11"
    assert planned.get(f"{PATH}/LATE").json()["campaign"]["status"] == "submitted"


def test_a_plan_changes_by_versions_that_are_compared(planned, take):
    change = {name: value for name, value in BODY.items() if name != "code"}
    answer = planned.put(f"{PATH}/AUTUMN", json=change | {"budget": "99.5", "strategic_weight": "2", "comment": "Dearer."})
    assert answer.status_code == 200, answer.text
    shown = answer.json()["campaign"]
    assert (shown["version"], shown["budget"], shown["objective"], shown["unit_code"]) == (2, "99.5000", "acquire", None)
    versions = planned.get(f"{PATH}/AUTUMN/versions").json()["items"]
    assert [(each["number"], each["login"], each["comment"]) for each in versions] == [(1, "pia", None), (2, "pia", "Dearer.")]
    diff = planned.get(f"{PATH}/AUTUMN/diff").json()
    assert diff["changes"] == [
        {"field": "budget", "before": None, "after": "99.5"},
        {"field": "strategic_weight", "before": "1", "after": "2"},
    ]
    assert planned.get(f"{PATH}/AUTUMN/diff", params={"before": 7}).json()["code"] == "campaign.version_unknown"
    assert planned.get(f"{PATH}/AUTUMN/diff", params={"after": 0}).status_code == 422
    take("submit", "approve")
    answer = planned.put(f"{PATH}/AUTUMN", json=change)
    assert (answer.status_code, answer.json()["code"]) == (409, "campaign.wrong_status")


def test_the_manager_of_a_branch_approves_its_campaigns(planned, client_as):
    planned.post(PATH, json=BODY | {"code": "BRANCH", "unit_code": "B1"})
    planned.post(f"{PATH}/BRANCH/submit")
    answer = client_as("bea").post(f"{PATH}/BRANCH/approve")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["campaign"]["status"], answer.json()["campaign"]["approved_version"]) == ("approved", 1)


def test_a_second_dispatch_makes_no_second_order(planned, take):
    take("submit", "approve", "schedule", "run", "dispatch")
    assert take("dispatch")["dispatch"]["counts"]["new_work_orders"] == 0


def test_steps_out_of_order_and_a_code_taken_are_conflicts(planned):
    for step in ("schedule", "run", "dispatch", "close", "evaluate"):
        answer = planned.post(f"{PATH}/AUTUMN/{step}")
        assert (answer.status_code, answer.json()["code"]) == (409, "campaign.wrong_status")
    answer = planned.post(PATH, json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (409, "campaign.code_taken")


def test_a_grid_manager_sees_the_waterfall_of_the_own_grid_alone(take, client_as):
    take("submit", "approve", "schedule")
    shown = {login: client_as(login).get(f"{PATH}/AUTUMN").json()["targets"] for login in ("chen", "fu", "bea", "pia")}
    assert shown == {"chen": 10, "fu": 2, "bea": 12, "pia": 12}


def test_the_list_of_campaigns_has_pages(planned, client_as):
    for code in ("B", "C"):
        planned.post(PATH, json=BODY | {"code": code})
    first = planned.get(PATH, params={"limit": 2}).json()
    rest = planned.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["code"] for item in first["items"] + rest["items"]] == ["C", "B", "AUTUMN"]
    assert rest["next_cursor"] is None
    assert planned.get(PATH, params={"cursor": first["next_cursor"][:-2]}).status_code == 422
    assert planned.get(PATH, params={"cursor": first["next_cursor"], "status": "draft"}).json()["code"] == "cursor.wrong"


def test_campaigns_are_found_by_status_product_and_a_part_of_their_names(planned, take):
    take("submit", "approve")
    planned.post(PATH, json=BODY | {"code": "TV-1", "name": "Spring_Television", "product_code": "TV1", "programme": "GREEN"})
    planned.post(PATH, json=BODY | {"code": "FIBRE", "name": "Spring fibre"})
    for asked, codes in (
        ({}, ["FIBRE", "TV-1", "AUTUMN"]),
        ({"status": "draft"}, ["FIBRE", "TV-1"]),
        ({"status": ["approved", "running"]}, ["AUTUMN"]),
        ({"product": "TV1"}, ["TV-1"]),
        ({"text": "spring"}, ["FIBRE", "TV-1"]),
        ({"text": "G_T"}, ["TV-1"]),
        ({"text": "gree"}, ["TV-1"]),
        ({"text": "tv1", "status": "approved"}, []),
        ({"text": "%"}, []),
    ):
        found = planned.get(PATH, params=asked)
        assert [item["code"] for item in found.json()["items"]] == codes, asked
    for wrong in ({"status": "open"}, {"product": "a b"}, {"text": ""}, {"text": "a\0"}):
        assert planned.get(PATH, params=wrong).status_code == 422, wrong


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "a b"),
        ("name", "a\0b"),
        ("name", ""),
        ("product_code", "NONE"),
        ("starts_on", "1970-01-01"),
        ("ends_on", "2099-01-01"),
        ("ends_on", "2026-10-01"),
        ("list_size", 0),
        ("list_size", None),
        ("list_size", 10**30),
        ("minimum_score", 1.5),
        ("control_share", 1),
        ("exploration_share", "NaN"),
        ("rest_days", -1),
        ("attribution_days", 10**6),
        ("channel", "fax"),
        ("objective", "profit"),
        ("objective_reason", "x" * 1001),
        ("fit", "stretch"),
        ("unit_code", "NONE"),
        ("budget", "NaN"),
        ("budget", "-1"),
        ("strategic_weight", "1e9"),
        ("list_rule", {"colour": "red"}),
        ("list_rule", []),
        ("pilot", {"share": 2}),
        ("any_tags", ["nobody's"]),
        ("maximum_score", 2),
        ("maximum_load", 0),
        ("fairness", "1"),
        ("programme", "x" * 65),
        ("required_tags", ["nobody's"]),
        ("required_tags", "vip"),
        ("excluded_tags", [""]),
        ("excluded_tags", ["x"] * 21),
        ("holdout_share", 0),
        ("seed", 2**63),
        ("extra", 1),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_planned(client_as, field, value):
    pia = client_as("pia")
    answer = pia.post(PATH, json=BODY | {field: value})
    assert answer.status_code == 422, answer.text
    assert field in answer.text
    assert pia.get(PATH).json()["items"] == []


def test_a_number_beyond_every_float_and_a_lone_surrogate_are_refused(client_as):
    pia = client_as("pia")
    for raw in ('{"minimum_score": 1e400}', '{"minimum_score": NaN}', '{"name": "\\ud800"}'):
        answer = pia.post(PATH, content=raw, headers={"content-type": "application/json"})
        assert answer.status_code in {400, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_how_a_pilot_stands_is_told(client_as, company):
    make_scores(company, [f"C{number:02d}" for number in range(1, 16)])
    company.commit()
    pilot = {"share": 0.4, "minimum_contacts": 2, "maximum_refusal_share": 0.1}
    pia = client_as("pia")
    pia.post(PATH, json=BODY | {"pilot": pilot})
    pia.post(PATH, json=BODY | {"code": "WHOLE"})
    found = pia.get(f"{PATH}/AUTUMN/pilot").json()
    assert found["pilot"] == {"by": "customers", "minimum_success_rate": None, "maximum_complaint_share": None} | pilot
    assert found["figures"] == {"contacted": 0, "matured": 0, "successes": 0, "complaints": 0, "refusals": 0}
    assert (found["verdict"], found["why"], found["outcome"], found["decided_at"]) == (None, None, None, None)
    answer = pia.get(f"{PATH}/WHOLE/pilot")
    assert (answer.status_code, answer.json()["code"]) == (404, "campaign.no_pilot")
