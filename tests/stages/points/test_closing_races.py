"""A close beside another transaction that writes into the month: counted or refused, never lost."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.db import set_scope
from app.models.points import EntryKind, MonthlyStatement, PayrollFile, PointsEntry, PointsMonth
from app.points.closing.close import MonthAlreadyClosed, close_month
from app.points.plans.in_force import open_month
from tests.factories import NOW, staff
from tests.truth import CLOSING, OCTOBER

_WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted"
    " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


@pytest.fixture
def october(company):
    """October, open, in the database."""
    open_month(company, month=OCTOBER, now=NOW)
    company.commit()


def _entry(session: Session) -> None:
    ana = staff(session, "ana")
    plan_id = session.get_one(PointsMonth, OCTOBER).plan_id
    place = {"month": OCTOBER, "staff_id": ana.id, "grid_id": ana.unit_id, "plan_id": plan_id}
    session.add(
        PointsEntry(
            **place, component="success", kind=EntryKind.ADJUSTMENT, points=7, cause="late_win:1", explanation={}, posted_at=NOW
        )
    )
    session.flush()


def _wait_until_blocked(session: Session, tries: int = 2_000) -> None:
    """Until some other transaction of this database waits for a lock."""
    for _ in range(tries):
        if session.scalar(_WAITING):
            return
        Event().wait(0.01)
    raise AssertionError("nobody waits")


def _in_thread(sessions, work) -> str:
    with sessions() as session:
        set_scope(session, scope="all")
        try:
            work(session)
            session.commit()
        except DBAPIError as error:
            return error.orig.sqlstate
        except MonthAlreadyClosed as error:
            return error.code
    return "done"


def _close(session: Session) -> None:
    close_month(session, month=OCTOBER, now=CLOSING)


def test_what_was_inserted_before_the_close_is_in_its_sums(sessions, october):
    with sessions() as inserting, ThreadPoolExecutor(1) as pool:
        set_scope(inserting, scope="all")
        _entry(inserting)
        closing = pool.submit(_in_thread, sessions, _close)
        _wait_until_blocked(inserting)
        inserting.commit()
        assert closing.result() == "done"
    with sessions() as session:
        set_scope(session, scope="all")
        ana = staff(session, "ana").id
        assert session.get_one(MonthlyStatement, (OCTOBER, ana)).total == Decimal(27)  # 10 + 10 + 0, and 7
        assert b"late_win:1" in session.scalars(select(PayrollFile.content)).one()


def test_what_comes_while_the_month_is_being_closed_is_refused(sessions, october):
    with sessions() as closing, ThreadPoolExecutor(1) as pool:
        set_scope(closing, scope="all")
        _close(closing)
        inserting = pool.submit(_in_thread, sessions, _entry)
        _wait_until_blocked(closing)
        closing.commit()
        assert inserting.result() == "GW002"


def test_without_the_trigger_it_would_slip_into_the_closed_month(sessions, october):
    with sessions() as owner:
        owner.execute(text("SET ROLE NONE"))
        owner.execute(text("ALTER TABLE points_entries DISABLE TRIGGER open_month"))
        owner.commit()
    with sessions() as closing, ThreadPoolExecutor(1) as pool:
        set_scope(closing, scope="all")
        _close(closing)
        inserting = pool.submit(_in_thread, sessions, _entry)
        _wait_until_blocked(closing)
        closing.commit()
        assert inserting.result() == "done"


def test_of_two_closes_at_once_one_is_told_that_the_month_is_closed(sessions, october):
    with ThreadPoolExecutor(2) as pool:
        answers = [each.result() for each in [pool.submit(_in_thread, sessions, _close) for _ in range(2)]]
    assert sorted(answers) == ["done", "month.already_closed"]
