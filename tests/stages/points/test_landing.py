"""Reports that land at the very instant at which their month is closed: each is in exactly one month."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, text

from app.core.clock import Month
from app.core.db import set_scope
from app.feedback import settling
from app.feedback.service import Batch, record_feedback
from app.models.feedback import ContactFeedback
from app.models.points import PointsEntry, PointsEvidence
from app.points.closing.close import close_month
from tests.factories import make_campaign, make_work_order
from tests.phones import principal_of, report, stamp
from tests.stages.points.test_closing_races import _close, _in_thread, _wait_until_blocked
from tests.truth import CLOSING, OCTOBER

LAST_MOMENT = OCTOBER.ends_at - timedelta(milliseconds=1)
NOVEMBER = Month(2026, 11)
REPORTS, THREADS = 300, 12


@pytest.fixture
def orders(company):
    """Ten open work orders of Ana's, which mature later than October, so that its close holds none of them; and who she is."""
    campaign, numbers = make_campaign(company), range(1, 11)
    made = [make_work_order(company, campaign=campaign, customer_no=f"C{one:02d}", matures_at=CLOSING) for one in numbers]
    ids, ana = [order.id for order in made], principal_of(company, "ana")
    company.commit()
    return ids, ana


def _report(session, ana, order_ids):
    """Reports on these, received in the last millisecond of October."""
    set_scope(session, scope="own", grid_ids=ana.grid_ids, staff_id=ana.staff_id)
    begun = {"started_at": stamp(LAST_MOMENT - timedelta(minutes=9)), "ended_at": stamp(LAST_MOMENT - timedelta(minutes=8))}
    items = [report(order_id, "not_reached", id=str(uuid.uuid4()), **begun) for order_id in order_ids]
    answers = record_feedback(session, principal=ana, batch=Batch(LAST_MOMENT, None, items), now=LAST_MOMENT)
    assert {answer.status for answer in answers} == {"accepted"}


def _months(sessions):
    with sessions() as session:
        set_scope(session, scope="all")
        statement = select(ContactFeedback.month, func.count()).group_by(ContactFeedback.month).order_by(ContactFeedback.month)
        return {str(month): number for month, number in session.execute(statement)}


def _times_counted(session):
    """In the evidence of how many entries each report is; those in none are 0 times."""
    found = (
        select(ContactFeedback.id, func.count(PointsEvidence.id))
        .outerjoin(PointsEvidence, PointsEvidence.feedback_id == ContactFeedback.id)
        .outerjoin(PointsEntry, PointsEntry.id == PointsEvidence.entry_id)
        .group_by(ContactFeedback.id)
        .order_by(ContactFeedback.id)
    )
    return [number for _, number in session.execute(found)]


def test_a_report_that_is_being_taken_is_waited_for_and_counts_in_its_month(sessions, orders):
    ids, ana = orders
    with sessions() as reporting, ThreadPoolExecutor(1) as pool:
        _report(reporting, ana, ids[:1])
        closing = pool.submit(_in_thread, sessions, _close)
        _wait_until_blocked(reporting)
        reporting.commit()
        assert closing.result() == "done"
    with sessions() as session:
        set_scope(session, scope="all")
        assert _times_counted(session) == [1]
    assert _months(sessions) == {"2026-10": 1}


def test_a_report_that_comes_while_its_month_is_being_closed_goes_to_the_next_one(sessions, orders):
    ids, ana = orders
    with sessions() as closing, ThreadPoolExecutor(1) as pool:
        set_scope(closing, scope="all")
        _close(closing)
        reporting = pool.submit(_in_thread, sessions, lambda session: _report(session, ana, ids[:1]))
        _wait_until_blocked(closing)
        closing.commit()
        assert reporting.result() == "done"
    assert _months(sessions) == {"2026-11": 1}


def test_without_lock_and_trigger_it_would_be_in_no_month_s_sums(sessions, orders, monkeypatch):
    monkeypatch.setattr(settling, "hold_month", lambda *_: None)
    ids, ana = orders
    with sessions() as owner:
        owner.execute(text("SET ROLE NONE"))
        owner.execute(text("ALTER TABLE contact_feedback DISABLE TRIGGER open_month"))
        owner.commit()
    with sessions() as closing, sessions() as reporting:
        set_scope(closing, scope="all")
        _close(closing)
        _report(reporting, ana, ids[:1])
        reporting.commit()
        closing.commit()
    assert _months(sessions) == {"2026-10": 1}
    with sessions() as session:
        set_scope(session, scope="all")
        assert _times_counted(session) == [0]


def test_of_300_that_land_while_it_closes_each_is_in_exactly_one_month(sessions, orders):
    ids, ana = orders
    together = Barrier(THREADS + 1)

    def report_some(number):
        together.wait()
        for turn in range(REPORTS // THREADS // 5):
            picked = [ids[(number + turn + step) % len(ids)] for step in range(5)]
            assert _in_thread(sessions, lambda session, picked=picked: _report(session, ana, sorted(picked))) == "done"

    def close():
        together.wait()
        return _in_thread(sessions, _close)

    with ThreadPoolExecutor(THREADS + 1) as pool:
        closing = pool.submit(close)
        for each in [pool.submit(report_some, number) for number in range(THREADS)]:
            each.result()
        assert closing.result() == "done"
    with sessions() as session:
        set_scope(session, scope="all")
        close_month(session, month=NOVEMBER, now=CLOSING + timedelta(days=30))
        assert _times_counted(session) == [1] * REPORTS


def test_a_month_that_is_open_takes_its_reports_as_ever(sessions, orders):
    ids, ana = orders
    with sessions() as session:
        _report(session, ana, ids)
        session.commit()
    assert _months(sessions) == {"2026-10": 10}
