"""What becomes of disputes: points posted to the open month, by two persons where they are many, and told when overdue."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import set_scope
from app.models.feedback import Verification
from app.models.notice import OutboxEvent
from app.models.organisation import Holiday
from app.models.points import PointsEntry
from app.points.closing.close import close_month
from app.points.disputes.escalation import escalate_disputes
from app.points.late.service import adjust_closed_months
from app.verification.service import verify_feedback
from tests.factories import staff
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_sale

MINE, THEIRS = "/mobile/v1/points/disputes", "/dashboard/v1/disputes"


def raise_it(client, **overrides):
    body = {"id": str(uuid4()), "month": "2026-10", "component": "success", "expected": "14.4444", "reason": "she bought it"}
    answer = client.post(MINE, json=body | overrides)
    assert answer.status_code == 200, answer.text
    return answer.json()


def decide(client, dispute, **said):
    said = {"decision": "accepted", "reason": "the order is there."} | said
    return client.post(f"{THEIRS}/{dispute['id']}/decision", json=said)


def test_an_accepted_dispute_of_a_closed_month_posts_its_points_to_the_open_one_linked_to_line_and_dispute(
    client_as, company, orders
):
    ana, chen = client_as("ana"), client_as("chen")
    dispute = raise_it(ana)
    assert (dispute["expected_points"], dispute["due_on"], dispute["posted"]) == ("14.4444", "2026-11-10", None)
    before = ana.get("/mobile/v1/points?month=2026-10").json()
    assert decide(chen, dispute, points="2.7777").json()["status"] == "accepted"
    (mine,) = ana.get(MINE).json()["items"]
    assert (mine["posted"]["month"], mine["posted"]["points"]) == ("2026-11", "2.7777")
    now = ana.get("/mobile/v1/points?month=2026-11").json()
    (line,) = [one for one in now["lines"] if one["entry_id"] is not None]
    earned = next(one for one in before["lines"] if one["component"] == "success")
    assert (line["entry_id"], line["refers_to_entry"]) == (mine["posted"]["entry_id"], earned["entry_id"])
    assert line["cause"] == f"dispute:{dispute['id']}"
    assert "accepted by Chen on 2026-11-03: the order is there. It is worth +2.7777 points" in line["words"]
    assert ana.get("/mobile/v1/points?month=2026-10").json() == before


def test_what_a_dispute_corrected_does_not_disturb_late_news_of_the_same_line(client_as, company, orders):
    decide(client_as("chen"), raise_it(client_as("ana")), points="2.5")
    set_scope(company, scope="all")
    make_sale(company, orders[6])
    make_sale(company, orders[8])
    assert adjust_closed_months(company, now=CLOSING + timedelta(hours=1))["late_wins"] == 1


def test_what_a_dispute_paid_for_a_work_order_is_set_off_once_when_it_counts_so(client_as, company, orders):
    """She bought it, said the dispute; then billing says so: the sale is worth 8.3333, and 2.5 were paid for it before."""
    ana, chen = client_as("ana"), client_as("chen")
    decide(chen, raise_it(ana, work_order_id=orders[9].id), points="2.5")
    set_scope(company, scope="all")
    sale = make_sale(company, orders[9])
    counts = adjust_closed_months(company, now=CLOSING + timedelta(hours=1))
    assert (counts["late_wins"], counts["points"]) == (1, "5.8333")
    late = company.query(PointsEntry).filter(PointsEntry.cause == f"late_win:{orders[9].id}").one()
    assert "worth 8.3333 points. An accepted dispute paid 2.5 for it before" in late.explanation["words"]
    sale.cancelled_at = sale.ordered_at + timedelta(hours=1)
    company.flush()
    assert adjust_closed_months(company, now=CLOSING + timedelta(hours=2))["points"] == "-8.3333"
    make_sale(company, orders[9])
    assert adjust_closed_months(company, now=CLOSING + timedelta(hours=3))["points"] == "8.3333"


def test_an_upheld_dispute_about_a_report_posts_what_its_new_verdict_is_worth_and_late_news_nothing_more(
    client_as, company, orders
):
    """4 of 5 true are 11.4286; 5 of 5 are 20: 8.5714 more, which takes two persons."""
    ana, chen, bea = (client_as(who) for who in ("ana", "chen", "bea"))
    dispute = raise_it(ana, component="accuracy", work_order_id=orders[4].id, expected="true", expected_points=None)
    refused = decide(chen, dispute, points="8.5714")
    assert (refused.status_code, "verdict" in refused.text) == (422, True)
    assert decide(chen, dispute, verdict="contradicted").status_code == 422
    first = decide(chen, dispute, verdict="confirmed").json()
    assert (first["status"], first["waits_for_second"], first["verdict"]) == ("open", True, "confirmed")
    assert decide(chen, dispute, verdict="confirmed").json()["code"] == "dispute.second_person"
    set_scope(company, scope="all")
    assert company.query(Verification).filter(Verification.kind == "dispute").count() == 0
    both = decide(bea, dispute, verdict="confirmed").json()
    (report,) = dispute["shown"]["work_order"]
    assert (both["status"], both["accepted_points"], both["feedback_id"]) == ("accepted", "8.5714", report["feedback_id"])
    (mine,) = ana.get(MINE).json()["items"]
    assert (mine["posted"]["month"], mine["posted"]["points"], mine["verdict"]) == ("2026-11", "8.5714", "confirmed")
    line = ana.get(f"/mobile/v1/points/2026-11/lines/{mine['posted']['entry_id']}").json()
    assert (line["cause"], [item["counted"] for item in line["items"]]) == (f"dispute:{dispute['id']}", ["confirmed"])
    assert "Bea found it true" in line["items"][0]["because"]["en"]
    set_scope(company, scope="all")
    assert adjust_closed_months(company, now=CLOSING + timedelta(hours=1))["verdicts"] == 0


def test_many_points_wait_for_another_person_who_accepts_the_same(client_as, company, orders):
    chen, bea = client_as("chen"), client_as("bea")
    dispute = raise_it(client_as("ana"))
    first = decide(chen, dispute, points="6").json()
    assert (first["status"], first["waits_for_second"]) == ("open", True)
    again = decide(chen, dispute, points="6")
    assert (again.status_code, again.json()["code"]) == (403, "dispute.second_person")
    assert company.query(PointsEntry).filter(PointsEntry.cause.is_not(None)).count() == 0
    (waiting,) = bea.get(THEIRS).json()["items"]
    assert (waiting["waits_for_second"], waiting["proposed_points"]) == (True, "6.0000")
    assert decide(bea, dispute, points="7").json()["waits_for_second"] is True
    assert decide(bea, dispute, points="7").status_code == 403
    assert decide(chen, dispute, points="7").json() | {"decided_at": 0, "id": 0} == {
        "id": 0, "status": "accepted", "decision_reason": "the order is there.", "decided_at": 0,
        "waits_for_second": False, "accepted_points": "7.0000", "feedback_id": None, "verdict": None,
    }  # fmt: skip


def test_many_small_disputes_of_a_month_take_two_persons_too(client_as, orders):
    ana, chen = client_as("ana"), client_as("chen")
    assert decide(chen, raise_it(ana), points="-3").json()["status"] == "accepted"
    assert decide(chen, raise_it(ana), points="3").json()["waits_for_second"] is True


def test_the_database_holds_the_second_person_and_what_was_decided(client_as, company, orders):
    dispute = raise_it(client_as("ana"))
    decide(client_as("chen"), dispute, points="6")
    set_scope(company, scope="all")
    accept = (
        "UPDATE points_disputes SET decision = 'accepted', decided_at = now(), decision_reason = 'x',"
        " decided_by_staff_id = proposed_by_staff_id"
    )
    with pytest.raises(DBAPIError, match="ck_points_disputes_second_person"):
        company.execute(text(accept))
    company.rollback()
    decide(client_as("bea"), dispute, points="6")
    for change in ("UPDATE points_disputes SET accepted_points = 9", "DELETE FROM points_disputes"):
        set_scope(company, scope="all")
        with pytest.raises(DBAPIError, match=r"is decided|permission denied"):
            company.execute(text(change))
        company.rollback()


def test_a_dispute_of_an_open_month_posts_to_that_month(client_as, company):
    make_anas_october(company)
    company.commit()
    with clock.shifted_to(CLOSING):
        ana = client_as("ana")
        decide(client_as("chen"), raise_it(ana), points="1")
        set_scope(company, scope="all")
        close_month(company, month=OCTOBER, now=CLOSING + timedelta(hours=1))
        company.commit()
        assert ana.get("/mobile/v1/points?month=2026-10").json()["total"] == "74.6153"


def test_of_an_open_month_a_work_order_is_not_settled_in_points_and_a_report_by_its_verdict(client_as, company):
    orders = make_anas_october(company)
    verify_feedback(company, now=CLOSING)
    company.commit()
    with clock.shifted_to(CLOSING):
        ana, chen, bea = (client_as(who) for who in ("ana", "chen", "bea"))
        refused = decide(chen, raise_it(ana, work_order_id=orders[9].id), points="1")
        assert (refused.status_code, "open" in refused.text) == (422, True)
        dispute = raise_it(ana, component="accuracy", work_order_id=orders[4].id, expected="true")
        assert decide(chen, dispute, verdict="confirmed").json()["waits_for_second"] is True
        assert decide(bea, dispute, verdict="confirmed").json()["accepted_points"] == "8.5714"
        mine = next(one for one in ana.get(MINE).json()["items"] if one["component"] == "accuracy")
        assert (mine["posted"], mine["verdict"]) == (None, "confirmed")
        lines = ana.get("/mobile/v1/points?month=2026-10").json()["lines"]
        assert [line["points"] for line in lines if line["component"] == "accuracy"] == ["20.0000"]


def test_wrong_points_are_named_and_nothing_is_decided(client_as, orders):
    dispute, chen = raise_it(client_as("ana")), client_as("chen")
    for said in ({"points": "0"}, {"points": "1.23456"}, {"points": "x"}, {"points": "NaN"}, {"points": "1e9"},
                 {"points": "1", "decision": "rejected"}, {"points": 10**20}):  # fmt: skip
        answer = decide(chen, dispute, **said)
        assert (answer.status_code, "points" in answer.text) == (422, True), said
    assert decide(chen, dispute, reason="  ").status_code == 422
    assert len(chen.get(THEIRS).json()["items"]) == 1


def test_a_month_s_lines_are_disputed_for_thirty_days_after_its_close(client_as, orders):
    with clock.shifted_to(CLOSING + timedelta(days=31)):
        body = {"id": str(uuid4()), "month": "2026-10", "component": "success", "expected": "20", "reason": "late"}
        answer = client_as("ana").post(MINE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "dispute.too_late")
    assert "until 2026-12-03" in answer.json()["detail"]


def test_an_overdue_dispute_reaches_the_branch_manager_then_the_company_once_and_is_resolved_by_the_decision(
    client_as, company, orders
):
    company.add(Holiday(day=date(2026, 11, 10), name="none works"))
    company.commit()
    dispute = raise_it(client_as("ana"))
    assert dispute["due_on"] == "2026-11-11"
    told = []
    for days in (8, 9, 9, 10, 13, 13):  # Wednesday the 11th is its last day; Monday the 16th is three working days after it
        set_scope(company, scope="all")
        counts = escalate_disputes(company, now=CLOSING + timedelta(days=days))
        told.append((counts["to_branch"], counts["to_company"]))
        company.commit()
    assert told == [(0, 0), (1, 0), (0, 0), (0, 0), (0, 1), (0, 0)]
    with clock.shifted_to(CLOSING + timedelta(days=13)):
        notices = {who: client_as(who).get("/dashboard/v1/notices").json()["items"] for who in ("bea", "ada", "chen")}
        assert [len(notices[who]) for who in ("bea", "ada", "chen")] == [1, 1, 0]
        assert "past their last day, the oldest due on 2026-11-11" in notices["bea"][0]["text_en"]
        assert client_as("ana").get(MINE).json()["items"][0]["overdue"] is True
        decide(client_as("bea"), dispute, decision="rejected")
        set_scope(company, scope="all")
        assert escalate_disputes(company, now=clock.now())["resolved"] == 2
        company.commit()
        assert client_as("bea").get("/dashboard/v1/notices").json()["items"] == []
    set_scope(company, scope="all")
    events = company.query(OutboxEvent).filter(OutboxEvent.kind == "disputes.overdue").order_by(OutboxEvent.happened_at)
    assert [event.payload["level"] for event in events] == ["branch", "company"]


def test_the_rate_of_disputes_is_shown_by_month_and_plan(client_as, company, orders):
    ana, chen = client_as("ana"), client_as("chen")
    decide(chen, raise_it(ana), points="2")
    raise_it(ana, component="accuracy")
    (rate,) = chen.get(f"{THEIRS}/rates?month=2026-10").json()["items"]
    assert (rate["plan_code"], rate["plan_version"], rate["managers"], rate["disputing"]) == ("default", 1, 2, 1)
    assert (rate["rate"], rate["disputes"], rate["open"], rate["accepted"]) == ("0.50000000", 2, 1, 1)
    assert (rate["share_in_time"], rate["points"]) == ("1.00000000", "2.0000")
    assert client_as("fu").get(f"{THEIRS}/rates?month=2026-10").json()["items"][0]["disputes"] == 0
    assert client_as("ana").get(f"{THEIRS}/rates").status_code == client_as("payroll").get(f"{THEIRS}/rates").status_code == 403
    assert client_as(None).get(f"{THEIRS}/rates").status_code == 401
    assert Decimal(rate["points"]) == 2
    assert staff(company, "ana").id
