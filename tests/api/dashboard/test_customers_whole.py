"""One customer whole, over HTTP: the same for phone and console, each with the fields of its role."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from sqlalchemy import text

from app.api import customer_view
from app.api.customer_view import CustomerViewOut, OfferOut
from app.centre.computing import compute_tags
from app.centre.definitions import TagOptions
from app.centre.service import define_tag
from app.core import clock
from app.core.db import set_scope
from app.core.security import Principal
from app.models.campaign import Product
from app.models.customer import Complaint, ContactPreference, Holding, Order, PastContact, PreferenceStatus
from app.models.organisation import Role
from app.reports import customer_360
from app.reports.customer_360 import UnknownCustomer, view_customer, view_customer_whole
from app.reports.customer_sections import ALLOWED, AUDIENCES, Audience
from tests.factories import FEE_REASON, NOW, TODAY, customer, get, grid, make_campaign, make_scores, make_work_order, staff
from tests.figures import put_figures
from tests.phones import batch, report

PHONE = "13900000001"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def life(company, client_as):
    """C01 with something in every section but offers."""
    c01, product = customer(company, "C01"), get(company, Product, product_code="FTTH1")
    ids = {"customer_id": c01.id, "product_id": product.id}
    company.add(Holding(**ids, from_date=date(2025, 1, 1)))
    company.add(Order(**ids, order_no="O1", ordered_at=datetime(2025, 1, 1, tzinfo=UTC), amount=Decimal("99.5")))
    at = NOW - timedelta(days=90)
    company.add(PastContact(**ids, contact_no="P1", contacted_at=at, channel="call", outcome="refused", campaign_code="OLD"))
    company.add(Complaint(customer_id=c01.id, complaint_no="X1", opened_at=NOW - timedelta(days=9), topic="speed"))
    refusal = {"scope": "sms", "status": PreferenceStatus.REFUSED, "recorded_at": NOW}
    company.add(ContactPreference(customer_id=c01.id, **refusal))
    c01.tags = ["高价值"]
    put_figures(company, date(2026, 10, 1), pl.DataFrame({"customer_id": [c01.id], "data_gb": [80.0], "zzz": [1.0]}))
    define_tag(company, options=TagOptions("heavy", "流量大户", "Heavy", {"feature": "data_gb", "at_least": 50}, "pia"), now=NOW)
    compute_tags(company, now=NOW)
    run = make_scores(company, ["C02", "C01"])
    order = make_work_order(company, campaign=make_campaign(company, scoring_run_id=run.id))
    company.commit()
    set_scope(company, scope="all")
    other = {"operator": "Other Telecom", "monthly_price": 129, "ends_on": "2027-03-31"}
    said = report(order.id, "interested", note="call her mother", competitor=other)
    told = client_as("ana").post("/mobile/v1/feedback", json=batch(said))
    assert told.json()["items"][0]["status"] == "accepted", told.text
    return order


def whole(client_as, login, customer_no="C01"):
    audience = "mobile" if login in ("ana", "bo", "cy", "dee") else "dashboard"
    return client_as(login).get(f"/{audience}/v1/customers/{customer_no}")


def test_everything_known_of_a_customer_is_in_one_answer(client_as, life):
    answer = whole(client_as, "chen")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["customer"] == {
        "customer_no": "C01", "name": "Customer 1", "phone": "139****0001", "address": "1 Example Road", "grid_code": "G11",
        "branch_code": "B1", "owner_staff_no": "ANA", "segment": "home", "lifecycle": None, "opened_on": "2021-01-01",
    }  # fmt: skip
    assert [(held["product_code"], held["to_date"], held["monthly_price"]) for held in found["holdings"]] == [
        ("FTTH1", None, "99.0000")
    ]
    assert [(sale["order_no"], sale["amount"]) for sale in found["orders"]] == [("O1", "99.5000")]
    assert [(contact["outcome"], contact["campaign_code"], contact["note"]) for contact in found["contacts"]] == [
        ("interested", found["campaigns"][0]["campaign_code"], "call her mother"),
        ("refused", "OLD", None),
    ]
    assert [complaint["topic"] for complaint in found["complaints"]] == ["speed"]
    assert [(one["operator"], one["monthly_price"], one["ends_on"]) for one in found["competitors"]] == [
        ("Other Telecom", "129", "2027-03-31")
    ]
    assert [(tag["code"], tag["since"]) for tag in found["tags"]] == [("heavy", str(TODAY)), ("高价值", None)]
    assert found["figures"] == [
        {"feature": "data_gb", "value": 80.0, "zh": "每月流量：80 GB", "en": "Mobile data a month: 80 GB"}
    ]
    (place,) = found["scores"]
    assert (place["product_code"], place["rank"], place["ranked_customers"], place["reasons"]) == ("FTTH1", 2, 2, [FEE_REASON])
    assert [(order["id"], order["staff_no"]) for order in found["work_orders"]] == [(life.id, "ANA")]
    assert [preference["scope"] for preference in found["preferences"]] == ["sms"]
    assert found["offers"] == []
    assert PHONE not in answer.text


def test_a_terminal_manager_gets_what_the_work_needs_and_no_more(client_as, life):
    answer = whole(client_as, "ana")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert "campaigns" not in found
    assert set(found["customer"]) == {"customer_no", "name", "phone", "address", "segment", "opened_on"}
    (place,) = found["scores"]
    assert set(place) == {"product_code", "product_name", "as_of", "reasons"}
    assert place["reasons"][0]["zh"] == FEE_REASON["zh"]
    assert PHONE not in answer.text
    assert "mother" not in answer.text


def test_who_plans_or_analyses_does_not_learn_who_the_customer_is(client_as, life):
    for login in ("pia", "lin"):
        answer = whole(client_as, login)
        assert answer.status_code == 200, answer.text
        for secret in ("Customer 1", "Example Road", "139****0001", "mother", "ANA"):
            assert secret not in answer.text, (login, secret)
        assert answer.json()["scores"][0]["rank"] == 2


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("ana", "/mobile/v1/customers/C01", 200),
        ("bo", "/mobile/v1/customers/C01", 404),
        ("cy", "/mobile/v1/customers/C01", 404),
        ("dee", "/mobile/v1/customers/C01", 404),
        ("chen", "/mobile/v1/customers/C01", 403),
        ("pia", "/mobile/v1/customers/C01", 403),
        ("ada", "/mobile/v1/customers/C01", 403),
        ("payroll", "/mobile/v1/customers/C01", 403),
        (None, "/mobile/v1/customers/C01", 401),
        ("ana", "/dashboard/v1/customers/C01", 403),
        ("chen", "/dashboard/v1/customers/C01", 200),
        ("fu", "/dashboard/v1/customers/C01", 404),
        ("bea", "/dashboard/v1/customers/C01", 200),
        ("bea", "/dashboard/v1/customers/C15", 404),
        ("pia", "/dashboard/v1/customers/C01", 200),
        ("lin", "/dashboard/v1/customers/C01", 200),
        ("ada", "/dashboard/v1/customers/C15", 200),
        ("payroll", "/dashboard/v1/customers/C01", 403),
        (None, "/dashboard/v1/customers/C01", 401),
    ],
)
def test_who_may_see_whom(client_as, login, path, status):
    """C01 is Ana's own in grid G11 of branch B1; C15 lives in B2."""
    assert client_as(login).get(path).status_code == status


def test_one_who_is_elsewhere_is_as_absent_as_one_who_is_not_there(client_as):
    elsewhere, nowhere = whole(client_as, "fu"), whole(client_as, "fu", "X99")
    assert elsewhere.status_code == nowhere.status_code == 404
    assert elsewhere.json() == nowhere.json()


def test_a_live_work_order_opens_a_customer_and_the_end_of_it_closes_him(client_as, company):
    order = make_work_order(company, customer_no="C05", manager="bo")
    company.commit()
    assert whole(client_as, "bo", "C05").status_code == 200
    assert whole(client_as, "ana", "C05").status_code == 404
    set_scope(company, scope="all")
    company.execute(text("UPDATE work_orders SET state = 'expired', closed_at = now() WHERE id = :id"), {"id": order.id})
    company.commit()
    assert whole(client_as, "bo", "C05").status_code == 404


def test_a_lent_work_order_opens_a_customer_of_another_grid_as_long_as_it_lives(client_as, company):
    order = make_work_order(company, customer_no="C05", manager="cy", lent_to_grid_id=grid(company, "G12").id, lent_until=TODAY)
    company.commit()
    assert whole(client_as, "cy", "C05").status_code == 200
    assert whole(client_as, "cy", "C06").status_code == 404
    assert whole(client_as, "dee", "C05").status_code == 404
    set_scope(company, scope="all")
    company.execute(text("UPDATE work_orders SET state = 'expired', closed_at = now() WHERE id = :id"), {"id": order.id})
    company.commit()
    assert whole(client_as, "cy", "C05").status_code == 404


def test_who_refuses_all_contact_is_seen_by_his_owner_alone(client_as, company):
    make_work_order(company, customer_no="C05", manager="bo")
    make_work_order(company, customer_no="C01", manager="ana")
    for number in ("C01", "C05"):
        refusal = {"scope": "all", "status": PreferenceStatus.REFUSED, "recorded_at": NOW}
        company.add(ContactPreference(customer_id=customer(company, number).id, **refusal))
    company.commit()
    assert whole(client_as, "bo", "C05").status_code == 404
    assert whole(client_as, "ana", "C01").status_code == 200


def test_row_level_security_stands_under_the_scope_of_the_statement(company):
    """Even where a caller's arguments were too wide, the session's scope hides other grids."""
    g12 = customer(company, "C11").grid_id
    set_scope(company, scope="grids", grid_ids=[g12])
    assert view_customer_whole(company, customer_no="C11", now=NOW)["customer"]["customer_no"] == "C11"
    with pytest.raises(UnknownCustomer):
        view_customer_whole(company, customer_no="C01", now=NOW)


def test_the_statement_itself_asks_for_the_grids_and_the_work_of_who_reads(company):
    """Without row level security under it: a session of the whole company's scope, and principals who may see less."""
    for name, number, grid_code, seen in (
        ("chen", "C01", "G11", True),
        ("chen", "C11", "G11", False),
        ("ana", "C01", "G11", True),
        ("ana", "C03", "G11", False),
    ):
        role = "grid_manager" if name == "chen" else "terminal_manager"
        grids = (grid(company, grid_code).id,)
        principal = Principal(1, name, role, "all", None, grids, staff(company, name).id)
        if seen:
            assert view_customer(company, customer_no=number, principal=principal, now=NOW)["customer"]["customer_no"] == number
        else:
            with pytest.raises(UnknownCustomer):
                view_customer(company, customer_no=number, principal=principal, now=NOW)


def fields_of(view):
    """(section, field) of everything in a view."""
    return {
        (section, field)
        for section, found in view.items()
        for entry in (found if isinstance(found, list) else [found])
        for field in entry
    }


def named(sections):
    return {(section, field) for section, fields in sections.items() for field in fields}


def test_every_field_of_a_customer_is_in_the_table_and_none_is_there_for_nothing(company, life, monkeypatch):
    """What is put together, what the table names, and what the API can say are the same fields."""
    whole = {}
    monkeypatch.setattr(customer_360, "allowed_view", lambda view, _: whole.update(view) or view)
    company.execute(text("UPDATE customers SET lifecycle = 'grown'"))
    view_customer_whole(company, customer_no="C01", now=NOW)
    assert whole["offers"] == []
    written = fields_of(whole) | {("offers", field) for field in OfferOut.model_fields}
    assert written == named(ALLOWED[Audience.OPERATOR])
    shown = {
        (section, field)
        for section, info in CustomerViewOut.model_fields.items()
        for model in re.findall(r"(\w+Out)", str(info.annotation))
        for field in getattr(customer_view, model).model_fields
    }
    assert shown == named(ALLOWED[Audience.OPERATOR])


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia", "lin", "ada"])
def test_each_role_gets_the_fields_of_its_own_and_no_other(client_as, life, login):
    role = client_as(login).get("/auth/me").json()["role"]
    found = whole(client_as, login).json()
    allowed = ALLOWED[AUDIENCES[role]]
    assert set(found) == set(allowed)
    assert fields_of(found) | {pair for pair in named(allowed) if pair[0] == "offers"} == named(allowed)


def test_no_role_is_without_its_place_in_the_table():
    assert set(AUDIENCES) == {role.value for role in Role} - {"payroll"}
    assert set(AUDIENCES.values()) == set(ALLOWED)
    for sections in ALLOWED.values():
        assert named(sections) <= named(ALLOWED[Audience.OPERATOR])


def test_no_role_gets_a_field_that_nobody_should_have():
    for audience, sections in ALLOWED.items():
        names = {name for fields in sections.values() for name in fields}
        assert not names & {"id_number", "changed_xid", "tags_of_feed", "latitude", "longitude"}, audience
    assert "note" not in ALLOWED[Audience.PHONE]["contacts"]
    assert not ALLOWED[Audience.OFFICE]["customer"] & {"name", "phone", "address", "owner_staff_no"}


def test_a_wrong_number_is_told(client_as):
    chen = client_as("chen")
    assert chen.get("/dashboard/v1/customers/%00").status_code == 422
    assert chen.get("/dashboard/v1/customers/" + "x" * 300).status_code == 422
