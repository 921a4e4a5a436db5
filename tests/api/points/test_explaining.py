"""Any line down to its orders, reports, evidence, verdicts, rule and plan, on phone and dashboard; its parts sum to it."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from app.core import clock
from app.core.db import set_scope
from app.points.closing.close import close_month
from app.verification.asking import answer_back_check
from app.verification.drawing import draw_back_checks
from app.verification.service import verify_feedback
from tests.factories import make_work_order
from tests.phones import principal_of
from tests.truth import CLOSING, OCTOBER, declare_complete, make_anas_october, make_feedback

COMPONENTS = ("success", "accuracy", "existing_scheme")


@pytest.fixture
def orders(company):
    """Ana's October, every feed complete, open."""
    orders = make_anas_october(company)
    declare_complete(company, "orders", date(2026, 9, 1), date(2026, 10, 31))
    verify_feedback(company, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")
    with clock.shifted_to(CLOSING):
        yield orders


def close(company):
    set_scope(company, scope="all")
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")


def line_of(client, line):
    answer = client.get(f"/mobile/v1/points/2026-10/lines/{line}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_parts_and_the_things_behind_them_sum_to_the_line_open_and_closed(client_as, company, orders):
    ana = client_as("ana")
    before = {component: line_of(ana, component) for component in COMPONENTS}
    close(company)
    for component in COMPONENTS:
        after = line_of(ana, component)
        assert after["entry_id"] is not None
        assert line_of(ana, after["entry_id"])["parts"] == after["parts"]
        for shown in (before[component], after):
            assert sum(Decimal(part["points"]) for part in shown["parts"]) == Decimal(shown["points"])
            counted = [part for part in shown["parts"] if part["code"] in ("sales", "true_reports")]
            worth = sum(Decimal(item["worth"]) for item in shown["items"])
            assert worth == sum(Decimal(part["points"]) for part in counted)
        assert (after["points"], after["plan_code"], after["plan_version"]) == (before[component]["points"], "default", 1)
    assert Decimal(after["rule"]["weight"]) == 60


def test_a_sale_names_its_order_and_what_was_none_the_complete_feed(client_as, company, orders):
    close(company)
    items = {item["counted"]: item for item in line_of(client_as("ana"), "success")["items"]}
    won, lost, left = items["success"], items["failed"], items["left_out"]
    assert (won["customer_no"], won["worth"], won["because"]["en"]) == (
        "C01",
        "13.8889",
        f"billing holds the order {won['order_no']}",
    )
    assert (lost["worth"], lost["because"]["by"], lost["because"]["name"]) == ("0.0000", "feed", "orders")
    assert lost["because"]["en"].startswith("billing, complete from 2026-")
    assert left["because"]["en"].startswith("left out, neither way:")
    company.rollback()


def test_every_contradiction_names_a_complete_feed_or_a_person(client_as, company, orders):
    fu = principal_of(company, "fu")
    talk = make_feedback(company, make_work_order(company, customer_no="C08"), outcome="interested", channel="visit")
    draw_back_checks(company, month=OCTOBER, secret="s", share=1.0, now=CLOSING)
    ana = client_as("ana")
    items = line_of(ana, "accuracy")["items"]
    false = next(item for item in items if item["counted"] == "contradicted")
    assert (false["because"]["by"], false["because"]["name"]) == ("feed", "calls")
    assert "complete on 2026-10-12, holds no such call" in false["because"]["en"]
    visited = next(item for item in items if item["counted"] == "unverifiable")
    assert (visited["because"]["by"], visited["worth"]) == ("nobody", "0.0000")
    set_scope(company, scope="all")
    saying = {"reached": True, "answers": {"contacted": "no"}, "note": "nobody came", "principal": fu, "now": CLOSING}
    answer_back_check(company, feedback_id=talk.id, **saying)
    company.commit()
    close(company)
    by_person = [item for item in line_of(ana, "accuracy")["items"] if item["because"]["by"] == "person"]
    assert [item["because"]["en"] for item in by_person] == ["Fu found it not true on 2026-11-03"]
    assert all(
        item["because"]["by"] != "nobody" for item in line_of(ana, "accuracy")["items"] if item["counted"] == "contradicted"
    )


def test_what_a_dispute_posted_explains_itself(client_as, company, orders):
    close(company)
    ana = client_as("ana")
    body = {"id": str(uuid4()), "month": "2026-10", "component": "success", "expected": "13", "reason": "she bought it"}
    ana.post("/mobile/v1/points/disputes", json=body)
    said = {"decision": "accepted", "reason": "found.", "points": "1.5"}
    assert client_as("chen").post(f"/dashboard/v1/disputes/{body['id']}/decision", json=said).status_code == 200
    entry = ana.get("/mobile/v1/points/disputes").json()["items"][0]["posted"]["entry_id"]
    shown = ana.get(f"/mobile/v1/points/2026-11/lines/{entry}").json()
    (part,) = shown["parts"]
    assert (part["code"], part["points"], shown["cause"]) == ("posted", "1.5000", f"dispute:{body['id']}")
    assert part["zh"].startswith("您 2026-11-03 对 2026-10 的申诉由Chen")


def test_a_line_is_its_manager_s_and_of_those_who_lead_the_manager(client_as, company, orders):
    close(company)
    mine = line_of(client_as("ana"), "success")
    theirs = f"/dashboard/v1/points/2026-10/ANA/lines/{mine['entry_id']}"
    for login in ("chen", "bea", "ada", "pia", "lin"):
        assert client_as(login).get(theirs).json()["parts"] == mine["parts"], login
    elsewhere, nobody = client_as("fu").get(theirs), client_as("fu").get(theirs.replace("ANA", "NOBODY"))
    assert (elsewhere.status_code, elsewhere.json()) == (404, nobody.json())
    assert client_as("ana").get(theirs).status_code == client_as("payroll").get(theirs).status_code == 403
    assert client_as(None).get(theirs).status_code == 401
    other = client_as("bo").get(f"/mobile/v1/points/2026-10/lines/{mine['entry_id']}")
    assert (other.status_code, other.json()["code"]) == (404, "points.unknown_line")
    for wrong in ("luck", "0", "-1", "9" * 19, "١"):
        assert client_as("ana").get(f"/mobile/v1/points/2026-10/lines/{wrong}").status_code == 422, wrong
