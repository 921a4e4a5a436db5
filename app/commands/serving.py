"""Commands that run the service: HTTP API, worker, schema, embedded database."""

import json
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.markup import escape
from sqlalchemy.engine import make_url

from app.api.router import openapi_document
from app.commands.context import console
from app.core import clock
from app.core.database import app_engine, owner_url, schema_revisions
from app.core.database import migrate as migrate_database
from app.core.db import make_engine, make_sessions
from app.core.embedded import EmbeddedServerError, find_server, start_server, stop_server
from app.core.errors import Conflict, NotFound
from app.core.logs import configure_logs
from app.core.pgbinaries import wheel_folder
from app.core.pgcluster import SUPERUSER, load_state
from app.core.storage import Storage
from app.ingest.moving import move_snapshots
from app.jobs.process import run_worker
from app.jobs.runner import in_transaction
from app.notices.endpoints import seal_again
from app.notices.sealing import seal_of
from app.settings import Settings, read_settings

database = typer.Typer(no_args_is_help=True, help="The embedded PostgreSQL of this installation.")


class PortTaken(Conflict):
    """The port cannot be used."""

    code = "port.taken"


class NoEmbeddedServer(NotFound):
    """The embedded PostgreSQL does not run: start it with 'gridwork database start'."""

    code = "database.not_running"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("serve")(serve)
    app.command("api", hidden=True)(serve)  # what containers call it
    app.command("worker")(worker)
    app.command("migrate")(migrate)
    app.command("openapi")(openapi)
    app.add_typer(database, name="database", rich_help_panel="Run")
    database.command("start")(start)
    database.command("stop")(stop)
    database.command("url")(url)
    database.command("programs")(programs)


def serve(
    host: Annotated[str, typer.Option(help="address to listen on; default GRIDWORK_HOST")] = "",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="default GRIDWORK_PORT")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="processes; default GRIDWORK_API_WORKERS")] = None,
) -> None:
    """Serve the HTTP API until SIGTERM or SIGINT; requests in flight get GRIDWORK_SHUTDOWN_SECONDS to end."""
    settings = read_settings()
    configure_logs(settings.log_level)
    host, port, workers = host or settings.host, port or settings.port, workers or settings.api_workers
    _check_port(host, port)
    owner_url(settings)  # starts the embedded server once, not in each process
    console.print(f"Gridwork listens on http://{escape(host)}:{port} with {workers} processes. Stop it with Ctrl-C.")
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn has its own; this one is for its parting signal to itself
    metrics = _share_metrics() if workers > 1 else None
    try:
        uvicorn.run(
            "app.main:create_process",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            timeout_graceful_shutdown=settings.shutdown_seconds,
            timeout_worker_healthcheck=30,
            access_log=False,
            log_config=None,
            server_header=False,
        )
    finally:
        if metrics is not None:
            shutil.rmtree(metrics, ignore_errors=True)


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --host and --port") from error


def _share_metrics() -> Path:
    """A folder in which the processes keep their counters, so that each can tell those of all."""
    folder = Path(tempfile.mkdtemp(prefix="gridwork-metrics-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder


def openapi() -> None:
    """Print the OpenAPI document of the HTTP API, as JSON: for generators of clients."""
    typer.echo(json.dumps(openapi_document(), ensure_ascii=False, indent=1))


def worker() -> None:
    """Run the timetable. Start as many as wanted: one leads, the others wait to take over."""
    run_worker(read_settings())


def migrate() -> None:
    """Bring the database to the schema of this code."""
    settings = read_settings()
    clock.use_zone(settings.zone)
    address = owner_url(settings)
    engine = make_engine(address, as_app=False)
    before, newest = schema_revisions(engine)
    engine.dispose()
    if before == newest:
        console.print(f"The database has the newest schema already: {newest}.")
    else:
        migrate_database(address)
        console.print(f"The database was brought from schema {before or 'none'} to {newest}.")
    if sealed := _seal_keys(settings, before):
        console.print(f"{sealed} signing keys of webhooks were encrypted.")
    if moved := _move_snapshots(settings):
        console.print(f"{moved} rows of figures were moved from the database into {escape(settings.storage_url)}.")


def _seal_keys(settings: Settings, before: str | None) -> int:
    """What a release before stored in the clear."""
    if before is None:
        return 0
    engine = app_engine(settings, statement_timeout_ms=0)
    try:
        seal = seal_of(settings.webhook_key, settings.home)
        return in_transaction(make_sessions(engine), lambda session: seal_again(session, seal=seal, only_clear=True))["sealed"]
    finally:
        engine.dispose()


def _move_snapshots(settings: Settings) -> int:
    engine = app_engine(settings, statement_timeout_ms=0)
    sessions = make_sessions(engine, Storage(settings.storage_url))
    try:
        return in_transaction(sessions, lambda session: move_snapshots(session, now=clock.now()))
    finally:
        engine.dispose()


def start() -> None:
    """Start it (and make it, the first time)."""
    settings = _embedded()
    binaries = Path(settings.postgres_binaries) if settings.postgres_binaries else None
    server = start_server(settings.home / "postgres", binaries=binaries)
    console.print(f"PostgreSQL runs in {escape(str(server.root))} on port {server.port}.")


def stop() -> None:
    """Stop it; what was committed stays."""
    settings = read_settings()
    console.print("Stopped." if stop_server(settings.home / "postgres") else "It was not running.")


def url(
    superuser: Annotated[bool, typer.Option("--superuser", help="the server's superuser: for backups only")] = False,
) -> None:
    """Print its owner's address, with the password: for psql and the like."""
    server = find_server(_embedded().home / "postgres")
    state = None if server is None else load_state(server.root)
    if server is None or state is None:
        raise NoEmbeddedServer
    address = make_url(server.url).set(drivername="postgresql")
    if superuser:
        address = address.set(username=SUPERUSER, password=state.superuser_password)
    typer.echo(address.render_as_string(hide_password=False))


def programs() -> None:
    """Print the folder of its programs: psql, pg_dump, pg_restore, pg_basebackup."""
    settings = _embedded()
    typer.echo(settings.postgres_binaries or wheel_folder())


def _embedded() -> Settings:
    settings = read_settings()
    if settings.database_url:
        raise EmbeddedServerError("DATABASE_URL names another PostgreSQL: the embedded one is not used here")
    return settings
