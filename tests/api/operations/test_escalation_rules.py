"""The days of escalation, for administrators alone."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

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
    changed = ada.put(f"{RULES}/stuck", json={**DAYS, "enabled": False, "because": "spring festival"}).json()
    assert changed == {"rule": "stuck", **DAYS, "enabled": False, "default": False}
    after = {rule["rule"]: rule for rule in ada.get(RULES).json()["items"]}
    stuck = after.pop("stuck")
    assert (stuck["changed_by"], stuck["because"], stuck["changed_at"] is None) == ("ada", "spring festival", False)
    assert (stuck["default_after_days"], stuck["default_branch_after_days"], stuck["open_in_grids"]) == (5, 3, 0)
    assert after == {name: rule for name, rule in before.items() if name != "stuck"}
    (entry,) = ada.get("/operations/v1/audit", params={"about": "rule:stuck"}).json()["items"]
    assert (entry["login"], entry["act"], entry["reason"]) == ("ada", "rule.changed", "spring festival")


def test_what_was_changed_stays_as_it_is_written(client_as, company):
    client_as("ada").put(f"{RULES}/stuck", json=DAYS)
    for statement in ("UPDATE escalation_rule_changes SET after_days = 1", "DELETE FROM escalation_rule_changes"):
        with pytest.raises(DBAPIError):
            company.execute(text(statement))
        company.rollback()
    guards = (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'escalation_rule_changes'::regclass AND tgfoid = 'refuse_change'::regproc"
    )
    assert set(company.scalars(text(guards))) == {"append_only", "no_truncate"}  # which the owner meets too


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
