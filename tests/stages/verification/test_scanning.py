"""A month's reports in the database, gone through by the rules: findings, cases, and what is left alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.clock import Month, local_date
from app.core.db import make_engine
from app.models.attachment import Attachment
from app.models.evidence import CaseKind, EvidenceFinding, EvidenceRuleState, ReviewCase
from app.models.feedback import Channel, Verification
from app.models.findings import FeedbackAttachment
from app.models.work_order import WorkOrder
from app.verification.scanning import scan_evidence, scan_month
from tests.factories import NOW, customer, make_campaign, make_work_order, staff
from tests.truth import OCTOBER, declare_complete, make_call, make_feedback

DAY = local_date(NOW)
LATER = NOW + timedelta(days=5)
CUSTOMERS = [f"C{n:02d}" for n in range(1, 10)]


def _orders(session, manager="ana"):
    campaign = make_campaign(session)
    return [make_work_order(session, campaign=campaign, customer_no=number, manager=manager) for number in CUSTOMERS]


def _claims(session, *, complete=True):
    """Ana claims nine calls of which none was made, Bo one that was."""
    made_up = [make_feedback(session, order, outcome="interested") for order in _orders(session)]
    order = make_work_order(session, customer_no="C10", manager="bo")
    make_feedback(session, order, outcome="interested")
    make_call(session, order)
    if complete:
        declare_complete(session, "calls", DAY, DAY)
    return made_up


def _scan(session, **how):
    return scan_month(session, month=OCTOBER, now=LATER, **how)


def _found(session, rule):
    return session.scalars(select(EvidenceFinding).where(EvidenceFinding.rule == rule)).all()


def _cases(session, kind):
    return session.scalars(select(ReviewCase).where(ReviewCase.kind == kind).order_by(ReviewCase.id)).all()


def test_claimed_calls_that_a_complete_feed_does_not_have_open_their_manager_s_case_and_nobody_else_s(session):
    made_up = _claims(session)
    counts = _scan(session)
    assert {finding.feedback_id for finding in _found(session, "call_missing")} == {feedback.id for feedback in made_up}
    (case,) = _cases(session, CaseKind.MANAGER)
    assert case.staff_id == staff(session, "ana").id
    (why,) = [reason for reason in case.reasons if reason["rule"] == "call_missing"]
    assert (why["facts"]["found"], why["facts"]["asked"]) == (9, 9)
    assert "9 of 9 reports" in why["en"]
    assert "does not prove that there was no contact" in why["en"]
    assert {case.feedback_id for case in _cases(session, CaseKind.FEEDBACK)} == {feedback.id for feedback in made_up}
    assert counts["cases"] == 10


def test_a_scan_judges_nothing(session):
    _claims(session)
    _scan(session)
    assert session.scalars(select(Verification)).all() == []


def test_a_feed_that_is_not_complete_contradicts_nobody(session):
    _claims(session, complete=False)
    counts = _scan(session)
    assert (_found(session, "call_missing"), counts["cases"]) == ([], 0)


def test_scanning_again_adds_nothing(session):
    _claims(session)
    first, second = _scan(session), _scan(session)
    assert first["findings"] >= 9
    assert (second["findings"], second["cases"]) == (0, 0)


def _switch_off(session, version):
    state = {"floor": 0.5, "decided": 20, "upheld": 4, "switched_off_at": NOW, "because": "4 of 20 upheld"}
    session.add(EvidenceRuleState(rule="call_missing", version=version, **state))
    session.flush()


def test_a_rule_that_is_switched_off_finds_nothing_and_the_scan_says_so(session):
    _claims(session)
    _switch_off(session, version=1)
    assert _scan(session)["switched_off"] == "call_missing"
    assert _found(session, "call_missing") == []


def test_a_new_version_of_a_rule_is_not_the_one_that_was_switched_off(session):
    _claims(session)
    _switch_off(session, version=0)
    assert _scan(session)["switched_off"] == "none"
    assert len(_found(session, "call_missing")) == 9


def test_a_report_that_was_corrected_is_not_looked_at(session):
    made_up = _claims(session)
    order = session.get_one(WorkOrder, made_up[0].work_order_id)
    make_feedback(session, order, outcome="interested", channel=Channel.VISIT, corrects_id=made_up[0].id)
    _scan(session)
    assert made_up[0].id not in {finding.feedback_id for finding in _found(session, "call_missing")}


def test_a_visit_is_measured_to_the_customer_s_address_with_both_errors(session):
    at = customer(session, "C01")
    at.latitude, at.longitude = 39.1, 117.2
    campaign = make_campaign(session)
    for number, (metres, accuracy) in enumerate(((400, 100), (500, 100), (500, 200)), start=1):
        target = customer(session, f"C{number:02d}")
        target.latitude, target.longitude = 39.1, 117.2
        order = make_work_order(session, campaign=campaign, customer_no=f"C{number:02d}")
        place = {"latitude": 39.1 + metres / 111_195, "longitude": 117.2, "accuracy_metres": accuracy}
        make_feedback(session, order, outcome="not_home", channel=Channel.VISIT, **place)
    _scan(session)
    (finding,) = _found(session, "visit_far")
    assert finding.facts == {"metres": 500, "error_metres": 450}


def test_photos_that_look_alike_are_found_at_both_customers(session):
    look = 0x0F0F_3C3C_A5A5_5A5A
    for number, (order, seen) in enumerate(zip(_orders(session)[:3], (look, look ^ 0b101, ~look & (2**63 - 1)), strict=True)):
        feedback = make_feedback(session, order, outcome="not_home", channel=Channel.VISIT)
        photo = Attachment(
            id=feedback.id,
            work_order_id=order.id,
            grid_id=order.grid_id,
            staff_id=order.staff_id,
            content_type="image/jpeg",
            size_bytes=1,
            sha256=bytes([number]),
            begun_at=NOW,
            touched_at=NOW,
            look=seen,
        )
        session.add_all([photo, FeedbackAttachment(feedback_id=feedback.id, attachment_id=photo.id)])
    session.flush()
    _scan(session)
    assert [finding.facts for finding in _found(session, "photo_reused")] == [{"customers": 1, "bits_apart": 2}] * 2


@pytest.mark.parametrize("change", ["UPDATE evidence_findings SET strength = 0", "DELETE FROM evidence_findings"])
def test_a_finding_is_never_changed(session, change):
    _claims(session)
    _scan(session)
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text(change))


@pytest.mark.parametrize("change", ["UPDATE evidence_findings SET strength = 0", "TRUNCATE evidence_findings"])
def test_not_even_by_the_owner_of_the_table(company, database, change):
    _claims(company)
    _scan(company)
    company.commit()
    engine = make_engine(database, as_app=False)
    with engine.begin() as owner:
        owner.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        with pytest.raises(DBAPIError, match="append-only"):
            owner.execute(text(change))
    engine.dispose()


@pytest.mark.parametrize(("day", "months"), [(12, ["2026-10"]), (1, ["2026-09"]), (4, ["2026-10", "2026-09"])])
def test_the_nightly_scan_is_of_yesterday_s_month_and_once_more_of_the_one_before(session, day, months):
    now = NOW.replace(day=day)
    counts = scan_evidence(session, now=now)
    assert [counts["month"], *([counts["month_before"]["month"]] if "month_before" in counts else [])] == months


@pytest.mark.parametrize(("day", "cases"), [(13, 0), (15, 10), (31, 10)])
def test_cases_are_opened_on_few_days_because_who_looks_daily_finds_somebody(session, day, cases):
    _claims(session)
    assert scan_evidence(session, now=NOW.replace(day=day))["cases"] == cases


def test_an_empty_month_is_scanned(session):
    assert scan_month(session, month=Month(2026, 1), now=NOW)["reports"] == 0
