"""Which database this installation uses, and bringing it to the present schema."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import AsyncConnection
from sqlalchemy import Engine

from app.core.db import connection_options, make_engine, sqlalchemy_url
from app.core.embedded import start_server
from app.core.hot import hot_pool
from app.core.hot_pool import Pool
from app.settings import Settings

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def owner_url(settings: Settings) -> str:
    """URL of the database's owner: the one of the settings, else of the embedded server, which is started if need be."""
    if settings.database_url:
        return sqlalchemy_url(settings.database_url).render_as_string(hide_password=False)
    binaries = Path(settings.postgres_binaries) if settings.postgres_binaries else None
    return start_server(settings.home / "postgres", binaries=binaries).url


def app_engine(settings: Settings, *, statement_timeout_ms: int | None = None) -> Engine:
    """The engine of API, jobs and CLI: acts as the application role."""
    timeout = settings.statement_timeout_ms if statement_timeout_ms is None else statement_timeout_ms
    return make_engine(
        settings.app_database_url or owner_url(settings),
        pool_size=settings.pool_size,
        pool_wait_seconds=settings.pool_wait_seconds,
        statement_timeout_ms=timeout,
    )


def app_pool(settings: Settings) -> AbstractAsyncContextManager[Pool]:
    """The hot pool of one API process, for the loop that enters it; acts as the application role."""
    return hot_pool(
        settings.app_database_url or owner_url(settings),
        size=settings.hot_pool_size,
        wait_seconds=settings.pool_wait_seconds,
        statement_timeout_ms=settings.statement_timeout_ms,
    )


def app_listener(settings: Settings) -> Callable[[], Awaitable[AsyncConnection[Any]]]:
    """How one API process connects to listen; acts as the application role."""
    url = sqlalchemy_url(settings.app_database_url or owner_url(settings)).set(drivername="postgresql")
    conninfo, options = url.render_as_string(hide_password=False), connection_options(settings.statement_timeout_ms)

    async def connect() -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            conninfo,
            autocommit=True,
            application_name="gridwork_live",
            options=options,
            connect_timeout=5,
            keepalives_idle=10,
            keepalives_interval=5,
        )

    return connect


def migrate(url: str) -> None:
    """Bring the database at this URL (its owner's) to the newest schema."""
    engine = make_engine(url, as_app=False)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


def alembic_config() -> Config:
    """Alembic's configuration, wherever the process was started."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def schema_revisions(engine: Engine) -> tuple[str | None, str | None]:
    """(revision the database has, newest revision of this code)."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found, ScriptDirectory.from_config(alembic_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this code has that revision; it has none that is newer than itself."""
    scripts = ScriptDirectory.from_config(alembic_config())
    return any(script.revision == revision for script in scripts.walk_revisions())
