"""Rankers as an analyst looks at them: by product, side by side on the same rows, and over time."""

import pytest

from app.models.score import RankerWatch
from tests.factories import NOW, TODAY
from tests.stages.scoring.market import keep, keep_candidate, small_judged

RANKERS = "/operations/v1/rankers"


@pytest.fixture
def two(company):
    """A champion, and a challenger that was judged on the same rows."""
    champion = keep(company)
    keep_candidate(company, seed=3, judged=small_judged(1))
    company.commit()
    return champion


def test_all_rankers_stand_on_one_page_with_gates_and_alarms(client_as, two):
    items = client_as("lin").get(f"{RANKERS}/overview").json()["items"]
    assert [(item["number"], item["status"], item["alarms"]) for item in items] == [(2, "candidate", None), (1, "champion", None)]
    assert 0 < items[1]["metrics"]["auc"] < 1


def test_of_many_rankers_the_latest_are_shown_and_the_champion(client_as, company, monkeypatch, two):
    monkeypatch.setattr("app.reports.ranker_list.LATEST", 1)
    shown = client_as("lin").get(f"{RANKERS}/overview").json()
    assert ([item["number"] for item in shown["items"]], shown["left_off"]) == ([2, 1], 0)
    keep_candidate(company, seed=4, judged=small_judged(1))
    company.commit()
    shown = client_as("lin").get(f"{RANKERS}/overview").json()
    assert ([item["number"] for item in shown["items"]], shown["left_off"]) == ([3, 1], 1)


def test_champion_and_challenger_have_the_same_figures_on_the_same_rows_with_the_interval_of_their_difference(client_as, two):
    found = client_as("lin").get(f"{RANKERS}/FTTH1/2/comparison").json()
    assert (found["champion_number"], found["how"], found["rows"]) == (1, "judged_by_both", 600)
    assert [pair["code"] for pair in found["figures"]][:2] == ["auc", "lift_at_list"]
    for pair in found["figures"]:
        assert pair["challenger"] == pytest.approx(pair["champion"])
        assert pair["difference"] == pytest.approx({"estimate": 0, "low": 0, "high": 0})
    assert client_as("lin").get(f"{RANKERS}/FTTH1/1/comparison").json()["how"] == "no_champion"


def test_rows_later_than_all_that_the_champion_saw_are_scored_by_it(client_as, company, two):
    two.data_to = TODAY.replace(month=7)
    company.commit()
    found = client_as("lin").get(f"{RANKERS}/FTTH1/2/comparison").json()
    assert (found["how"], found["rows"]) == ("later_than_champion", 600)
    assert found["figures"][0]["difference"]["estimate"] == pytest.approx(0)


def test_what_the_watch_saw_is_told_night_by_night_the_columns_that_moved_most_first(client_as, company, two):
    for day, psi in ((1, 0.02), (2, 0.31)):
        drift = [{"feature": "plan", "psi": 0.01}, {"feature": "usage", "psi": psi}]
        labels = {"rows": 400, "rate": 0.2, "expected_rate": 0.1, "calibration_error": 0.03}
        figures = {"rows": 9, "drift": drift, "scores": {"feature": "score", "psi": psi}, "labels": labels}
        alarms = [{"kind": "input_drift", "says": "It moved."}] if psi > 0.25 else []
        row = {"figures": figures, "alarms": alarms, "consequence": "none", "watched_at": NOW}
        company.add(RankerWatch(ranker_version_id=two.id, as_of=TODAY.replace(day=day), **row))
        company.flush()
    company.commit()
    found = client_as("lin").get(f"{RANKERS}/FTTH1/1/drift").json()
    assert [(point["as_of"], point["psi"], len(point["alarms"])) for point in found["points"]] == [
        ("2026-10-01", 0.02, 0),
        ("2026-10-02", 0.31, 1),
    ]
    assert [(line["feature"], line["psi"]) for line in found["lines"]] == [("usage", [0.02, 0.31]), ("plan", [0.01, 0.01])]
    assert (found["moved_from"], found["alarm_from"]) == (0.1, 0.25)


def test_where_a_ranker_stands_is_told_with_its_way_back(client_as, two):
    lin = client_as("lin")
    assert lin.get(f"{RANKERS}/FTTH1/1/standing").json()["can_revert"] is False
    lin.post(f"{RANKERS}/FTTH1/2/promote")
    standing = lin.get(f"{RANKERS}/FTTH1/2/standing").json()
    assert standing["can_revert"] is True
    assert [(each["promoted_by"], each["is_revert"]) for each in standing["promotions"]] == [("lin", False)]
    assert {gate["name"] for gate in standing["gates"]} >= {"bytes", "data", "auc", "champion"}


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia", "payroll"])
def test_nobody_else_looks_into_them(client_as, two, login):
    client = client_as(login)
    paths = ["/overview", *(f"/FTTH1/2/{more}" for more in ("standing", "comparison", "drift"))]
    assert [client.get(RANKERS + path).status_code for path in paths] == [403] * 4


@pytest.mark.parametrize("more", ["standing", "comparison", "drift"])
def test_what_is_not_there_is_said(client_as, two, more):
    lin = client_as("lin")
    assert lin.get(f"{RANKERS}/NONE/1/{more}").json()["code"] == "product.unknown"
    assert lin.get(f"{RANKERS}/FTTH1/9/{more}").json()["code"] == "ranker.unknown"
    assert lin.get(f"{RANKERS}/FTTH1/0/{more}").status_code == 422
