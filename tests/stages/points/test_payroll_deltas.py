"""Corrections of closed months that are paid at once: files of their own, and no line in two."""

from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import select

from app.core.clock import Month
from app.core.db import set_scope, sqlalchemy_url
from app.models.notice import OutboxEvent
from app.models.payroll import PayrollDeltaFile, PayrollFileLine
from app.models.points import MonthlyStatement, PayrollFile, PointsEntry
from app.points.closing.close import close_month
from app.points.late.service import adjust_closed_months
from app.points.ledger.service import correct_entry
from app.points.payroll.file_format import read_file
from app.points.payroll.files import NothingToPay, make_delta_file
from app.points.payroll.recompute import recompute_month
from app.points.statement_queries import MonthNotClosed
from app.reports.reconciliation import reconcile
from tests.factories import staff
from tests.stages.points.test_ledger import _line
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_sale

NOVEMBER = Month(2026, 11)
LATER = CLOSING + timedelta(days=1)
DECEMBER = CLOSING + timedelta(days=30)


@pytest.fixture
def orders(session):
    """Ana's October, closed."""
    orders = make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    return orders


def _lines(session, version):
    return read_file(session.get_one(PayrollDeltaFile, (OCTOBER, version)).content)


def test_a_correction_is_paid_at_once_in_a_file_of_its_own_and_webhooks_are_told(session, orders):
    before = session.get_one(PayrollFile, OCTOBER).content
    make_sale(session, orders[9])
    adjust_closed_months(session, now=LATER)
    made = make_delta_file(session, month=OCTOBER, now=LATER)
    (line,) = _lines(session, 2)
    assert (made["version"], made["rows"], made["points"]) == (2, 1, "8.3333")
    assert (line.month, line.kind, line.points, line.refers_to_entry) == (
        "2026-11",
        "adjustment",
        "8.3333",
        str(_line(session).id),
    )
    assert session.get_one(PayrollFile, OCTOBER).content == before
    told = session.scalars(select(OutboxEvent.payload).where(OutboxEvent.kind == "payroll.file_made")).one()
    assert told == {"month": "2026-10", "version": 2, "sha256": made["sha256"], "entries": 1}


def test_what_was_paid_is_not_paid_again_neither_by_the_next_such_file_nor_by_its_own_month(session, orders):
    make_sale(session, orders[9])
    adjust_closed_months(session, now=LATER)
    make_delta_file(session, month=OCTOBER, now=LATER)
    with pytest.raises(NothingToPay):
        make_delta_file(session, month=OCTOBER, now=LATER)
    correct_entry(session, entry_id=_line(session).id, points=Decimal(12), reason="r", cause="c", now=LATER)
    assert make_delta_file(session, month=OCTOBER, now=LATER)["version"] == 3
    assert [line.kind for line in _lines(session, 3)] == ["reversal", "correction"]
    close_month(session, month=NOVEMBER, now=DECEMBER)
    november = read_file(session.get_one(PayrollFile, NOVEMBER).content)
    assert {line.kind for line in november} == {"earned"}
    lines = [line.entry_id for content in (november, _lines(session, 2), _lines(session, 3)) for line in content]
    posted = session.scalars(select(PointsEntry.id).where(PointsEntry.month == NOVEMBER).order_by(PointsEntry.id))
    assert sorted(map(int, lines)) == list(posted)
    paid = sum(Decimal(line.points) for line in [*november, *_lines(session, 2), *_lines(session, 3)] if line.staff_no == "ANA")
    assert paid == session.get_one(MonthlyStatement, (NOVEMBER, staff(session, "ana").id)).total
    assert recompute_month(session, month=NOVEMBER, now=DECEMBER)["rows"] == len(november)
    found = reconcile(session)
    assert (found.differences, found.waiting, found.agrees) == ([], 4, False)


def test_a_correction_that_was_paid_with_its_month_is_not_paid_by_such_a_file(session, orders):
    make_sale(session, orders[9])
    adjust_closed_months(session, now=LATER)
    close_month(session, month=NOVEMBER, now=DECEMBER)
    with pytest.raises(NothingToPay):
        make_delta_file(session, month=OCTOBER, now=DECEMBER)


def test_an_open_month_has_no_such_file(session, orders):
    with pytest.raises(MonthNotClosed):
        make_delta_file(session, month=NOVEMBER, now=LATER)


def test_the_database_lets_no_line_into_a_second_file(session, orders):
    twice = {"entry_id": _line(session).id, "month": NOVEMBER, "version": 1}
    with pytest.raises(Exception, match="pk_payroll_file_lines"):
        session.execute(PayrollFileLine.__table__.insert().values(twice))


def test_an_amount_that_was_tampered_with_is_named_by_month_and_manager(company, database):
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    with psycopg.connect(sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)) as owner:
        owner.execute("SELECT set_config('gridwork.scope', 'all', false), override_ledger('to see what the report says')")
        owner.execute("UPDATE monthly_statements SET total = 80 WHERE total > 70")
        owner.execute("UPDATE payroll_files SET content = replace(encode(content, 'escape'), '11.4286', '19.4286')::bytea")
    set_scope(company, scope="all")
    found = reconcile(company, month=OCTOBER)
    assert [(one.staff_no, one.what, one.ledger, one.other) for one in found.differences[:3]] == [
        ("ANA", "files", "73.6153", "81.6153"),
        ("ANA", "statement", "73.6153", "80.0000"),
        ("", "sum of version 1", "133.6153", "141.6153"),
    ]
    assert found.differences[3].what == "hash of version 1"
    assert [one.reason for one in found.overrides] == ["to see what the report says"]
