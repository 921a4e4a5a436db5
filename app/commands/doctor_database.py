"""Checks of the database: the server, its schema, and that nobody gets around row level security."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from app.commands.doctor_finding import Finding, ok, wrong
from app.core import clock
from app.core.database import is_known, schema_revisions
from app.core.db import APP_ROLE
from app.jobs.schedule import timetable
from app.settings import Settings

OLDEST_SERVER = 15
CLOCK_SECONDS = 2.0
PROTECTED = (
    "attachments",
    "audit_entries",
    "back_check_strata",
    "back_checks",
    "campaign_month_figures",
    "campaign_result_figures",
    "campaign_targets",
    "carried_over",
    "capacity_bookings",
    "competitor_findings",
    "contact_feedback",
    "correction_proposals",
    "customer_arrivals",
    "customer_ownerships",
    "customers",
    "daily_figures",
    "devices",
    "digests",
    "disclosures",
    "do_not_disturb",
    "do_not_disturb_undos",
    "escalations",
    "evaluated_managers",
    "evidence_findings",
    "feedback_attachments",
    "feedback_quarantine",
    "figure_alarms",
    "figure_marks",
    "figure_targets",
    "grid_day_figures",
    "grid_month_figures",
    "handover_customers",
    "handover_orders",
    "handovers",
    "ledger_postings",
    "live_changes",
    "mail_addresses",
    "monthly_figures",
    "manager_messages",
    "monthly_statements",
    "notice_reads",
    "notices",
    "outbox_deliveries",
    "outbox_events",
    "ownership_news",
    "permission_ends",
    "permission_grants",
    "personnel_looks",
    "phone_pulls",
    "points_disputes",
    "points_entries",
    "points_evidence",
    "points_inputs",
    "push_marks",
    "push_settings",
    "review_cases",
    "review_events",
    "saved_views",
    "sms_confirmations",
    "verifications",
    "webhook_secrets",
    "work_order_returns",
    "work_order_tombstones",
    "work_orders",
)


@dataclass(frozen=True)
class Database:
    """A connection of the application, and what it belongs to."""

    engine: Engine
    connection: Connection
    settings: Settings

    def row(self, statement: str, **parameters: Any) -> Any:
        """The one row of a statement."""
        return self.connection.execute(text(statement), parameters).one()

    def column(self, statement: str, **parameters: Any) -> list[str]:
        """The first column of a statement."""
        return [str(value) for value in self.connection.execute(text(statement), parameters).scalars()]


def check_version(database: Database) -> Finding:
    """PostgreSQL is new enough."""
    version = database.row("SELECT current_setting('server_version')")[0]
    if int(str(version).split(".")[0].split(" ")[0]) < OLDEST_SERVER:
        return wrong(f"PostgreSQL {version}", f"move to PostgreSQL {OLDEST_SERVER} or newer")
    return ok(f"PostgreSQL {version}")


def check_schema(database: Database) -> Finding:
    """The schema is the one of this code, or that of a newer release beside which this one may run."""
    found, newest = schema_revisions(database.engine)
    if found is None or (found != newest and is_known(found)):
        return wrong(f"schema {found}, this code needs {newest}", "gridwork migrate")
    return ok(f"schema {found}" if found == newest else f"schema {found}, newer than this code, which ends with {newest}")


def check_role(database: Database) -> Finding:
    """The application acts as a role that can do nothing but its work."""
    row = database.row(
        "SELECT current_user, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb, s.rolsuper OR s.rolbypassrls"
        " FROM pg_roles r, pg_roles s WHERE r.rolname = :role AND s.rolname = session_user",
        role=APP_ROLE,
    )
    if row[0] != APP_ROLE:
        return wrong(f"the application acts as {row[0]}", f"grant {APP_ROLE} to its login")
    if row[1]:
        return wrong(
            f"{APP_ROLE} may do too much",
            f"ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB",
        )
    if row[2]:
        return wrong("the login is a superuser or has BYPASSRLS", "give Gridwork a login with CREATEROLE that owns its database")
    return ok(f"acts as {APP_ROLE}")


def check_row_security(database: Database) -> Finding:
    """Row level security binds everybody, the owner too, on every table with rows of one manager or grid."""
    missing = database.column(
        "SELECT t.name FROM unnest(CAST(:tables AS text[])) AS t (name)"
        " LEFT JOIN pg_class c ON c.oid = to_regclass('public.' || t.name)"
        " WHERE c.oid IS NULL OR NOT c.relrowsecurity OR NOT c.relforcerowsecurity"
        " OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'by_scope') ORDER BY t.name",
        tables=list(PROTECTED),
    )
    if missing:
        return wrong("not forced on " + ", ".join(missing), "ALTER TABLE ... FORCE ROW LEVEL SECURITY; find out who changed it")
    return ok(f"forced on {len(PROTECTED)} tables")


def check_owner(database: Database) -> Finding:
    """The application role owns no table, so that it cannot lift its own bounds."""
    owned = database.column("SELECT tablename FROM pg_tables WHERE tableowner = :role ORDER BY 1", role=APP_ROLE)
    if owned:
        return wrong(f"{APP_ROLE} owns " + ", ".join(owned), "ALTER TABLE ... OWNER TO the owner of the database")
    return ok(f"{APP_ROLE} owns nothing")


def check_clock(database: Database) -> Finding:
    """The machine and the database agree on the time."""
    before = clock.now()
    there = database.row("SELECT clock_timestamp()")[0]
    apart = abs((there - (before + (clock.now() - before) / 2)).total_seconds())
    found = f"{apart:.1f} s from the database's clock"
    return ok(found) if apart <= CLOCK_SECONDS else wrong(found, "let both machines follow one time server (NTP)")


def check_connections(database: Database) -> Finding:
    """The server takes as many connections as the API processes and a worker may open."""
    settings = database.settings
    needed = settings.api_workers * (settings.pool_size + settings.hot_pool_size + 2) + len(timetable(settings.zone, "")) + 2
    free = database.row(
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        " - (SELECT count(*) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND datname IS DISTINCT FROM current_database())"
    )[0]
    found = f"{free} for this database, at most {needed} needed by one API and one worker"
    if free < needed:
        return wrong(found, "raise max_connections, or lower GRIDWORK_POOL_SIZE or GRIDWORK_API_WORKERS")
    return ok(found)


DATABASE: Mapping[str, Callable[[Database], Finding]] = {
    "server version": check_version,
    "schema": check_schema,
    "application role": check_role,
    "row level security": check_row_security,
    "table owner": check_owner,
    "clock": check_clock,
    "connections": check_connections,
}
