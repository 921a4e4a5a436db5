"""Refusals and consents: the newest word of a customer counts, and work that is out disappears."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.core.db import set_scope
from app.dispatch.intake import take_in
from app.ingest.preferences import Refusal, claim_preferences, keep_refusal
from app.ingest.service import import_feed
from app.models.customer import ContactPreference
from app.models.work_order import WorkOrderState
from tests.factories import NOW, customer, make_work_order

HEADER = "customer_no,scope,status,recorded_at,until,source\n"


@pytest.fixture
def apply(session, tmp_path):
    def import_it(content, take=import_feed, **options):
        path = tmp_path / "preferences.csv"
        path.write_text(HEADER + content)
        return take(session, feed="contact_preferences", path=path, file_name=path.name, now=NOW, **options)

    return import_it


def held(session):
    session.expire_all()
    return [(p.scope, p.status.value, p.recorded_at.day) for p in session.scalars(select(ContactPreference).order_by("scope"))]


def test_within_a_file_the_newest_word_counts_whatever_the_order_of_lines(session, apply):
    report = apply(
        "C01,all,refused,2026-10-03T09:00:00+08:00,,\nC01,all,allowed,2026-10-01T09:00:00+08:00,,\nC01,sms,refused,2026-10-02T09:00:00+08:00,,\n"
    )
    assert held(session) == [("all", "refused", 3), ("sms", "refused", 2)]
    assert report.counts["superseded"] == 1


def test_at_the_same_instant_the_newest_file_counts(session, apply):
    apply("C01,all,allowed,2026-10-03T09:00:00+08:00,,\n")
    assert apply("C01,all,refused,2026-10-03T09:00:00+08:00,,\n").counts["updated"] == 1
    assert held(session) == [("all", "refused", 3)]


def test_an_old_consent_that_comes_late_does_not_lift_a_refusal(session, apply):
    apply("C01,all,refused,2026-10-03T09:00:00+08:00,,\n")
    late = apply("C01,all,allowed,2026-10-01T09:00:00+08:00,,\n")
    assert (held(session), late.counts["superseded"]) == ([("all", "refused", 3)], 1)


def test_a_full_load_is_the_truth_even_where_it_is_older(session, apply):
    apply("C01,all,refused,2026-10-03T09:00:00+08:00,,\n")
    apply("C01,all,allowed,2026-10-01T09:00:00+08:00,,\n", full=True)
    assert held(session) == [("all", "allowed", 1)]


@pytest.mark.parametrize("full", [False, True])
def test_an_extract_of_before_does_not_lift_what_a_customer_told_a_manager_and_a_later_word_does(session, apply, full):
    refusal = Refusal("all", None, NOW, "5f0c3f7e")
    keep_refusal(session, customer_id=customer(session, "C01").id, refusal=refusal)
    apply("C01,all,allowed,2026-10-11T09:00:00+08:00,,\nC02,sms,allowed,2026-10-11T09:00:00+08:00,,\n", full=full)
    assert held(session) == [("all", "refused", 12), ("sms", "allowed", 11)]
    apply("C02,sms,refused,2026-10-11T09:00:00+08:00,,\n", full=full)  # which does not know of C01's at all
    assert held(session) == [("all", "refused", 12), ("sms", "refused", 11)]
    apply("C01,all,allowed,2026-10-13T09:00:00+08:00,,\nC02,sms,allowed,2026-10-13T09:00:00+08:00,,\n", full=full)
    assert held(session) == [("all", "allowed", 13), ("sms", "allowed", 13)]


def test_a_tap_during_an_import_waits_for_it_and_holds(sessions, company, tmp_path):
    path = tmp_path / "preferences.csv"
    path.write_text(HEADER + "C01,all,allowed,2026-10-11T09:00:00+08:00,,\n")
    import_feed(company, feed="contact_preferences", path=path, file_name=path.name, now=NOW)
    told = Refusal("all", None, NOW, "5f0c3f7e")
    with sessions() as session:
        set_scope(session, scope="all")
        who = customer(session, "C01").id
        with pytest.raises(OperationalError, match="lock timeout"):
            claim_preferences(session)
    company.commit()
    with sessions() as session:
        set_scope(session, scope="all")
        claim_preferences(session)
        keep_refusal(session, customer_id=who, refusal=told)
        assert held(session) == [("all", "refused", 12)]


def test_a_refusal_lasts_through_its_last_local_day(session, apply):
    apply(
        "C01,all,refused,2026-10-03T09:00:00+08:00,2026-10-20,\nC01,sms,refused,2026-10-03T09:00:00+08:00,2026-10-20T16:30:00Z,\n"
    )
    found = {p.scope: p.until for p in session.scalars(select(ContactPreference))}
    assert found == {"all": date(2026, 10, 20), "sms": date(2026, 10, 21)}


def test_a_scope_is_a_channel_all_or_a_family_that_is_sold(session, apply):
    report = apply("C01,broadband,refused,2026-10-03T09:00:00+08:00,,\nC01,brodband,refused,2026-10-03T09:00:00+08:00,,\n")
    assert (report.counts["inserted"], report.counts["rejected"]) == (1, 1)


def test_a_refusal_makes_work_that_is_out_disappear_at_once(session, apply):
    order = make_work_order(session, customer_no="C01")
    other = make_work_order(session, customer_no="C02")
    report = apply("C01,all,refused,2026-10-03T09:00:00+08:00,,\n", take=take_in)
    session.refresh(order)
    session.refresh(other)
    assert (order.state, other.state) == (WorkOrderState.WITHDRAWN, WorkOrderState.OPEN)
    assert report.counts["withdrawn"] == 1
    assert "withdrawn" not in apply("C01,all,refused,2026-10-03T09:00:00+08:00,,\n", take=take_in).counts
    assert order.closed_at == datetime(2026, 10, 12, 2, tzinfo=UTC)
