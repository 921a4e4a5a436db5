"""The cube over HTTP: measures by dimensions of one's own grids, from sums, within bounds, as a file too."""

import csv
import io

import pytest

from app.centre.metrics import BY_CODE
from app.reports.analysis import cube, cube_terms
from tests.factories import grid, make_campaign, staff
from tests.rollups import add_sums

CUBE = "/dashboard/v1/cube"
SEPTEMBER = {"period": "chosen", "first_day": "2026-09-01", "last_day": "2026-09-30"}


@pytest.fixture
def months(company):
    """Sums of September: Ana's two days in G11, Cy's in G12, Dee's in G21 of another branch."""
    call = make_campaign(company, code="CALL", name="=cmd|' /C calc'!A0")
    visit = make_campaign(company, code="VISIT", product_code="TV1", channel="visit")
    rows = [
        ("2026-09-02", "G11", "ana", call.id, 4, 10),
        ("2026-09-09", "G11", "ana", visit.id, 2, 10),
        ("2026-09-09", "G12", "cy", call.id, 1, 10),
        ("2026-09-10", "G21", "dee", call.id, 5, 10),
    ]
    outcomes = {"reports": 9, "claimed": 5, "refused": 3, "unreached": 1}
    for day, code, who, campaign_id, won, matured in rows:
        keys = {"grid_id": grid(company, code).id, "staff_id": staff(company, who).id, "campaign_id": campaign_id}
        add_sums(company, day=day, **keys, successes=won, matured=matured, **outcomes)
    company.commit()


def ask(client, **question):
    answer = client.post(CUBE, json={"measures": ["successes"], "rows": ["branch"], **SEPTEMBER, **question})
    assert answer.status_code == 200, answer.text
    return answer.json()


def cells(found):
    return {tuple(row["key"]): row["values"] for row in found["rows"]}


def test_measures_are_parted_by_dimensions_and_a_rate_is_that_of_the_sums(client_as, months):
    found = ask(client_as("lin"), measures=["successes", "success_rate"])
    assert cells(found) == {("B1",): [7, pytest.approx(7 / 30)], ("B2",): [5, 0.5]}
    assert found["total"] == [12, 0.3]
    assert (found["names"], found["source"]) == ({"branch": {"B1": "Branch B1", "B2": "Branch B2"}}, "grid_month_figures")


@pytest.mark.parametrize(
    ("rows", "source", "expected"),
    [
        (["month"], "grid_month_figures", {("2026-09",): [12]}),
        (["grid", "week"], "grid_day_figures", {("G11", "2026-08-31"): [4], ("G11", "2026-09-07"): [2],
                                                ("G12", "2026-09-07"): [1], ("G21", "2026-09-07"): [5]}),
        (["day"], "grid_day_figures", {("2026-09-02",): [4], ("2026-09-09",): [3], ("2026-09-10",): [5]}),
        (["manager"], "monthly_figures", {("ANA",): [6], ("CY",): [1], ("DEE",): [5]}),
        (["product"], "campaign_month_figures", {("FTTH1",): [10], ("TV1",): [2]}),
        (["objective", "channel"], "campaign_month_figures", {("acquire", "call"): [10], ("cross_sell", "visit"): [2]}),
        (["manager", "campaign"], "daily_figures", {("ANA", "CALL"): [4], ("ANA", "VISIT"): [2], ("CY", "CALL"): [1],
                                                    ("DEE", "CALL"): [5]}),
    ],
)  # fmt: skip
def test_each_dimension_is_answered_from_the_smallest_sums(client_as, months, rows, source, expected):
    found = ask(client_as("lin"), rows=rows)
    assert (cells(found), found["source"]) == (expected, source)


def test_a_filter_leaves_what_it_names_and_one_dimension_goes_across(client_as, months):
    found = ask(client_as("lin"), rows=["grid"], column="product", filters={"branch": ["B1"], "channel": ["call", "visit"]})
    assert cells(found) == {("G11", "FTTH1"): [4], ("G11", "TV1"): [2], ("G12", "FTTH1"): [1]}


def test_reports_are_parted_by_what_came_of_them(client_as, months, monkeypatch):
    found = ask(client_as("lin"), measures=["feedback_count"], rows=["outcome"])
    assert cells(found) == {("claimed",): [20], ("impossible",): [0], ("pending",): [0], ("refused",): [12], ("unreached",): [4]}


def test_a_person_has_their_own_grids_alone_whatever_they_ask(client_as, months):
    assert cells(ask(client_as("chen"), rows=["grid"])) == {("G11",): [6]}
    assert cells(ask(client_as("bea"), rows=["grid"], filters={"grid": ["G11", "G21"]})) == {("G11",): [6]}
    for login in ("ana", "payroll"):
        assert client_as(login).post(CUBE, json={}).status_code == 403


def test_more_cells_than_anybody_reads_are_refused_with_what_to_do(client_as, months, monkeypatch):
    monkeypatch.setattr(cube, "MOST_CELLS", 2)
    answer = client_as("lin").post(CUBE, json={"measures": ["successes"], "rows": ["grid"], **SEPTEMBER})
    assert (answer.status_code, answer.json()["code"]) == (422, "cube.too_many_cells")
    assert "a filter or a shorter period" in answer.json()["detail"]
    monkeypatch.setattr(cube_terms, "MOST_GRID_DAYS", 10)
    wide = client_as("lin").post(CUBE, json={"measures": ["successes"], "rows": ["manager", "day"], **SEPTEMBER})
    assert (wide.status_code, wide.json()["code"]) == (422, "cube.too_wide")
    narrow = {"rows": ["manager", "day"], "filters": {"grid": ["G21"]}, "period": "chosen", "last_day": "2026-09-10"}
    assert cells(ask(client_as("lin"), **narrow)) == {("DEE", "2026-09-10"): [5]}


def test_as_a_file_it_is_safe_in_a_spreadsheet_and_readable_in_chinese(client_as, months):
    question = {"measures": ["successes", "success_rate"], "rows": ["campaign"], **SEPTEMBER}
    answer = client_as("lin").post(f"{CUBE}/file", json=question, params={"language": "zh"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["营销活动", "营销活动 名称", "成功工单", "目标客户营销成功率"]
    assert rows[1] == ["CALL", "'=cmd|' /C calc'!A0", "10", "0.33333333"]
    book = client_as("lin").post(f"{CUBE}/file", json=question, params={"format": "xlsx"})
    assert (book.status_code, book.content[:2]) == (200, b"PK")


def test_what_it_offers_is_defined_in_the_metric_library(client_as):
    terms = client_as("chen").get(f"{CUBE}/terms").json()
    assert {"successes", "success_rate", "accuracy"} <= set(terms["measures"]) <= set(BY_CODE)
    assert "objective" in terms["dimensions"]
    assert ask(client_as("chen"), measures=terms["measures"][:8])["rows"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"measures": ["nothing"]}, {"rows": ["galaxy"]}, {"rows": []}, {"measures": []}, {"filters": {"day": ["x"]}},
        {"filters": {"grid": ["x\u0000"]}}, {"period": "chosen", "last_day": None}, {"first_day": "2027-01-01"},
        {"column": "branch"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(client_as, wrong):
    answer = client_as("lin").post(CUBE, json={"measures": ["successes"], "rows": ["branch"], **SEPTEMBER, **wrong})
    assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)
