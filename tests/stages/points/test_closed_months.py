"""Closed means closed: by whatever SQL, as the application and as the owner of the tables."""

import re

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from app.core.db import APP_ROLE, set_scope, sqlalchemy_url
from app.points.closing.close import close_month
from tests.factories import staff
from tests.truth import CLOSING, OCTOBER, make_anas_october

TABLES = ("points_months", "points_entries", "points_evidence", "monthly_statements", "payroll_files")
FROZEN = ("points_plans", "plan_components", "ledger_postings", "payroll_file_lines", "points_inputs", *TABLES)
COPY_ENTRY = (
    "INSERT INTO points_entries"
    " (month, staff_id, grid_id, component, kind, points, plan_id, refers_to_id, cause, explanation, posted_at)"
    " SELECT month, staff_id, grid_id, component, 'adjustment', 5, plan_id, id, 'x', '{}', posted_at FROM points_entries LIMIT 1"
)
COPY_EVIDENCE = (
    "INSERT INTO points_evidence (entry_id, grid_id, staff_id, work_order_id, counted, weight)"
    " SELECT entry_id, grid_id, staff_id, work_order_id, 'success', 1 FROM points_evidence LIMIT 1"
)
NEW_STATEMENT = (
    "INSERT INTO monthly_statements (month, staff_id, grid_id, total, lines)"
    " SELECT '2026-10-01', id, unit_id, 99, '[]' FROM staff WHERE staff_no = 'CHEN'"
)
CHANGES = (
    "UPDATE points_entries SET points = points + 1",
    "UPDATE points_entries SET month = '2026-09-01'",
    "UPDATE points_entries SET explanation = '{}'",
    "DELETE FROM points_entries",
    "UPDATE points_evidence SET counted = 'success'",
    "DELETE FROM points_evidence",
    "UPDATE monthly_statements SET total = 0",
    "DELETE FROM monthly_statements",
    "UPDATE payroll_files SET content = ''",
    "UPDATE payroll_files SET sha256 = ''",
    "DELETE FROM payroll_files",
    "UPDATE points_months SET closed_at = NULL",
    "UPDATE points_months SET closed_at = now()",
    "UPDATE points_months SET month = '2026-09-01'",
    "DELETE FROM points_months",
    "TRUNCATE points_entries CASCADE",
    "TRUNCATE points_evidence",
    "TRUNCATE monthly_statements",
    "TRUNCATE payroll_files CASCADE",
    "TRUNCATE points_months CASCADE",
    "UPDATE plan_components SET weight = 100",
    "UPDATE points_plans SET minimum_judged = 0",
    "DELETE FROM plan_components",
    "UPDATE ledger_postings SET amount = 0",
    "DELETE FROM ledger_postings",
    "TRUNCATE ledger_postings",
    "UPDATE payroll_file_lines SET version = 2",
    "DELETE FROM payroll_file_lines",
    "UPDATE points_inputs SET managers = '[]'",
    "DELETE FROM points_inputs",
    COPY_ENTRY,
    COPY_EVIDENCE,
    NEW_STATEMENT,
    "INSERT INTO payroll_files SELECT month, 0, 0, '', '', made_at FROM payroll_files"
    " ON CONFLICT (month) DO UPDATE SET content = ''",
    "INSERT INTO points_months (month, plan_id) SELECT month, plan_id FROM points_months"
    " ON CONFLICT (month) DO UPDATE SET closed_at = NULL",
    "MERGE INTO points_entries e USING points_months m ON m.month = e.month WHEN MATCHED THEN UPDATE SET points = 0",
)


@pytest.fixture
def closed(company: Session, sessions: sessionmaker[Session], database: str) -> str:
    """URL (the owner's) of a database in which October is closed and committed."""
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    return sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)


def _connect(url: str, *, as_app: bool) -> psycopg.Connection:
    connection = psycopg.connect(url)
    if as_app:
        connection.execute(f"SET ROLE {APP_ROLE}")
    connection.execute("SELECT set_config('gridwork.scope', 'all', false)")
    connection.commit()
    return connection


def _contents(connection: psycopg.Connection) -> list:
    return [connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() for table in FROZEN]


@pytest.mark.parametrize("as_app", [True, False], ids=["application", "owner"])
def test_nothing_of_a_closed_month_can_be_changed_removed_or_added(closed, as_app):
    with _connect(closed, as_app=as_app) as connection:
        before = _contents(connection)
        assert all(before)
        for statement in CHANGES:
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(statement)
            assert refused.value.sqlstate in {"GW001", "GW002", "42501"}, statement
            connection.rollback()
            assert _contents(connection) == before, statement


def test_without_its_triggers_the_owner_could_change_it(closed):
    """So that the test above proves the triggers, not a mistake in its statements."""
    with _connect(closed, as_app=False) as connection:
        guarded = connection.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal").fetchall()
        for (table,) in guarded:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.commit()
        for statement in CHANGES:
            try:
                assert connection.execute(statement).rowcount != 0, statement
            except psycopg.errors.ForeignKeyViolation:  # refused for what refers to the row, not for being closed
                assert re.match("UPDATE points_|DELETE", statement), statement
            connection.rollback()


def test_payroll_s_acknowledgement_cannot_be_changed_either(closed):
    with _connect(closed, as_app=False) as connection:
        connection.execute(
            "INSERT INTO payroll_acknowledgements SELECT f.month, a.id, f.sha256, now() FROM payroll_files f, accounts a LIMIT 1"
        )
        connection.commit()
        for statement in ("UPDATE payroll_acknowledgements SET sha256 = ''", "DELETE FROM payroll_acknowledgements"):
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(statement)
            assert refused.value.sqlstate == "GW001"
            connection.rollback()


def test_a_manager_sees_only_their_own_entries_and_evidence(closed, sessions):
    with sessions() as session:
        ana, bo = staff(session, "ana"), staff(session, "bo")
        for person in (ana, bo):
            set_scope(session, scope="own", grid_ids=[person.unit_id], staff_id=person.id)
            for table in ("points_entries", "points_evidence", "monthly_statements"):
                seen = session.connection().exec_driver_sql(f"SELECT DISTINCT staff_id FROM {table}").scalars().all()
                assert set(seen) <= {person.id}


def test_evidence_is_not_hung_on_a_closed_entry_that_one_cannot_see(closed, sessions):
    with sessions() as session:
        set_scope(session, scope="all")
        entry_id, work_order_id = (
            session.connection().exec_driver_sql("SELECT entry_id, work_order_id FROM points_evidence").first()
        )
        other = staff(session, "fu").unit_id
        session.commit()
        set_scope(session, scope="grids", grid_ids=[other])
        with pytest.raises(DBAPIError) as refused:
            session.execute(
                text(
                    "INSERT INTO points_evidence (entry_id, grid_id, staff_id, work_order_id, counted, weight)"
                    " VALUES (:entry, :grid, 1, :work_order, 'success', 1)"
                ),
                {"entry": entry_id, "grid": other, "work_order": work_order_id},
            )
        assert refused.value.orig.sqlstate == "GW002"
