"""The contact policy over HTTP."""

import pytest

PATH = "/dashboard/v1/contact-policy"
RULES = [{"kind": "sliding_window", "most": 1, "days": 7}, {"kind": "quiet_days", "weekdays": [7]}]


def test_a_planner_proposes_another_approves_and_both_languages_say_what_it_means(client_as):
    pia, ada = client_as("pia"), client_as("ada")
    before = pia.get(PATH).json()
    assert (before["in_force"]["number"], before["to_come"]) == (0, [])
    assert len(before["in_force"]["rules"]) > 3
    made = pia.post(PATH, json={"rules": RULES, "note": "calmer"})
    assert (made.status_code, made.json()["number"], made.json()["approver"]) == (201, 1, None), made.text
    assert [version["number"] for version in pia.get(PATH).json()["to_come"]] == [1]
    alone = pia.post(f"{PATH}/1/approve")
    assert (alone.status_code, alone.json()["code"]) == (403, "contact_policy.same_person")
    assert ada.post(f"{PATH}/1/approve").json()["approver"] == "ada"
    again = ada.post(f"{PATH}/1/approve")
    assert (again.status_code, again.json()["code"]) == (409, "contact_policy.overtaken")
    now = client_as("chen").get(PATH).json()["in_force"]
    assert (now["number"], now["author"], now["note"]) == (1, "pia", "calmer")
    assert now["rules"][0]["rule"] == RULES[0] | {"channel": "any", "family": "any", "from_day": None, "to_day": None}
    assert now["rules"][0]["zh"] == "任意连续7天内最多接触1次（所有活动及原系统合计）。"
    assert now["rules"][1]["en"] == "No contact on Sundays."
    assert [version["number"] for version in ada.get(f"{PATH}/history").json()["items"]] == [1]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rules": [{"kind": "sliding_window", "most": 0}]}, "rules[0].most: expected a whole number from 1 to 100"),
        ({"rules": [{"kind": "x\u0001"}]}, "rules[0].kind: expected one of"),
        ({"rules": [{"kind": "quiet_hours", "begins": "25:00"}]}, "rules[0].begins: expected a time as HH:MM"),
        ({"rules": [], "effective_from": "2001-01-01"}, "effective_from: expected a day from today"),
        ({"rules": [{}] * 41}, "rules: expected a list of at most 40 rules"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_place(client_as, body, said):
    answer = client_as("pia").post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "contact_policy.wrong")
    assert answer.json()["detail"].startswith(said)


@pytest.mark.parametrize("body", [{}, {"rules": "x"}, {"rules": [], "more": 1}, {"rules": [], "note": "\u0000"}])
def test_what_is_no_policy_at_all_is_refused(client_as, body):
    assert client_as("pia").post(PATH, json=body).status_code == 422


def test_what_is_not_there_is_said(client_as):
    assert client_as("ada").post(f"{PATH}/9/approve").json()["code"] == "contact_policy.unknown"


def test_only_planners_and_admins_change_it_and_managers_of_units_read_it(client_as):
    for login, reads in ((None, 401), ("ana", 403), ("payroll", 403), ("chen", 200), ("bea", 200), ("lin", 200)):
        client, writes = client_as(login), 401 if login is None else 403
        assert [client.get(path).status_code for path in (PATH, f"{PATH}/history")] == [reads] * 2, login
        answers = [client.post(PATH, json={"rules": RULES}), client.post(f"{PATH}/1/approve")]
        assert [answer.status_code for answer in answers] == [writes] * 2, login
