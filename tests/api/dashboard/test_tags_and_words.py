"""The tag library, the metric library, feature words and talk tracks over HTTP."""

import pytest

from app.centre.computing import compute_tags
from app.core.db import set_scope
from tests.factories import NOW

TAGS = "/dashboard/v1/tags"
HOME = {"name_zh": "家庭客户", "name_en": "Home", "rule": {"segment": "home"}}
WORDS = {"items": [{"feature": "zzz", "name_zh": "某指标", "name_en": "Some figure", "unit_zh": "次"}]}
LINES = {"items": [{"product_code": "TV1", "text_zh": "看电视", "text_en": "Watch television"}]}


def test_a_planner_defines_a_tag_the_night_computes_it_and_it_is_retired(client_as, company):
    pia = client_as("pia")
    made = pia.put(f"{TAGS}/home", json=HOME)
    assert made.status_code == 200, made.text
    assert (made.json()["version"], made.json()["owner"], made.json()["computed_at"]) == (1, "pia", None)
    assert pia.put(f"{TAGS}/home", json=HOME).json()["version"] == 1
    compute_tags(company, now=NOW)
    company.commit()
    (tag,) = pia.get(TAGS).json()["items"]
    assert (tag["code"], tag["member_count"], tag["problem"]) == ("home", 15, None)
    assert pia.get(f"{TAGS}/home/members").json() == {"code": "home", "by_branch": {"B1": 14, "B2": 1}}
    changed = pia.put(f"{TAGS}/home", json=HOME | {"rule": {"not": {"segment": "home"}}})
    assert (changed.json()["version"], changed.json()["member_count"]) == (2, 15)
    set_scope(company, scope="all")
    compute_tags(company, now=NOW)
    company.commit()
    assert pia.get(f"{TAGS}/home").json()["member_count"] == 0
    assert pia.post(f"{TAGS}/home/retire").json() == {"version": 2, "members_removed": 0}
    assert pia.get(f"{TAGS}/home").json()["code"] == "tag.unknown"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "rule: expected exactly one of all, any, not"),
        ({"all": [{"feature": "x", "at_least": "y"}]}, "rule.all[0].at_least: expected a number, got y"),
        ({"x\u0001": 1}, "rule: expected exactly one of"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(client_as, rule, said):
    answer = client_as("lin").put(f"{TAGS}/t", json=HOME | {"rule": rule})
    assert (answer.status_code, answer.json()["code"]) == (422, "tag.rule_wrong")
    assert answer.json()["detail"].startswith(said)


def test_a_rule_is_tried_before_it_is_a_tag_and_versions_are_kept(client_as):
    lin = client_as("lin")
    tried = lin.post(f"{TAGS}/preview", json={"rule": HOME["rule"]})
    assert (tried.status_code, tried.json()["estimate"], tried.json()["problem"]) == (200, 15, None)
    wrong = lin.post(f"{TAGS}/preview", json={"rule": {"x": 1}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "tag.rule_wrong")
    assert lin.get("/dashboard/v1/customer-figures").json() == {"items": []}
    for name in ("Home", "House"):
        lin.put(f"{TAGS}/home", json=HOME | {"name_en": name})
    versions = lin.get(f"{TAGS}/home/versions").json()["items"]
    assert [(each["version"], each["name_en"], each["retired_at"] is None) for each in versions] == [
        (2, "House", True),
        (1, "Home", False),
    ]


@pytest.mark.parametrize("path", ["", "/none", "/none/members", "/none/versions"])
def test_what_is_not_there_is_said_and_only_planners_and_analysts_ask(client_as, path):
    assert client_as("pia").get(TAGS + path).status_code == (404 if path else 200)
    for login in ("ana", "chen", "bea", "payroll"):
        assert client_as(login).get(TAGS + path).status_code == 403, login
    assert client_as(None).get(TAGS + path).status_code == 401


def test_words_and_lines_are_kept_and_shown(client_as):
    pia = client_as("pia")
    for _ in range(2):
        assert pia.put("/dashboard/v1/feature-words", json=WORDS).json() == {"kept": 1}
        assert pia.put("/dashboard/v1/talk-tracks", json=LINES).json() == {"kept": 1}
    assert [word["name_en"] for word in pia.get("/dashboard/v1/feature-words").json()["items"]] == ["Some figure"]
    assert pia.get("/dashboard/v1/talk-tracks").json()["items"] == [LINES["items"][0] | {"feature": None}]
    wrong = pia.put("/dashboard/v1/talk-tracks", json={"items": [LINES["items"][0] | {"product_code": "NONE"}]})
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "product_code: expected the code of a product, got NONE")


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "payroll"])
def test_nobody_else_changes_words_lines_or_tags(client_as, login):
    client = client_as(login)
    answers = [
        client.put("/dashboard/v1/feature-words", json=WORDS),
        client.put("/dashboard/v1/talk-tracks", json=LINES),
        client.put(f"{TAGS}/home", json=HOME),
        client.post(f"{TAGS}/home/retire"),
        client.post(f"{TAGS}/preview", json={"rule": {}}),
        client.get("/dashboard/v1/customer-figures"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 6


def test_the_metric_library_is_open_to_who_reads_figures(client_as):
    for login in ("chen", "bea", "pia", "lin", "ada"):
        found = client_as(login).get("/dashboard/v1/metrics/success_rate").json()
        assert found["name_zh"] == "目标客户营销成功率"
        assert found["computed_by"] == "app.points.formula:success_rate"
    assert len(client_as("lin").get("/dashboard/v1/metrics").json()["items"]) > 20
    assert client_as("lin").get("/dashboard/v1/metrics/none").json()["code"] == "metric.unknown"
    assert client_as("ana").get("/dashboard/v1/metrics").status_code == 403
