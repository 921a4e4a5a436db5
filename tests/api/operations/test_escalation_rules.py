"""The days of escalation, for administrators alone."""

import pytest

RULES = "/operations/v1/escalation-rules"
DAYS = {"after_days": 4, "branch_after_days": 5}


@pytest.mark.parametrize(("method", "path", "body"), [("GET", RULES, None), ("PUT", f"{RULES}/stuck", DAYS)])
def test_nobody_but_an_administrator_sees_or_changes_them(client_as, method, path, body):
    assert client_as(None).request(method, path, json=body).status_code == 401
    for login in ("ana", "chen", "bea", "pia", "lin", "payroll"):
        assert client_as(login).request(method, path, json=body).status_code == 403


def test_the_days_of_a_rule_are_changed(client_as):
    ada = client_as("ada")
    before = {rule["rule"]: rule for rule in ada.get(RULES).json()["items"]}
    assert all(rule["default"] for rule in before.values())
    changed = ada.put(f"{RULES}/stuck", json={**DAYS, "enabled": False}).json()
    assert changed == {"rule": "stuck", **DAYS, "enabled": False, "default": False}
    after = {rule["rule"]: rule for rule in ada.get(RULES).json()["items"]}
    assert after == {**before, "stuck": changed}


@pytest.mark.parametrize(
    ("rule", "body", "field"),
    [
        ("lazy", DAYS, "rule"),
        ("stuck", {**DAYS, "after_days": -1}, "after_days"),
        ("stuck", {**DAYS, "branch_after_days": 91}, "branch_after_days"),
        ("stuck", {"after_days": 1}, "branch_after_days"),
    ],
)
def test_wrong_days_are_refused_with_their_field(client_as, rule, body, field):
    answer = client_as("ada").put(f"{RULES}/{rule}", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
