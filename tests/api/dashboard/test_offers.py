"""The next best products of a customer, over HTTP."""

import pytest

from tests.stages.offers.choosing import chosen


def _path(customer_no):
    return f"/dashboard/v1/customers/{customer_no}/offers"


def test_neither_strangers_nor_terminal_managers_nor_payroll_ask(client_as):
    assert client_as(None).get(_path("C01")).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).get(_path("C01")).status_code == 403, login


def test_managers_see_the_offers_of_their_own_units_and_the_company_all(client_as, company):
    chosen(company)
    fu = client_as("fu")
    elsewhere, nowhere = fu.get(_path("C01")), fu.get(_path("X99"))
    assert elsewhere.status_code == nowhere.status_code == 404
    assert elsewhere.json() == nowhere.json()
    assert fu.get(_path("C11")).status_code == 200
    assert client_as("bea").get(_path("C15")).status_code == 404
    for login in ("chen", "bea", "pia", "lin", "ada"):
        answer = client_as(login).get(_path("C01"))
        assert [offer["product_code"] for offer in answer.json()] == ["TV1", "FTTH1"], login
    first = answer.json()[0]
    assert first["priority"] == pytest.approx(0.3 * 40 - 2)
    assert first | {"priority": 0} == {
        "place": 1, "product_code": "TV1", "product_name": "Product TV1", "kind": "cross_sell", "family": "tv", "priority": 0,
        "incremental": 0.3, "basis": "score", "value": 40.0, "value_before_cap": 40.0, "weight": 1.0, "contact_cost": 2.0,
        "score": 0.3, "risk": None, "as_of": "2026-10-12",
    }  # fmt: skip


def test_before_anything_is_chosen_there_are_no_offers(client_as):
    answer = client_as("chen").get(_path("C01"))
    assert (answer.status_code, answer.json()) == (200, [])
