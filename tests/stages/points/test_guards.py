"""Guards of truth and pay that only the database or a lock can keep: each is seen to hold, and what it keeps out is seen to
come in once it is gone."""

import threading
import uuid
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core import clock
from app.core.db import set_scope, sqlalchemy_url
from app.models.dispute import PointsDispute
from app.models.notice import OutboxEvent
from app.points.closing.close import close_month
from app.points.disputes.escalation import escalate_disputes
from app.points.ledger.service import reverse_entry
from app.verification.drawing import draw_back_checks
from app.verification.sms import claim_messages
from tests.factories import NOW, grid, make_work_order, staff
from tests.stages.points.test_ledger import _line
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_feedback

LATER = CLOSING + timedelta(days=1)


def commit(company):
    company.commit()
    set_scope(company, scope="all")


def without(database, statement):
    """Take a guard away, as only the owner of the tables can."""
    with psycopg.connect(sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)) as owner:
        owner.execute(statement)


@pytest.fixture
def october(company):
    """Ana's October, closed, with a line taken back and a customer asked by message."""
    make_anas_october(company)
    spoken = make_feedback(company, make_work_order(company, customer_no="C11", manager="cy"), outcome="refused")
    draw_back_checks(company, month=OCTOBER, secret="s", share=1.0, now=NOW + timedelta(days=5))
    assert claim_messages(company, now=NOW + timedelta(days=5))
    close_month(company, month=OCTOBER, now=CLOSING)
    reverse_entry(company, entry_id=_line(company).id, reason="wrong", cause="one", now=LATER)
    commit(company)
    return spoken


KEYS = {
    "pk_payroll_file_lines": (
        "INSERT INTO payroll_file_lines (entry_id, month, version) SELECT entry_id, month, 2 FROM payroll_file_lines LIMIT 1",
        "ALTER TABLE payroll_file_lines DROP CONSTRAINT pk_payroll_file_lines",
    ),
    "uq_points_entries_reversed": (
        "INSERT INTO points_entries (month, staff_id, grid_id, component, kind, points, plan_id, refers_to_id, explanation,"
        " posted_at, cause) SELECT month, staff_id, grid_id, component, kind, points, plan_id, refers_to_id, explanation,"
        " posted_at, 'another' FROM points_entries WHERE kind = 'reversal'",
        "DROP INDEX uq_points_entries_reversed",
    ),
    "pk_sms_confirmations": (
        "INSERT INTO sms_confirmations (feedback_id, reference, staff_id, grid_id, month, asked_at)"
        " SELECT feedback_id, 'another', staff_id, grid_id, month, asked_at FROM sms_confirmations LIMIT 1",
        "ALTER TABLE sms_confirmations DROP CONSTRAINT pk_sms_confirmations",
    ),
}


@pytest.mark.parametrize("key", KEYS)
def test_no_line_is_in_two_files_none_is_taken_back_twice_and_no_customer_asked_twice(company, october, database, key):
    twice, taking_away = KEYS[key]
    with pytest.raises(IntegrityError, match=key):
        company.execute(text(twice))
    company.rollback()
    without(database, taking_away)
    set_scope(company, scope="all")
    assert company.execute(text(twice)).rowcount == 1


def test_an_overdue_dispute_is_told_once_though_two_workers_look_at_once(sessions, company):
    ana = staff(company, "ana")
    facts = {"component": "success", "expected": "15", "reason": "she bought it", "attachment_ids": [], "shown": {}}
    days = {"month": OCTOBER, "raised_at": NOW, "due_on": clock.local_date(NOW) + timedelta(days=2)}
    company.add(PointsDispute(id=uuid.uuid4(), staff_id=ana.id, grid_id=ana.unit_id, **facts, **days))
    commit(company)
    now = NOW + timedelta(days=3)
    counts = []

    def look():
        with sessions() as other:
            set_scope(other, scope="all")
            counts.append(escalate_disputes(other, now=now)["to_branch"])
            other.commit()

    counts.append(escalate_disputes(company, now=now)["to_branch"])
    second = threading.Thread(target=look)
    second.start()
    second.join(timeout=1)  # it waits for the first, or is done and saw nothing of it
    commit(company)
    second.join()
    assert counts == [1, 0]
    assert company.scalar(select(func.count()).where(OutboxEvent.kind == "disputes.overdue")) == 1


def test_what_was_carried_over_is_seen_by_those_who_lead_the_grid_alone(company, database):
    mine, theirs = grid(company, "G11").id, grid(company, "G12").id
    carry = text(
        "INSERT INTO carried_over (kind, ref, month, grid_id, reason, account_id, carried_at)"
        " VALUES ('review', :ref, '2026-10-01', :grid, 'waits', (SELECT min(id) FROM accounts), now())"
    )
    company.execute(carry, {"ref": "1", "grid": mine})
    company.commit()

    def seen(scope, grids):
        set_scope(company, scope=scope, grid_ids=grids, staff_id=staff(company, "ana").id)
        return company.scalar(text("SELECT count(*) FROM carried_over"))

    looks = [("all", []), ("grids", [mine]), ("grids", [theirs]), ("own", [mine]), ("", [])]
    assert [seen(*look) for look in looks] == [1, 1, 0, 0, 0]
    set_scope(company, scope="grids", grid_ids=[theirs])
    with pytest.raises(DBAPIError, match="row-level security"):
        company.execute(carry, {"ref": "2", "grid": mine})
    company.rollback()
    without(database, "ALTER TABLE carried_over DISABLE ROW LEVEL SECURITY")
    assert [seen(*look) for look in looks] == [1, 1, 1, 1, 1]
