"""`gridwork doctor` on installations in which something is wrong."""

import os
import sys
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from app.cli import main
from app.commands.doctor import examine
from app.commands.doctor_database import PROTECTED
from app.commands.doctor_finding import State, make_checks, wrong
from app.core import clock
from app.core.storage import Storage, storage_of
from app.figures.keeping import keep_figures, rebuild_figures
from app.ingest.service import import_feed
from app.jobs.lease import take_lease
from app.jobs.schedule import timetable
from app.jobs.steps import run_in_steps
from app.models.operations import ImportBatch, JobOutcome, JobRun
from tests.factories import make_work_order
from tests.postgres import database_url
from tests.truth import make_feedback


@pytest.fixture
def installation(database, tmp_path, monkeypatch):
    """The environment of an installation on this test's own database, and no other."""
    for name in [name for name in os.environ if name.startswith("GRIDWORK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GRIDWORK_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWORK_PORT", "1")
    return tmp_path


def seen():
    return {finding.check: finding for finding in examine()}


def as_owner(database, statement):
    with psycopg.connect(database.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute(statement)


def test_a_new_installation_lacks_its_feeds_rankers_worker_and_service(installation):
    found = seen()
    states = {check: finding.state.value for check, finding in found.items() if check != "application role"}
    lacking = {"worker", "overdue jobs", "feeds", "rankers", "HTTP API"}
    assert {check for check, state in states.items() if state == "wrong"} == lacking
    assert {state for check, state in states.items() if check not in lacking} == {"ok"}
    assert all(found[check].remedy for check in lacking)


def test_a_login_that_is_above_row_level_security_is_seen(installation, company):
    above = company.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user"))
    assert (seen()["application role"].state is State.WRONG) == above


def test_a_worker_that_leads_and_does_its_jobs_is_well(installation, company):
    now = clock.now()
    take_lease(company, holder="one", seconds=60)
    for row in timetable(clock.zone(), ""):
        company.add(JobRun(job=row.name, due_at=now, started_at=now, outcome=JobOutcome.DONE, counts={}))
    company.commit()
    found = seen()
    assert [found[check].state.value for check in ("worker", "failed jobs", "overdue jobs")] == ["ok", "ok", "ok"]


def test_failed_jobs_and_missing_feeds_are_named(installation, company):
    now = clock.now()
    company.add(JobRun(job="verify-feedback", started_at=now, outcome=JobOutcome.DONE, counts={}))
    company.add(
        JobRun(job="verify-feedback", started_at=now + timedelta(1), outcome=JobOutcome.FAILED, counts={}, error="conflict: no")
    )
    company.add(
        ImportBatch(feed="staff", file_name="s.csv", sha256="0" * 64, header=[], ignored_columns=[], counts={}, imported_at=now)
    )
    company.commit()
    found = seen()
    assert found["failed jobs"].found == "failed: verify-feedback (conflict: no)"
    assert found["feeds"].found.startswith("never imported: org_units, products, ")
    assert found["feeds"].remedy == "gridwork import org_units FILE"


def test_a_wrong_setting_is_named_and_the_rest_skipped(installation, monkeypatch):
    monkeypatch.setenv("GRIDWORK_PORT", "99999")
    found = seen()
    assert found["settings"].found.startswith("GRIDWORK_PORT: ")
    assert {finding.state for check, finding in found.items() if check != "settings"} == {State.SKIPPED}


def test_without_its_database_the_machine_is_examined_all_the_same(installation, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/nothing")
    found = seen()
    assert (found["database"].state, found["Python"].state) == (State.WRONG, State.OK)
    assert found["schema"].state is found["worker"].state is State.SKIPPED
    assert found["HTTP API"].state is State.WRONG


def test_an_embedded_database_that_does_not_run_is_not_started(installation, monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    found = seen()
    assert (found["database"].state, found["database"].remedy) == (State.WRONG, "gridwork database start")
    assert list(installation.iterdir()) == []


def test_a_database_that_was_not_migrated_is_to_be_migrated(installation, server, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url(server, "postgres"))
    found = seen()
    assert (found["schema"].state, found["worker"].state) == (State.WRONG, State.SKIPPED)
    assert "gridwork migrate" in found["schema"].remedy


@pytest.mark.parametrize(
    ("check", "damage"),
    [
        ("row level security", "ALTER TABLE customers NO FORCE ROW LEVEL SECURITY"),
        ("row level security", "ALTER TABLE points_entries DISABLE ROW LEVEL SECURITY"),
        ("row level security", "DROP POLICY by_scope ON work_orders"),
        ("table owner", "GRANT CREATE ON SCHEMA public TO gridwork_app; ALTER TABLE ties OWNER TO gridwork_app"),
        ("schema", "UPDATE alembic_version SET version_num = '0001'"),
    ],
)
def test_a_lowered_guard_is_seen(installation, database, check, damage):
    assert seen()[check].state is State.OK
    as_owner(database, damage)
    assert seen()[check].state is State.WRONG


def test_every_table_with_a_policy_is_looked_at(session):
    """But parts of a table, which the application reads through the table alone: see the test after this one."""
    guarded = session.scalars(
        text(
            "SELECT DISTINCT CAST(c.relname AS text) FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
            " WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition ORDER BY 1"
        )
    ).all()
    assert list(guarded) == sorted(PROTECTED)


def test_nobody_gets_past_a_table_to_a_part_of_it(session):
    rights = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
    found = session.execute(
        text(
            "SELECT CAST(relname AS text), relrowsecurity AND relforcerowsecurity, has_table_privilege(oid, :rights)"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relispartition AND relkind = 'r' ORDER BY 1"
        ),
        {"rights": rights},
    ).all()
    assert found == [("campaign_targets_shared", True, False), ("work_orders_shared", True, False)]


@pytest.mark.parametrize(("name", "check"), [("secret", "secret"), ("push-key", "push key")])
def test_a_key_that_others_can_read_is_seen(installation, name, check):
    kept = installation / name
    kept.write_text("s" * 64)
    kept.chmod(0o644)
    assert seen()[check].remedy == f"chmod 600 {kept}"
    kept.chmod(0o600)
    assert seen()[check].state is State.OK
    kept.write_text("s")
    assert "cut off" in seen()[check].found


def test_more_connections_than_the_server_takes_are_seen(installation, monkeypatch):
    monkeypatch.setenv("GRIDWORK_POOL_SIZE", "500")
    assert seen()["connections"].state is State.WRONG


def test_a_check_that_breaks_stops_no_other():
    def broken(_):
        raise RuntimeError("no such thing\nand more")

    first, second = make_checks({"first": broken, "second": lambda _: wrong("bad", "mend it")}, None)
    assert (first.state, first.found) == (State.WRONG, "could not be checked: RuntimeError: no such thing")
    assert second.check == "second"


def test_the_command_shows_a_table_and_exits_with_1(installation, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["gridwork", "doctor"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr().out
    assert ended.value.code == 1
    assert "row level security" in shown
    assert shown.endswith(" wrong.\n")


def test_a_file_that_is_missing_is_named(installation, company, tmp_path):
    path = tmp_path / "features.csv"
    path.write_text("snapshot_date,customer_no,x\n2026-10-01,C01,1\n")
    company.info["storage"] = Storage(str(installation / "storage"))
    import_feed(company, feed="features", path=path, file_name="features", now=clock.now())
    company.commit()
    assert seen()["stored files"].state is State.OK
    gone = next(iter(storage_of(company).list_files("features")))
    storage_of(company).delete(gone.path)
    assert seen()["stored files"].found == f"1 missing: {gone.path}"


def test_a_storage_that_cannot_be_written_is_wrong(installation, monkeypatch):
    (installation / "file").write_text("")
    monkeypatch.setenv("GRIDWORK_STORAGE", str(installation / "file"))
    found = seen()["storage"]
    assert found.state is State.WRONG
    assert found.found == f"{installation / 'file'} cannot be written"
    monkeypatch.setenv("GRIDWORK_STORAGE", "gs://bucket")
    assert seen()["settings"].found.startswith("GRIDWORK_STORAGE: expected a folder or an address such as s3://bucket/prefix")


def test_figures_of_the_release_before_that_were_not_moved_are_seen(installation, company, database):
    as_owner(database, "INSERT INTO feature_snapshots SELECT 1, '2026-10-01', '{}'")
    assert seen()["stored files"].remedy == "gridwork migrate"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE daily_figures SET reports = reports + 1", "rows are not what was done"),
        ("DELETE FROM daily_figures", "rows are not what was done"),
        ("UPDATE campaign_month_figures SET due = due + 1", "its months are not the sum of its days"),
        ("DELETE FROM monthly_figures", "monthly_figures of 20"),
        ("UPDATE campaign_result_figures SET orders = 2", "its results are not of all its work orders"),
    ],
)
def test_figures_that_are_not_what_was_done_are_seen_and_mended(installation, company, sessions, database, damage, said):
    make_feedback(company, make_work_order(company))
    company.commit()
    run_in_steps(sessions, "keep-figures", keep_figures)
    assert seen()["figures"].state is State.OK
    as_owner(database, f"SET gridwork.scope = 'all'; {damage}")
    assert (seen()["figures"].state, said in seen()["figures"].found) == (State.WRONG, True)
    assert seen()["figures"].remedy == "gridwork rebuild-figures"
    run_in_steps(sessions, "rebuild-figures", rebuild_figures)
    assert seen()["figures"].state is State.OK


def test_changes_that_nobody_adds_up_are_seen(installation, company, database):
    make_work_order(company)
    company.commit()
    assert seen()["figures"].state is State.OK
    as_owner(database, "SET gridwork.scope = 'all'; UPDATE figure_marks SET changed_at = changed_at - interval '1 hour'")
    assert "waits" in seen()["figures"].found
