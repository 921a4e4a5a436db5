"""One dispute on one page: its line, the evidence, what happened to it, and what a decision would post before it is given."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from app.core import clock
from app.core.db import set_scope
from app.models.dispute import PointsDispute
from app.models.feedback import Verification
from app.models.points import PointsEntry
from app.points.closing.close import close_month
from app.points.disputes.escalation import escalate_disputes
from app.verification.service import verify_feedback
from tests.api.points.test_dispute_outcomes import MINE, THEIRS, decide, raise_it
from tests.truth import CLOSING, OCTOBER, make_anas_october


def page_of(client, dispute):
    answer = client.get(f"{THEIRS}/{dispute['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def preview(client, dispute, **said):
    return client.post(f"{THEIRS}/{dispute['id']}/preview", json=said)


def queue(client, standing):
    return [one["id"] for one in client.get(THEIRS, params={"standing": standing}).json()["items"]]


def test_a_dispute_is_one_page_with_its_line_why_it_reads_so_and_what_happened(client_as, company, orders):
    dispute = raise_it(client_as("ana"))
    page = page_of(client_as("chen"), dispute)
    assert (page["paid"], page["difference"], page["month_closed_at"] is not None) == ("11.6667", "2.7777", True)
    assert (page["explained"]["component"], page["explained"]["points"]) == ("success", "11.6667")
    assert len(page["explained"]["items"]) == 10
    assert (page["evidence"], page["attached"], page["ways"]) == ([], [], ["points", "mended"])
    assert [(event["act"], event["by"], event["reason"]) for event in page["events"]] == [("raised", "Ana", "she bought it")]
    assert (page["own"], page["proposed_by_me"], page["accepted_before"], page["second_above"]) == (False, False, "0", "5")


def test_of_one_work_order_the_page_shows_all_that_is_known_of_its_report_and_which_files_came(client_as, orders):
    never_came = str(uuid4())
    dispute = raise_it(
        client_as("ana"), component="accuracy", work_order_id=orders[4].id, expected="true", attachment_ids=[never_came]
    )
    page = page_of(client_as("chen"), dispute)
    (report,) = page["evidence"]
    assert (report["feedback"]["work_order_id"], report["verdicts"][-1]["verdict"]) == (orders[4].id, "contradicted")
    assert (page["ways"], page["difference"]) == (["verdict", "mended"], None)
    assert page["attached"] == [{"id": never_came, "content_type": None, "standing": "not_arrived"}]


def test_a_month_s_accuracy_is_shown_with_the_reports_that_stand_contradicted(client_as, orders):
    page = page_of(client_as("chen"), raise_it(client_as("ana"), component="accuracy", expected="20"))
    assert [one["verdicts"][-1]["verdict"] for one in page["evidence"]] == ["contradicted"]
    assert page["ways"] == ["points", "verdict", "mended"]


def test_what_a_decision_would_post_is_shown_before_and_nothing_of_it_stays(client_as, company, orders):
    chen, dispute = client_as("chen"), raise_it(client_as("ana"))
    few = {"points": "2.7777", "posted_to": "2026-11", "waits_for_second": False, "feedback_id": None, "verdict": None}
    assert preview(chen, dispute, points="2.7777").json() == few
    assert preview(chen, dispute, points="6").json() == few | {"points": "6.0000", "waits_for_second": True}
    assert preview(chen, dispute).json() == few | {"points": None, "posted_to": None}
    set_scope(company, scope="all")
    assert company.query(PointsEntry).filter(PointsEntry.dispute_id.is_not(None)).count() == 0
    assert queue(chen, "open") == [dispute["id"]]
    assert queue(chen, "to_second") == []
    assert decide(chen, dispute, points="2.7777").json()["accepted_points"] == "2.7777"


def test_what_a_verdict_would_be_worth_is_shown_before_and_no_verdict_stays(client_as, company, orders):
    chen = client_as("chen")
    dispute = raise_it(client_as("ana"), component="accuracy", work_order_id=orders[4].id, expected="true")
    would = preview(chen, dispute, verdict="confirmed").json()
    assert (would["points"], would["posted_to"], would["waits_for_second"]) == ("8.5714", "2026-11", True)
    assert would["feedback_id"] == dispute["shown"]["work_order"][0]["feedback_id"]
    set_scope(company, scope="all")
    assert company.query(Verification).filter(Verification.kind == "dispute").count() == 0
    assert company.query(PointsDispute).one().proposed_at is None


def test_of_an_open_month_a_verdict_posts_nothing_and_points_go_to_the_month_itself(client_as, company):
    orders_ = make_anas_october(company)
    verify_feedback(company, now=CLOSING)
    company.commit()
    with clock.shifted_to(CLOSING):
        ana, chen = client_as("ana"), client_as("chen")
        report = raise_it(ana, component="accuracy", work_order_id=orders_[4].id, expected="true")
        would = preview(chen, report, verdict="confirmed").json()
        assert (would["points"], would["posted_to"]) == ("8.5714", None)
        assert preview(chen, raise_it(ana), points="1").json()["posted_to"] == "2026-10"
        sale = raise_it(ana, work_order_id=orders_[9].id)
        assert (page_of(chen, sale)["ways"], preview(chen, sale, points="1").status_code) == (["mended"], 422)


def test_the_ways_that_a_page_offers_are_those_that_are_not_refused(client_as, orders):
    ana, chen = client_as("ana"), client_as("chen")
    said = {"points": {"points": "1"}, "verdict": {"verdict": "confirmed"}, "mended": {}}
    for line in ({}, {"component": "accuracy"}, {"work_order_id": orders[9].id},
                 {"component": "accuracy", "work_order_id": orders[4].id}, {"component": "existing_scheme"}):  # fmt: skip
        dispute = raise_it(ana, **line)
        page = page_of(chen, dispute)
        named = {"feedback_id": page["evidence"][0]["feedback"]["id"]} if page["evidence"] else {}
        taken = [
            way
            for way, body in said.items()
            if preview(chen, dispute, **body | (named if way == "verdict" else {})).status_code == 200
        ]
        assert taken == page["ways"], line


def test_nobody_looks_ahead_on_their_own_dispute_and_the_page_says_whose_it_is(client_as, company, orders):
    dispute = raise_it(client_as("ana"))
    company.execute(text("UPDATE staff SET role = 'grid_manager' WHERE staff_no = 'ANA'"))
    company.commit()
    ana = client_as("ana")
    assert page_of(ana, dispute)["own"] is True
    for answer in (preview(ana, dispute, points="1"), decide(ana, dispute)):
        assert (answer.status_code, answer.json()["code"]) == (403, "dispute.own")


def test_a_dispute_elsewhere_is_not_there(client_as, orders):
    dispute = raise_it(client_as("ana"))
    fu = client_as("fu")
    assert fu.get(f"{THEIRS}/{dispute['id']}").status_code == preview(fu, dispute, points="1").status_code == 404
    assert fu.get(f"{THEIRS}/{uuid4()}").json() == fu.get(f"{THEIRS}/{dispute['id']}").json()
    assert client_as("ana").get(f"{THEIRS}/{dispute['id']}").status_code == 403


def test_the_queue_is_told_apart_by_where_each_stands_and_the_longest_waiting_comes_first(client_as, company, orders):
    ana, chen, bea = (client_as(who) for who in ("ana", "chen", "bea"))
    first, second = raise_it(ana), raise_it(ana, component="accuracy")
    assert queue(chen, "open") == [first["id"], second["id"]]
    assert (queue(chen, "overdue"), queue(chen, "to_second"), queue(chen, "decided")) == ([], [], [])
    decide(chen, first, points="6")
    assert queue(chen, "to_second") == [first["id"]]
    assert (page_of(chen, first)["proposed_by_me"], page_of(bea, first)["proposed_by_me"]) == (True, False)
    with clock.shifted_to(CLOSING + timedelta(days=13)):
        set_scope(company, scope="all")
        escalate_disputes(company, now=clock.now())
        company.commit()
        chen, bea = client_as("chen"), client_as("bea")
        assert queue(chen, "overdue") == [first["id"], second["id"]]
        assert [event["act"] for event in page_of(bea, second)["events"]] == ["raised", "told_branch", "told_company"]
        decide(bea, second, decision="rejected", reason="the calls were not there")
        last = page_of(chen, second)["events"][-1]
        assert (last["act"], last["by"], last["role"]) == ("rejected", "Bea", "branch_manager")
        assert queue(chen, "decided") == [second["id"]]
    once = client_as("chen").get(THEIRS, params={"standing": "open", "limit": 1}).json()
    assert (once["items"][0]["id"], once["next_cursor"]) == (first["id"], None)


def test_the_phone_says_who_decided_and_as_what(client_as, orders):
    ana, dispute = client_as("ana"), raise_it(client_as("ana"))
    assert (dispute["decided_by"], dispute["decided_by_role"], dispute["accepted_points"]) == (None, None, None)
    decide(client_as("bea"), dispute, points="2")
    (mine,) = ana.get(MINE).json()["items"]
    assert (mine["decided_by"], mine["decided_by_role"], mine["accepted_points"]) == ("Bea", "branch_manager", "2.0000")


def test_a_dispute_of_a_month_that_was_closed_since_is_paged_and_posted_to_the_open_one(client_as, company):
    make_anas_october(company)
    company.commit()
    with clock.shifted_to(CLOSING):
        dispute, chen = raise_it(client_as("ana")), client_as("chen")
        set_scope(company, scope="all")
        close_month(company, month=OCTOBER, now=CLOSING + timedelta(hours=1))
        company.commit()
        page = page_of(chen, dispute)
        assert (page["explained"]["points"], page["paid"]) == ("11.6667", "11.6667")
        assert preview(chen, dispute, points="1").json()["posted_to"] == "2026-11"
