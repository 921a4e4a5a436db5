"""Units side by side by HTTP: fair, with places that chance leaves, and as a file."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.core import clock
from app.models.figures import FigureMark
from app.models.organisation import Role, Staff
from tests.factories import NOW, grid, make_campaign, make_work_order
from tests.sums import add_up_days, matured, put_day

COMPARING, FILE = "/dashboard/v1/comparing", "/dashboard/v1/comparing/file"
TARGETS, ORDERS = "/dashboard/v1/comparing/targets/2026-09/success_rate", "/dashboard/v1/comparing/managers/ANA/orders"
SEPTEMBER = {"first": "2026-09-01", "last": "2026-09-30"}


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def september(company):
    """G11 sold more, of customers of whom much more was expected; G12 did what could be expected; August was as good for Cy."""
    day = date(2026, 9, 15)
    put_day(company, "ana", day, dispatched=100, due=50, due_met=40, **matured(60, 300, 120.0))
    put_day(company, "bo", day, dispatched=80, **matured(30, 100, 30.0))
    put_day(company, "cy", day, dispatched=90, **matured(45, 300, 30.0))
    put_day(company, "dee", day, **matured(20, 100, 20.0))
    put_day(company, "cy", date(2026, 8, 3), **matured(40, 300, 30.0))
    put_day(company, "cy", date(2025, 9, 3), **matured(1, 300, 30.0))
    add_up_days(company)
    company.commit()


@pytest.mark.parametrize(("method", "path"), [("GET", COMPARING), ("GET", FILE), ("GET", ORDERS), ("PUT", TARGETS)])
def test_figures_are_for_those_who_lead(client_as, method, path):
    assert client_as(None).request(method, path).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).request(method, path, json={"values": {"G11": 1}}).status_code == 403


@pytest.mark.parametrize(
    ("login", "unit", "members"),
    [
        ("ada", None, ["B1", "B2"]),
        ("pia", "B1", ["G11", "G12"]),
        ("bea", None, ["G11", "G12"]),
        ("bea", "G11", ["ANA", "BO"]),
        ("chen", None, ["ANA", "BO"]),
    ],
)
def test_everybody_sees_what_is_beneath_their_unit(client_as, september, login, unit, members):
    shown = client_as(login).get(COMPARING, params=SEPTEMBER | ({"unit": unit} if unit else {})).json()
    assert [row["member"]["code"] for row in shown["rows"]] == members
    assert shown["path"][-1]["code"] == (unit or shown["path"][0]["code"])


@pytest.mark.parametrize(("login", "unit"), [("bea", "CO"), ("bea", "B2"), ("chen", "G12"), ("chen", "B1"), ("ada", "nothing")])
def test_a_unit_that_is_not_beneath_mine_is_as_if_it_were_not_there(client_as, september, login, unit):
    for path in (COMPARING, FILE):
        answer = client_as(login).get(path, params=SEPTEMBER | {"unit": unit})
        assert (answer.status_code, answer.json()["code"]) == (404, "unit.unknown")


def rows_of(shown):
    return {row["member"]["code"]: row for row in shown["rows"]}


def test_managers_who_had_nothing_to_do_are_listed_and_have_no_figures(client_as, company, september):
    mine = grid(company, "G11").id
    for number, since, until in (("IDA", date(2026, 9, 30), None), ("LATE", date(2026, 10, 1), None),
                                 ("GONE", date(2026, 1, 1), date(2026, 8, 31))):  # fmt: skip
        person = {"staff_no": number, "name": number, "active_from": since, "active_to": until}
        company.add(Staff(role=Role.TERMINAL_MANAGER, unit_id=mine, **person))
    company.commit()
    rows = rows_of(client_as("chen").get(COMPARING, params=SEPTEMBER | {"measure": "overdue"}).json())
    assert {code: row["idle"] for code, row in rows.items()} == {"ANA": False, "BO": False, "IDA": True}
    assert (set(rows["IDA"]["figures"].values()), rows["IDA"]["measured"]["value"], rows["IDA"]["place"]) == ({None}, None, None)
    assert (rows["BO"]["figures"]["overdue"], rows["BO"]["place"]["first"]) == ("0", 1)


def test_a_grid_is_held_against_what_its_customers_allowed(client_as, september):
    """By the rate G11 is better; by the index, against the whole company of that month, G12 is, beyond chance."""
    rate = rows_of(client_as("bea").get(COMPARING, params=SEPTEMBER | {"measure": "success_rate"}).json())
    assert Decimal(rate["G11"]["measured"]["value"]) == Decimal("0.225") > Decimal(rate["G12"]["measured"]["value"])
    index = client_as("bea").get(COMPARING, params=SEPTEMBER).json()
    assert Decimal(index["beside"]["ratio"]) == Decimal("0.775")  # 155 / 200, of all grids, also those that Bea does not see
    rows = rows_of(index)
    assert (rows["G12"]["place"], rows["G11"]["place"]) == ({"first": 1, "last": 1}, {"first": 2, "last": 2})
    assert rows["G12"]["measured"]["low"] < rows["G12"]["measured"]["value"] < rows["G12"]["measured"]["high"]


def test_what_chance_explains_is_no_place_and_no_change(client_as, company):
    for manager in ("ana", "bo"):
        put_day(company, manager, date(2026, 9, 2), **matured(3 if manager == "ana" else 4, 30, 3.0))
    put_day(company, "ana", date(2026, 8, 2), **matured(4, 30, 3.0))
    add_up_days(company)
    company.commit()
    rows = rows_of(client_as("chen").get(COMPARING, params=SEPTEMBER).json())
    assert [rows[code]["place"] for code in ("ANA", "BO")] == [{"first": 1, "last": 2}] * 2
    assert rows["ANA"]["changed"] is False


def test_it_is_held_against_the_month_before_or_the_same_of_a_year_ago(client_as, september):
    asked = SEPTEMBER | {"measure": "success_rate"}
    before = client_as("bea").get(COMPARING, params=asked).json()
    assert before["against"] == {"first": "2026-08-01", "last": "2026-08-31"}
    assert Decimal(rows_of(before)["G12"]["before"]["value"]) == Decimal("0.13333333")
    assert rows_of(before)["G12"]["changed"] is False
    year = client_as("bea").get(COMPARING, params=asked | {"against": "year"}).json()
    assert year["against"] == {"first": "2025-09-01", "last": "2025-09-30"}
    assert rows_of(year)["G12"]["changed"] is True
    assert year["year_before"]["successes"]["value"] == "1"


def test_days_are_read_as_days_and_the_trend_by_month(client_as, september):
    shown = client_as("bea").get(COMPARING, params={"first": "2026-09-10", "last": "2026-09-14"}).json()
    assert shown["values"]["matured"]["value"] == "0"
    assert shown["months"] == [f"{2025 + (8 + n) // 12}-{(8 + n) % 12 + 1:02d}" for n in range(13)]
    assert rows_of(shown)["G12"]["trend"][11] is not None


def test_without_days_it_is_this_month_to_yesterday(client_as, september):
    asked = client_as("bea").get(COMPARING).json()["asked"]
    assert asked["period"] == {"first": "2026-10-01", "last": "2026-10-11"}


@pytest.mark.parametrize(
    "wrong",
    [{"measure": "nothing"}, {"first": "2026-09-02", "last": "2026-09-01"}, {"first": "1960-01-01"}, {"last": "2099-01-01"}],
)
def test_what_cannot_be_compared_is_said(client_as, wrong):
    answer = client_as("bea").get(COMPARING, params=wrong)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_the_file_has_the_rows_as_they_stand_on_the_screen(client_as, september):
    asked = SEPTEMBER | {"columns": ["success_rate", "dispatched"], "order": "success_rate", "down": True, "language": "zh"}
    answer = client_as("bea").get(FILE, params=asked | {"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="mine-2026-09-01-2026-09-30.csv"'
    title, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert title[:4] == ["编号", "名称", "目标客户营销成功率", "派单数"]
    assert [row[:4] for row in rows] == [["G11", "Grid G11", "0.22500000", "180"], ["G12", "Grid G12", "0.15000000", "90"]]
    book = client_as("bea").get(FILE, params=asked | {"format": "xlsx"})
    assert book.content[:2] == b"PK"
    assert client_as("bea").get(FILE, params={"columns": "nothing"}).status_code == 422


def test_targets_are_set_by_who_leads_the_branch_all_or_none(client_as, september):
    asked = SEPTEMBER | {"measure": "success_rate"}
    assert client_as("chen").put(TARGETS, json={"values": {"G11": 0.2}}).status_code == 403
    refused = client_as("bea").put(TARGETS, json={"values": {"G11": 0.2, "G21": 0.2}})
    assert (refused.status_code, "G21" in refused.json()["detail"]) == (422, True)
    assert client_as("bea").put(TARGETS.replace("success_rate", "nothing"), json={"values": {"G11": 1}}).status_code == 422
    assert rows_of(client_as("bea").get(COMPARING, params=asked).json())["G11"]["target"] is None
    assert client_as("bea").put(TARGETS, json={"values": {"G11": "0.2", "G12": "0.1"}}).json() == {"grids": 2}
    client_as("ada").put(TARGETS, json={"values": {"G11": 0.25, "G12": None, "G21": 0.3}})
    rows = rows_of(client_as("bea").get(COMPARING, params=asked).json())
    assert (rows["G11"]["target"], rows["G12"]["target"]) == ("0.250000", None)
    assert client_as("chen").get(COMPARING, params=asked).json()["target"] == "0.250000"


def test_a_managers_work_orders_are_paged_the_latest_first(client_as, company):
    campaign = make_campaign(company)
    ids = [
        make_work_order(
            company,
            campaign=campaign,
            customer_no=f"C{n:02d}",
            dispatched_at=NOW - timedelta(days=n % 3),
            due_on=date(2026, 10, n),
        ).id
        for n in range(1, 8)
    ]
    company.commit()
    asked = {"first": "2026-10-01", "last": "2026-10-31", "limit": 3}
    seen, cursor = [], None
    while not seen or cursor:
        page = client_as("bea").get(ORDERS, params=asked | ({"cursor": cursor} if cursor else {})).json()
        seen, cursor = seen + page["items"], page["next_cursor"]
    assert [order["id"] for order in seen] == [ids[n - 1] for n in (6, 3, 7, 4, 1, 5, 2)]
    overdue = client_as("bea").get(ORDERS, params={"first": "2026-10-01", "last": "2026-10-03", "which": "overdue"}).json()
    assert sorted(order["id"] for order in overdue["items"]) == ids[:3]
    assert client_as("fu").get(ORDERS, params=asked).json()["items"] == []
    assert client_as("bea").get(ORDERS.replace("ANA", "NOBODY")).status_code == 404


def test_figures_say_until_when_they_are_whole(client_as, company):
    assert client_as("bea").get(COMPARING).json()["as_of"].startswith("2026-10-12T02:00")
    company.add(FigureMark(campaign_id=1, changed_at=NOW - timedelta(hours=1)))
    company.commit()
    assert client_as("bea").get(COMPARING).json()["as_of"] == "2026-10-12T01:00:00Z"


def test_the_company_is_summed_by_branch(client_as, september):
    rows = rows_of(client_as("ada").get(COMPARING, params=SEPTEMBER | {"measure": "success_rate"}).json())
    assert {code: row["figures"]["dispatched"] for code, row in rows.items()} == {"B1": "270", "B2": "0"}
    assert Decimal(rows["B2"]["measured"]["value"]) == Decimal("0.2")
    assert [point and Decimal(point) for point in rows["B1"]["trend"]][-2:] == [Decimal("0.13333333"), Decimal("0.19285714")]
