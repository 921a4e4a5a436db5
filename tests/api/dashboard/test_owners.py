"""Whose customer it was, over HTTP."""

from datetime import timedelta

from app.core import clock
from app.ingest.service import import_feed
from tests.factories import NOW, TODAY

PATH = "/dashboard/v1/customers/C02/owner"


def test_neither_strangers_nor_terminal_managers_nor_payroll_ask(client_as):
    assert client_as(None).get(PATH).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).get(PATH).status_code == 403, login


def test_a_customer_of_another_grid_is_as_absent_as_one_that_does_not_exist(client_as):
    elsewhere, nowhere = client_as("fu").get(PATH), client_as("fu").get("/dashboard/v1/customers/X99/owner")
    assert (elsewhere.status_code, elsewhere.json()) == (404, nowhere.json())
    for login in ("chen", "bea", "pia", "lin", "ada"):
        assert client_as(login).get(PATH).json()["owner_staff_no"] == "ANA", login


def test_it_says_who_it_was_on_the_day_and_nothing_else_of_the_customer(client_as, company, tmp_path):
    path = tmp_path / "customers"
    path.write_text("customer_no,grid_code,owner_staff_no\nC02,G12,CY\n")
    import_feed(company, feed="customers", path=path, file_name="c", now=NOW)
    company.commit()
    with clock.shifted_to(NOW):
        fu, yesterday = client_as("fu"), str(TODAY - timedelta(days=1))
        assert fu.get(PATH, params={"on": yesterday}).json() == {
            "customer_no": "C02",
            "on": yesterday,
            "grid_code": "G11",
            "owner_staff_no": "ANA",
            "owner_name": "Ana",
            "from_date": None,
            "to_date": str(TODAY),
        }
        assert fu.get(PATH).json()["owner_staff_no"] == "CY"
        assert client_as("chen").get(PATH, params={"on": yesterday}).status_code == 404


def test_a_wrong_day_is_told(client_as):
    chen = client_as("chen")
    with clock.shifted_to(NOW):
        future = chen.get(PATH, params={"on": str(TODAY + timedelta(days=1))})
    assert (future.status_code, future.json()["errors"][0]["field"]) == (422, "on")
    for wrong in ("yesterday", "2026-02-30", "\x00"):
        assert chen.get(PATH, params={"on": wrong}).status_code == 422
