"""Cases by HTTP: one page of evidence, decided with a reason, and a verdict only by two persons."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import set_scope
from app.models.evidence import EvidenceFinding, EvidenceRuleState, ReviewCase
from app.models.feedback import Verification
from app.models.notice import Notice, OutboxEvent
from app.verification.cases import open_cases
from app.verification.pleading import Case, Reason
from app.verification.service import verify_feedback
from tests.factories import NOW, customer, grid, make_work_order, staff
from tests.truth import CLOSING, OCTOBER, declare_complete, make_call, make_feedback, make_sale

PATH = "/dashboard/v1/reviews"
WHY = Reason("copied_notes", 1, "备注与他单相同", "the note is that of another report", {"alike": 0.97})


@pytest.fixture(autouse=True)
def after_the_month():
    with clock.shifted_to(CLOSING):
        yield


def open_case(company, feedback=None, rule="copied_notes"):
    reason = Reason(rule, 1, WHY.zh, WHY.en, WHY.facts)
    about = None if feedback is None else feedback.id
    case = Case(staff(company, "ana").id, grid(company, "G11").id, (reason,), about)
    open_cases(company, month=OCTOBER, cases=[case], now=NOW)
    return company.query(ReviewCase).order_by(ReviewCase.id.desc()).first()


@pytest.fixture
def feedback(company):
    """A report of Ana's by phone from 400 metres or so off, with a call, an order and a finding."""
    order = make_work_order(company)
    place = {"latitude": customer(company, "C01").latitude + 0.0036, "longitude": customer(company, "C01").longitude}
    made = make_feedback(company, order, outcome="refused", note="said no", **place)
    make_call(company, order)
    make_sale(company, order)
    finding = {"rule": "copied_notes", "rule_version": 1, "strength": 0.9, "facts": {"alike": 0.97}, "found_at": NOW}
    place = {"staff_id": made.staff_id, "grid_id": made.grid_id, "month": OCTOBER}
    company.add(EvidenceFinding(feedback_id=made.id, **finding, **place))
    company.flush()
    return made


@pytest.fixture
def case(company, feedback):
    """Its case."""
    found = open_case(company, feedback)
    company.commit()
    set_scope(company, scope="all")
    return found.id


def decide(client, case_id, decision="upheld", reason="no such talk took place"):
    return client.post(f"{PATH}/{case_id}/decision", json={"decision": decision, "reason": reason})


def second(client, case_id, agrees=True, reason="I asked the customer"):
    return client.post(f"{PATH}/{case_id}/second", json={"agrees": agrees, "reason": reason})


def verdicts(company):
    company.expire_all()
    return [one.verdict.value for one in company.query(Verification).order_by(Verification.number)]


def test_a_case_stands_in_the_queue_with_its_reason_and_all_evidence_is_on_one_page(client_as, case):
    chen = client_as("chen")
    (item,) = chen.get(PATH).json()["items"]
    assert (item["id"], item["staff_no"], item["reasons"][0]["zh"]) == (case, "ANA", WHY.zh)
    page = chen.get(f"{PATH}/{case}").json()
    evidence = page["evidence"]
    assert evidence["feedback"]["note"] == "said no"
    assert 395 < evidence["position"]["metres_to_address"] < 405
    assert [len(evidence[name]) for name in ("calls", "orders", "findings", "photos", "history")] == [1, 1, 1, 0, 0]
    assert page["manager_month"]["reports"] == 1
    assert page["manager_month"]["found"][0]["rule"] == "copied_notes"
    assert page["manager_figures"]["accuracy"] is None


def test_an_upheld_case_makes_a_verdict_only_once_a_second_person_agrees(client_as, case, company):
    chen, bea = client_as("chen"), client_as("bea")
    decided = decide(chen, case)
    assert (decided.status_code, decided.json()["seconded_at"]) == (200, None), decided.text
    assert verdicts(company) == []
    assert [one["id"] for one in bea.get(f"{PATH}?standing=to_second").json()["items"]] == [case]
    alone = second(chen, case)
    assert (alone.status_code, alone.json()["code"]) == (403, "review.same_person")
    assert verdicts(company) == []
    agreed = second(bea, case)
    assert agreed.status_code == 200, agreed.text
    assert verdicts(company) == ["contradicted"]
    again = second(client_as("ada"), case)
    assert (again.status_code, again.json()["code"]) == (409, "review.nothing_to_second")
    events = chen.get(f"{PATH}/{case}").json()["events"]
    assert [(one["act"], one["login"]) for one in events] == [("upheld", "chen"), ("seconded", "bea")]
    assert [one["id"] for one in chen.get(f"{PATH}?standing=done").json()["items"]] == [case]


def test_the_verdict_of_a_review_stands_whatever_the_feeds_say_later(client_as, case, company):
    decide(client_as("chen"), case)
    second(client_as("bea"), case)
    declare_complete(company, "calls", clock.local_date(NOW), clock.local_date(NOW))
    verify_feedback(company, now=CLOSING)
    assert verdicts(company) == ["contradicted"]


def test_a_dismissed_case_is_done_with_and_judges_nothing(client_as, case, company):
    assert decide(client_as("chen"), case, "dismissed", "she writes alike always").status_code == 200
    assert verdicts(company) == []
    again = decide(client_as("bea"), case)
    assert (again.status_code, again.json()["code"]) == (409, "review.decided")
    assert second(client_as("bea"), case).json()["code"] == "review.nothing_to_second"


def test_the_second_person_may_send_it_back_and_then_it_is_open_again_with_its_past(client_as, case, company):
    chen, bea = client_as("chen"), client_as("bea")
    decide(chen, case)
    assert second(bea, case, agrees=False, reason="ask the customer first").json()["decision"] is None
    assert [one["id"] for one in chen.get(PATH).json()["items"]] == [case]
    assert decide(chen, case, "dismissed", "the customer remembers her").status_code == 200
    acts = [one["act"] for one in chen.get(f"{PATH}/{case}").json()["events"]]
    assert acts == ["upheld", "sent_back", "dismissed"]


def test_a_case_about_a_month_contradicts_no_report_by_itself(client_as, company):
    case = open_case(company).id
    company.commit()
    decide(client_as("chen"), case)
    assert second(client_as("bea"), case).status_code == 200
    set_scope(company, scope="all")
    assert verdicts(company) == []
    assert client_as("chen").get(f"{PATH}/{case}").json()["evidence"] is None


def test_who_may_see_and_decide_whose_cases(client_as, case):
    assert client_as(None).get(PATH).status_code == decide(client_as(None), case).status_code == 401
    for login in ("ana", "bo", "pia", "lin", "payroll"):
        client = client_as(login)
        found = [client.get(PATH), client.get(f"{PATH}/{case}"), decide(client, case), second(client, case)]
        found += [client.get("/dashboard/v1/accuracy"), client.get("/operations/v1/evidence-rules")]
        assert [one.status_code for one in found] == [403] * 6, login
    fu = client_as("fu")
    elsewhere, nowhere = fu.get(f"{PATH}/{case}"), fu.get(f"{PATH}/999999")
    assert (elsewhere.status_code, elsewhere.json()) == (404, nowhere.json())
    assert decide(fu, case).status_code == second(fu, case).status_code == 404
    assert fu.get(PATH).json()["items"] == []
    assert client_as("chen").get("/operations/v1/evidence-rules").status_code == 403


def test_nobody_decides_or_seconds_on_themselves_whatever_they_have_become(client_as, case, company):
    company.execute(text("UPDATE staff SET role = 'grid_manager' WHERE staff_no = 'ANA'"))
    company.commit()
    own = decide(client_as("ana"), case)
    assert (own.status_code, own.json()["code"]) == (403, "review.own")
    decide(client_as("chen"), case)
    own = second(client_as("ana"), case)
    assert (own.status_code, own.json()["code"]) == (403, "review.own")
    set_scope(company, scope="all")
    with pytest.raises(DBAPIError, match="not decided by whom it is about"):
        company.execute(
            text("UPDATE review_cases SET seconded_at = now(), seconded_by_account_id = (SELECT a.id FROM accounts a"
                 " WHERE a.staff_id = review_cases.staff_id)")
        )  # fmt: skip
    company.rollback()


@pytest.mark.parametrize("trial", range(3))
def test_of_two_who_decide_at_once_one_does(client_as, case, trial):
    clients, together = [client_as("chen"), client_as("bea")], Barrier(2)

    def say(client):
        together.wait()
        return decide(client, case).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(say, clients)) == [200, 409]


def test_of_two_second_persons_at_once_one_makes_the_verdict(client_as, case, company):
    decide(client_as("chen"), case)
    clients, together = [client_as("bea"), client_as("ada")], Barrier(2)

    def say(client):
        together.wait()
        return second(client, case).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(say, clients)) == [200, 409]
    assert verdicts(company) == ["contradicted"]


def test_a_rule_that_is_mostly_wrong_is_switched_off_says_so_and_a_person_switches_it_on_again(client_as, company):
    order = make_work_order(company)
    cases = [open_case(company, make_feedback(company, order)).id for _ in range(10)]
    other = open_case(company, make_feedback(company, order), rule="speed").id
    company.commit()
    chen, ada = client_as("chen"), client_as("ada")
    for one in cases:
        assert decide(chen, one, "dismissed", "nothing is wrong here").status_code == 200
    decide(chen, other, "dismissed", "nothing is wrong here")
    shown = {one["rule"]: one for one in ada.get("/operations/v1/evidence-rules").json()["items"]}
    off = shown["copied_notes"]
    assert (off["decided"], off["upheld"], off["switched_off_at"] is None) == (10, 0, False)
    assert off["high"] < off["floor"]
    assert "0 of 10" in off["because"]
    assert shown["speed"]["switched_off_at"] is None
    assert (shown["speed"]["kind"], shown["note_copied"]["kind"], shown["note_copied"]["decided"]) == (None, "hint", 0)
    assert (shown["note_copied"]["set_in"], "80%" in shown["note_copied"]["limits_en"]) == (
        "app/verification/rules/copies.py",
        True,
    )
    set_scope(company, scope="all")
    (event,) = company.query(OutboxEvent).filter_by(kind="evidence_rule.switched_off")
    assert event.payload == {"rule": "copied_notes", "version": 1, "decided": 10, "upheld": 0}
    assert company.query(Notice).filter_by(kind="evidence_rule_off").count() == 1
    path = "/operations/v1/evidence-rules/copied_notes/1/on"
    assert ada.post(path, json={"because": "x"}).status_code == 422
    assert ada.post(path, json={"because": "its shingles are longer now"}).json()["switched_off_at"] is None
    again = ada.post(path, json={"because": "its shingles are longer now"})
    assert (again.status_code, again.json()["code"]) == (409, "evidence_rule.in_use")
    assert ada.post("/operations/v1/evidence-rules/luck/1/on", json={"because": "why not so"}).status_code == 404
    with clock.shifted_to(CLOSING.replace(hour=12)):
        late = open_case(company, make_feedback(company, order)).id
        company.commit()
        assert decide(client_as("chen"), late, "dismissed", "nothing is wrong here").status_code == 200
    set_scope(company, scope="all")
    company.expire_all()
    assert company.get(EvidenceRuleState, ("copied_notes", 1)).switched_off_at is None


def test_what_is_wrong_with_a_decision_is_named_and_nothing_is_kept(client_as, case):
    chen = client_as("chen")
    for body in (
        {},
        {"decision": "upheld"},
        {"decision": "maybe", "reason": "because so"},
        {"decision": "upheld", "reason": " "},
    ):
        assert chen.post(f"{PATH}/{case}/decision", json=body).status_code == 422, body
    assert chen.get(PATH, params={"standing": "asleep"}).status_code == 422
    assert len(chen.get(PATH).json()["items"]) == 1


def test_the_queue_turns_its_pages_and_a_borrowed_cursor_is_refused(client_as, company):
    order = make_work_order(company)
    cases = [open_case(company, make_feedback(company, order)).id for _ in range(3)]
    company.commit()
    chen = client_as("chen")
    first = chen.get(PATH, params={"limit": 2}).json()
    second_page = chen.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["items"] + second_page["items"]] == cases
    assert second_page["next_cursor"] is None
    assert client_as("fu").get(PATH, params={"cursor": first["next_cursor"]}).status_code == 422


def test_accuracy_is_shown_with_its_interval_beside_the_grid_s(client_as, company):
    for number, manager in enumerate(["ana"] * 4 + ["bo"] * 2, start=1):
        order = make_work_order(company, customer_no=f"C{number:02d}", manager=manager)
        make_feedback(company, order)
        make_call(company, order)
    make_feedback(company, make_work_order(company, customer_no="C07", manager="bo"))  # a call that never was
    declare_complete(company, "calls", clock.local_date(NOW), clock.local_date(NOW))
    verify_feedback(company, now=CLOSING)
    company.commit()
    ana, bo = client_as("chen").get("/dashboard/v1/accuracy?month=2026-10").json()["items"]
    assert (ana["accuracy"], ana["low"], ana["high"], ana["effective_judged"]) == ("1.00000000", "0.5101", "1.0000", "4.0")
    assert (bo["confirmed"], bo["contradicted"], bo["accuracy"]) == (2, 1, "0.66666667")
    assert float(bo["accuracy"]) < float(bo["near_grid"]) < float(bo["grid"]) < float(ana["near_grid"]) < 1
