"""A month is looked at before it is closed, and closed despite a check only by name, with a reason, for ever to be seen."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import set_scope
from app.models.feedback import QuarantinedFeedback
from app.models.organisation import Account
from app.points.closing.service import check_month
from app.verification.cases import open_cases
from app.verification.pleading import Case, Reason
from tests.factories import NOW, get, staff
from tests.truth import CLOSING, OCTOBER, declare_complete, make_anas_october

CHECKS, CLOSE = "/dashboard/v1/months/2026-10/close-checks", "/operations/v1/months/2026-10/close"
CARRY = "/dashboard/v1/months/carried-over"


@pytest.fixture(autouse=True)
def after_the_month():
    with clock.shifted_to(CLOSING):
        yield


@pytest.fixture
def ready(company):
    """Ana's October with every feed complete."""
    orders = make_anas_october(company)
    declare_complete(company, "orders", date(2026, 9, 1), date(2026, 10, 31))
    commit(company)
    return orders


def commit(company):
    company.commit()
    set_scope(company, scope="all")


def amiss(session):
    return [one.check.code for one in check_month(session, month=OCTOBER, now=CLOSING).findings if not one.met]


def dispute(client):
    body = {"id": str(uuid4()), "month": "2026-10", "component": "success", "expected": "15", "reason": "she bought it"}
    assert client.post("/mobile/v1/points/disputes", json=body).status_code == 200
    return body["id"]


def test_a_month_of_which_nothing_is_amiss_is_closed(client_as, company, ready):
    ada = client_as("ada")
    shown = ada.get(CHECKS).json()
    assert (shown["may_close"], [one["code"] for one in shown["checks"] if not one["met"] and one["blocking"]]) == (True, [])
    closed = ada.post(CLOSE)
    assert (closed.status_code, closed.json()["despite"]) == (200, 0), closed.text
    assert ada.get(CHECKS).json()["may_close"] is False


def test_feeds_that_are_not_complete_on_the_days_that_matter_keep_it_open(session):
    make_anas_october(session)
    found = {one.check.code: one for one in check_month(session, month=OCTOBER, now=CLOSING).findings}
    assert found["calls_incomplete"].met
    assert found["orders_incomplete"].figures["count"] > 20
    session.execute(text("DELETE FROM feed_days"))
    assert amiss(session)[:2] == ["calls_incomplete", "orders_incomplete"]
    declare_complete(session, "calls", date(2026, 10, 12), date(2026, 10, 12))
    declare_complete(session, "orders", date(2026, 9, 1), date(2026, 10, 26))
    assert found["orders_incomplete"].figures["days"][0] >= "2026-09-01"
    assert "calls_incomplete" not in amiss(session)


def test_what_is_undecided_or_waits_is_found(client_as, company, ready):
    ana = staff(company, "ana")
    dispute(client_as("ana"))
    reason = Reason("copied_notes", 1, "x", "x", {})
    open_cases(company, month=OCTOBER, cases=[Case(ana.id, ana.unit_id, (reason,))], now=NOW)
    place = {"staff_id": ana.id, "grid_id": ana.unit_id, "account_id": get(company, Account, login="ana").id, "content": {}}
    for code in ("feedback.waits_in_order", "id.wrong"):
        kept = place | {"feedback_id": code, "content_hash": b"x", "code": code, "detail": "x", "received_at": NOW}
        company.add(QuarantinedFeedback(**kept))
    commit(company)
    assert amiss(company) == [
        "existing_scheme_partial", "reviews_open", "disputes_open", "reports_held", "reports_set_aside", "plan_default",
    ]  # fmt: skip
    refused = client_as("ada").post(CLOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "month.blocked")
    assert "reviews_open, disputes_open, reports_held" in refused.json()["detail"]


def test_a_dispute_or_review_is_carried_over_by_a_person_with_a_reason_and_no_longer_keeps_it_open(client_as, company, ready):
    bea, wanted = client_as("bea"), dispute(client_as("ana"))
    ana = staff(company, "ana")
    open_cases(company, month=OCTOBER, cases=[Case(ana.id, ana.unit_id, (Reason("r", 1, "x", "x", {}),))], now=NOW)
    commit(company)
    review = str(company.scalar(text("SELECT id FROM review_cases")))
    said = {"kind": "dispute", "ref": wanted, "reason": "the warehouse answers next week"}
    assert bea.post(CARRY, json=said | {"reason": " "}).status_code == 422
    assert bea.post(CARRY, json=said | {"kind": "luck"}).status_code == 422
    assert bea.post(CARRY, json=said | {"ref": str(uuid4())}).json()["code"] == "carried.unknown"
    assert bea.post(CARRY, json=said).json()["month"] == "2026-10"
    assert bea.post(CARRY, json=said).status_code == 404
    assert bea.post(CARRY, json=said | {"kind": "review", "ref": review}).status_code == 200
    for login in ("chen", "ana", "pia", "payroll"):
        assert client_as(login).post(CARRY, json=said).status_code == client_as(login).get(CHECKS).status_code == 403, login
    assert client_as(None).post(CARRY, json=said).status_code == client_as(None).get(CHECKS).status_code == 401
    shown = {one["code"]: one for one in bea.get(CHECKS).json()["checks"]}
    assert (shown["disputes_open"]["met"], shown["disputes_open"]["figures"]) == (True, {"count": 0, "carried_over": 1})
    assert client_as("ada").post(CLOSE).status_code == 200
    set_scope(company, scope="all")
    with pytest.raises(DBAPIError, match=r"append|permission denied"):
        company.execute(text("UPDATE carried_over SET reason = 'x'"))


def test_an_administrator_closes_despite_a_check_by_name_and_that_stays_to_be_seen(client_as, company):
    make_anas_october(company)
    commit(company)
    ada = client_as("ada")
    refused = ada.post(CLOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "month.blocked")
    for despite in ([{"check": "luck", "reason": "x"}], [{"check": "reviews_open", "reason": "x"}],
                    [{"check": "orders_incomplete", "reason": " "}], [{"check": "orders_incomplete"}]):  # fmt: skip
        assert ada.post(CLOSE, json={"despite": despite}).status_code == 422, despite
    said = {"despite": [{"check": "orders_incomplete", "reason": "billing was down, checked by hand"}]}
    closed = ada.post(CLOSE, json=said)
    assert (closed.status_code, closed.json()["despite"]) == (200, 1), closed.text
    (override,) = client_as("bea").get(CHECKS).json()["overrides"]
    assert (override["check_code"], override["by"], override["reason"]) == (
        "orders_incomplete",
        "Ada",
        said["despite"][0]["reason"],
    )
    set_scope(company, scope="all")
    for change in (
        "DELETE FROM month_overrides", "UPDATE month_overrides SET reason = 'x'",
        "INSERT INTO month_overrides SELECT month, 'x', 'x', '{}', account_id, now() FROM month_overrides",
    ):  # fmt: skip
        with pytest.raises(DBAPIError):
            company.execute(text(change))
        company.rollback()
        set_scope(company, scope="all")
