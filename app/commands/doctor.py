"""`gridwork doctor`: what is wrong with this installation, and what to do about it."""

from collections.abc import Iterator

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.commands.doctor_business import BUSINESS
from app.commands.doctor_database import DATABASE, Database
from app.commands.doctor_finding import Finding, State, make_checks, skip_checks
from app.commands.doctor_machine import MACHINE, SERVICE
from app.core import clock
from app.core.database import app_engine
from app.core.embedded import EmbeddedServerError, find_server
from app.core.logs import configure_logs
from app.core.storage import Storage
from app.settings import Settings, SettingsError, read_settings

COLOURS = {State.OK: "green", State.WRONG: "red", State.SKIPPED: "yellow"}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("doctor")(doctor)


def doctor() -> None:
    """Say what is wrong with this installation and what to do; exit code 1 if anything is. Changes nothing."""
    table = Table("check", "", "found", "what to do", title="Gridwork")
    findings = list(examine())
    for finding in findings:
        colour = COLOURS[finding.state]
        table.add_row(finding.check, f"[{colour}]{finding.state}[/]", escape(finding.found), escape(finding.remedy))
    console = Console()
    console.print(table)
    count = sum(finding.state is State.WRONG for finding in findings)
    console.print(f"{count} wrong." if count else "All is well.")
    raise typer.Exit(1 if count else 0)


def examine() -> Iterator[Finding]:
    """Every finding, in the order of what depends on what; whatever cannot be looked at is skipped."""
    try:
        settings = read_settings()
    except SettingsError as error:
        yield Finding(State.WRONG, str(error), "set it right; docs/operations.md lists all settings", "settings")
        for checks in (MACHINE, ["database", *DATABASE], BUSINESS, SERVICE):
            yield from skip_checks(checks, "the settings are wrong")
        return
    configure_logs("CRITICAL" if settings.log_level != "DEBUG" else "DEBUG")
    clock.use_zone(settings.zone)
    yield Finding(State.OK, f"time zone {settings.timezone}", check="settings")
    yield from make_checks(MACHINE, settings)
    yield from _examine_database(settings)
    yield from make_checks(SERVICE, settings)


def _examine_database(settings: Settings) -> Iterator[Finding]:
    reached = _reach(settings)
    if isinstance(reached, Finding):
        yield reached
        yield from skip_checks(DATABASE, "no database")
        yield from skip_checks(BUSINESS, "no database")
        return
    with reached.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")  # one failing check spoils no other
        address = reached.url.render_as_string(hide_password=True).partition("@")[2]
        yield Finding(State.OK, address, check="database")
        found = list(make_checks(DATABASE, Database(reached, connection, settings)))
        yield from found
        if any(finding.check == "schema" and finding.state is State.WRONG for finding in found):
            yield from skip_checks(BUSINESS, "the schema is another")
        else:
            yield from make_checks(BUSINESS, Session(connection, info={"storage": Storage(settings.storage_url)}))
    reached.dispose()


def _reach(settings: Settings) -> Engine | Finding:
    """The application's engine; the embedded server is not started for it."""
    try:
        if not settings.database_url and not settings.app_database_url and find_server(settings.home / "postgres") is None:
            return Finding(State.WRONG, "the embedded PostgreSQL does not run", "gridwork database start", "database")
        engine = app_engine(settings.model_copy(update={"pool_size": 3}))
        with engine.connect():
            return engine
    except SQLAlchemyError as error:
        said = (str(getattr(error, "orig", error)).strip().splitlines() or [type(error).__name__])[0]
        if 'role "gridwork_app"' in said:
            return Finding(State.WRONG, said, "gridwork migrate", "database")
        return Finding(State.WRONG, said, "start it, or set DATABASE_URL right", "database")
    except EmbeddedServerError as error:
        return Finding(State.WRONG, str(error), "gridwork database start", "database")
