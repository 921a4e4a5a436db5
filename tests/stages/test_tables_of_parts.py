"""Tables made of parts: who goes to a part itself finds what the table would give, and its guards; and their statistics."""

import os
import subprocess
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.campaigns import list_part
from app.core.db import make_engine, set_scope, sqlalchemy_url
from app.core.pgbinaries import wheel_folder
from app.dispatch.run import order_part, order_rows
from app.dispatch.service import dispatch_campaign
from app.jobs.rows import Scheduled
from app.jobs.schedule import IN_PARTS, timetable
from app.models.campaign import CampaignStatus
from app.points.ledger.seal_queries import missing_guards
from tests.factories import NOW, make_campaign, make_scores, make_work_order
from tests.stages.dispatch.test_dispatching import ALL

SEES_ALL = {"PGOPTIONS": "-c gridwork.scope=all"}  # as docs/operations.md has it
PARTED = text(
    "SELECT CAST(oid AS regclass)::text FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace ORDER BY 1"
)
BELIEVED = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)")


@pytest.fixture
def parted(company, monkeypatch):
    """A company with work orders and targets in the parts of all and in parts of their own."""
    make_work_order(company, customer_no="C10")
    for module in (list_part, order_part):
        monkeypatch.setattr(module, "PART_FROM", 3)
    make_scores(company, ALL)
    code = make_campaign(company, status=CampaignStatus.APPROVED, opened_at=None, list_size=8).code
    company.commit()
    set_scope(company, scope="all")
    dispatch_campaign(company, campaign_code=code, now=NOW)
    company.commit()
    set_scope(company, scope="all")
    return company


def _parts(session, table):
    """The parts of a table that hold rows."""
    return session.scalars(text(f"SELECT DISTINCT CAST(tableoid AS regclass)::text FROM {table} ORDER BY 1")).all()


def _dumped(database):
    """Rows by table, of a dump by the owner."""
    url = sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    command = [wheel_folder() / "pg_dump", "--enable-row-security", "--data-only", url]
    lines = subprocess.run(command, env=os.environ | SEES_ALL, capture_output=True, text=True, check=True).stdout.splitlines()
    rows, table = {}, None
    for line in lines:
        if line.startswith("COPY "):
            table = line.split()[1].removeprefix("public.")
            rows[table] = 0
        elif line == "\\.":
            table = None
        elif table is not None:
            rows[table] += 1
    return rows


def test_a_dump_by_the_owner_has_every_row(parted, database):
    dumped = _dumped(database)
    for table in ("work_orders", "campaign_targets"):
        parts = _parts(parted, table)
        assert len(parts) == 2
        assert sum(dumped[part] for part in parts) == parted.scalar(text(f"SELECT count(*) FROM {table}"))


def test_each_part_of_work_orders_is_guarded_as_the_table_is(parted, database):
    assert missing_guards(parted) == []
    tables = ["work_orders", *_parts(parted, "work_orders")]
    parted.commit()
    owner = make_engine(database, as_app=False)
    for table in tables:
        with owner.connect() as connection, pytest.raises(DBAPIError, match="TRUNCATE refused"):
            connection.execute(text(f"TRUNCATE {table}"))
    owner.dispose()


@pytest.fixture
def approved(company):
    """A campaign to dispatch, in a database of the test's own: what is believed of a table outlives a rollback."""
    make_scores(company, ALL)
    return make_campaign(company, status=CampaignStatus.APPROVED, opened_at=None, list_size=8).code


def _believed(session, table):
    return session.scalar(BELIEVED, {"table": table})


@pytest.mark.parametrize(("least", "counted"), [(8, True), (9, False)])
def test_a_big_run_has_work_orders_counted_over_all_parts(company, approved, monkeypatch, least, counted):
    monkeypatch.setattr(order_rows, "STATISTICS_FROM", least)
    assert dispatch_campaign(company, campaign_code=approved, now=NOW)["new_work_orders"] == 8
    assert _believed(company, "work_orders") == (8 if counted else -1)


def test_every_night_has_each_table_of_parts_counted(company, approved):
    dispatch_campaign(company, campaign_code=approved, now=NOW)
    (purge,) = [row for row in timetable(ZoneInfo("UTC"), "x") if row.name == "purge"]
    assert isinstance(purge, Scheduled)
    purge.work(company, NOW)
    for table in IN_PARTS:
        assert _believed(company, table) == company.scalar(text(f"SELECT count(*) FROM {table}")) > 0


def test_the_tables_of_parts_are_all_known(session):
    assert session.scalars(PARTED).all() == [*IN_PARTS]
