"""Points on the phone and the dashboard, closing a month, and answering back-checks."""

from datetime import date, timedelta

import pytest

from app.core import clock
from app.core.db import set_scope
from app.models.feedback import QuarantinedFeedback
from app.models.organisation import Account
from app.points.closing.close import close_month
from tests.factories import NOW, get, make_work_order, staff
from tests.truth import CLOSING, OCTOBER, declare_complete, make_anas_october, make_feedback


@pytest.fixture
def orders(company):
    """Ana's October with everything said and nothing judged."""
    orders = make_anas_october(company)
    company.commit()
    set_scope(company, scope="all")
    return orders


def _close(company):
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")


def test_the_phone_shows_what_is_provisional_pending_and_rejected(client_as, company, orders):
    ana = staff(company, "ana")
    company.add(
        QuarantinedFeedback(
            feedback_id="no uuid",
            staff_id=ana.id,
            grid_id=ana.unit_id,
            account_id=get(company, Account, login="ana").id,
            content={},
            content_hash=b"x",
            code="id.wrong",
            detail="id: expected a UUID",
            received_at=NOW,
        )
    )
    company.commit()
    with clock.shifted_to(CLOSING):
        month = client_as("ana").get("/mobile/v1/points?month=2026-10").json()
    assert month["closed_at"] is None
    assert month["as_of"].startswith("2026-11-03T01:00")
    assert month["pending_feedback"] == 6
    assert [rejected["code"] for rejected in month["rejected"]] == ["id.wrong"]
    assert month["lines"][0]["points"] == "11.6667"
    reports = [one for one in month["pending"] if one["kind"] == "feedback"]
    assert [one["code"] for one in reports] == ["not_checked"] * 6
    assert {one["work_order_id"] for one in reports} <= {order.id for order in orders}


def test_what_matures_later_says_from_when_it_counts(client_as, company):
    order = make_work_order(company)
    company.commit()
    with clock.shifted_to(NOW):
        month = client_as("ana").get("/mobile/v1/points?month=2026-10").json()
    (waiting,) = month["pending"]
    assert (waiting["work_order_id"], waiting["code"], waiting["en"]) == (order.id, "maturing", "counts from 2026-10-27 on")
    assert month["waiting_work_orders"] == 1


def test_the_phone_shows_a_closed_month_down_to_the_work_orders(client_as, company, orders):
    _close(company)
    ana = client_as("ana")
    month = ana.get("/mobile/v1/points?month=2026-10").json()
    assert (month["total"], month["closed_at"]) == ("73.6153", "2026-11-03T01:00:00Z")
    assert (month["pending"], month["pending_feedback"]) == ([], 0)
    lines = ana.get("/mobile/v1/points/2026-10/lines").json()["items"]
    assert len(lines) == 16
    assert {line["component"] for line in lines} == {"success", "accuracy"}


def test_a_month_is_this_one_where_none_is_named(client_as, orders):
    with clock.shifted_to(NOW):
        assert client_as("ana").get("/mobile/v1/points").json()["month"] == "2026-10"


def test_nobody_sees_the_points_of_another(client_as, company, orders):
    _close(company)
    bo = client_as("bo")
    assert bo.get("/mobile/v1/points?month=2026-10").json()["lines"][0]["figures"]["matured"] == 0
    assert bo.get("/mobile/v1/points/2026-10/lines").json()["items"] == []
    assert client_as(None).get("/mobile/v1/points").status_code == 401
    assert client_as("chen").get("/mobile/v1/points").status_code == 403
    assert client_as("payroll").get("/mobile/v1/points/2026-10/lines").status_code == 403


def test_what_is_no_month_is_invalid(client_as):
    ana = client_as("ana")
    for month in ("2026-13", "1970-12", "2099-01", "x", "%00", ""):
        assert ana.get(f"/mobile/v1/points?month={month}").status_code == 422, month


def test_a_dashboard_shows_the_managers_of_its_own_grids(client_as, company, orders):
    with clock.shifted_to(CLOSING):
        chen, fu, bea, ada = (client_as(login) for login in ("chen", "fu", "bea", "ada"))
        for closed in (False, True):
            first, *others = (client.get("/dashboard/v1/points/2026-10").json()["items"] for client in (chen, fu, bea, ada))
            assert [one["staff_no"] for one in first] == ["ANA", "BO"]
            assert [[one["staff_no"] for one in each] for each in others] == [
                ["CY"],
                ["ANA", "BO", "CY"],
                ["ANA", "BO", "CY", "DEE"],
            ]
            assert (first[0]["successes"], first[0]["matured"], first[0]["success_rate"]) == (1, 8, "0.12500000")
            assert first[0]["accuracy"] == ("0.80000000" if closed else None)
            if not closed:
                _close(company)


def test_credit_is_a_number_whether_it_is_shared_or_not(client_as, company, orders):
    shared, bo = orders[0], staff(company, "bo")
    for person, days in ((bo, 4), (staff(company, "ana"), 3)):  # both before the sale
        make_feedback(company, shared, outcome="interested", staff_id=person.id, contacted_at=NOW - timedelta(days=days))
    company.commit()
    with clock.shifted_to(CLOSING):
        ana, bo_s, *_ = client_as("chen").get("/dashboard/v1/points/2026-10").json()["items"]
    assert (ana["successes"], ana["matured"]) == (0.6, 7.6)
    assert (bo_s["successes"], bo_s["matured"]) == (0.4, 0.4)
    assert {type(one[name]) for one in (ana, bo_s) for name in ("successes", "matured")} == {float}
    schemas = client_as(None).get("/openapi.json").json()["components"]["schemas"].values()
    (manager,) = (one["properties"] for one in schemas if {"matured", "success_index"} <= one.get("properties", {}).keys())
    assert manager["successes"]["type"] == manager["matured"]["type"] == "number"


def test_a_phone_says_until_when_a_line_may_be_disputed(client_as, company, orders):
    ana = client_as("ana")
    with clock.shifted_to(CLOSING):
        assert ana.get("/mobile/v1/points?month=2026-10").json()["dispute_until"] is None
        _close(company)
        closed = ana.get("/mobile/v1/points?month=2026-10").json()
        assert closed["dispute_until"] == "2026-12-03"  # 30 days after the 3rd of November
    with clock.shifted_to(CLOSING + timedelta(days=1)):
        as_of = {"month": "2026-10", "as_of": (CLOSING + timedelta(hours=1)).isoformat()}
        assert ana.get("/mobile/v1/points", params=as_of).json() == closed | {"as_of": closed["as_of"]}


def test_a_dashboard_turns_its_pages(client_as, company):
    _close(company)
    ada = client_as("ada")
    first = ada.get("/dashboard/v1/points/2026-10?limit=3").json()
    second = ada.get("/dashboard/v1/points/2026-10", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [one["staff_no"] for one in first["items"] + second["items"]] == ["ANA", "BO", "CY", "DEE"]
    assert second["next_cursor"] is None
    borrowed = client_as("chen").get("/dashboard/v1/points/2026-10", params={"cursor": first["next_cursor"]})
    assert borrowed.status_code == 422


def test_a_terminal_manager_sees_no_dashboard(client_as):
    ana = client_as("ana")
    assert ana.get("/dashboard/v1/points/2026-10").status_code == 403
    assert ana.get("/dashboard/v1/back-checks").status_code == 403
    assert client_as(None).get("/dashboard/v1/back-checks").status_code == 401


def test_an_administrator_closes_a_month_once_it_is_over(client_as, company, orders):
    declare_complete(company, "orders", date(2026, 9, 1), date(2026, 10, 31))
    company.commit()
    ada = client_as("ada")
    with clock.shifted_to(NOW):
        early = ada.post("/operations/v1/months/2026-10/close")
    assert (early.status_code, early.json()["code"]) == (409, "month.not_over")
    with clock.shifted_to(CLOSING):
        ada = client_as("ada")
        done = ada.post("/operations/v1/months/2026-10/close")
        again = ada.post("/operations/v1/months/2026-10/close")
    assert (done.status_code, done.json()["entries"]) == (200, 12)
    assert (again.status_code, again.json()["code"]) == (409, "month.already_closed")


def test_only_an_administrator_closes_a_month(client_as):
    with clock.shifted_to(CLOSING):
        assert client_as(None).post("/operations/v1/months/2026-10/close").status_code == 401
        for login in ("ana", "chen", "bea", "pia", "lin", "payroll"):
            assert client_as(login).post("/operations/v1/months/2026-10/close").status_code == 403


def test_phone_and_dashboard_show_a_month_as_it_was_served_then(client_as, company):
    with clock.shifted_to(NOW):
        set_scope(company, scope="all")
        make_anas_october(company)
        company.commit()
        set_scope(company, scope="all")
    with clock.shifted_to(CLOSING):
        before = client_as("ana").get("/mobile/v1/points?month=2026-10").json()
        _close(company)
    with clock.shifted_to(CLOSING + timedelta(days=2)):
        ana, chen = client_as("ana"), client_as("chen")
        now = ana.get("/mobile/v1/points?month=2026-10").json()
        when = {"month": "2026-10", "as_of": (CLOSING - timedelta(minutes=1)).isoformat()}
        then = ana.get("/mobile/v1/points", params=when).json()
        theirs = chen.get("/dashboard/v1/points/2026-10", params=when).json()["items"][0]
        assert now["closed_at"] is not None
        assert (then["closed_at"], then["total"], theirs["total"]) == (None, before["total"], before["total"])
        assert then["lines"] == before["lines"] == theirs["lines"]
        at_the_close = ana.get("/mobile/v1/points", params=when | {"as_of": CLOSING.isoformat()}).json()
        assert at_the_close["total"] == now["total"]
        for wrong in ("2026-11-30T00:00:00Z", "2026-11-01T00:00:00", "x", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
            for client, path in ((ana, "/mobile/v1/points"), (chen, "/dashboard/v1/points/2026-10")):
                assert client.get(path, params={"as_of": wrong}).status_code == 422, (path, wrong)
