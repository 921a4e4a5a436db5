"""A PostgreSQL for one test process: a migrated template with the cast in it, cloned for each test that commits."""

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.util import LRUCache

from app.core import db
from app.core.database import migrate
from app.core.db import make_engine, set_scope, sqlalchemy_url
from app.core.embedded import start_server, stop_server
from tests.cast import seed_cast

TEMPLATE = "gridwork_cast"
STATEMENTS = 2_000
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # a database is made for each test: some thousand files
_names = itertools.count(1)


@contextmanager
def own_server(*, durable: bool = False) -> Iterator[str]:
    """URL of the owner on a server of our own, or of the one that DATABASE_URL names."""
    if os.environ.get("DATABASE_URL"):
        yield os.environ["DATABASE_URL"]
        return
    root = Path(tempfile.mkdtemp(prefix="gridwork-tests-", dir=None if durable else _in_memory()))
    root.chmod(0o755)  # the server runs as another user where we are root
    try:
        yield start_server(root, durable=durable).url
    finally:
        stop_server(root)
        shutil.rmtree(root, ignore_errors=True)


def _in_memory() -> Path | None:
    """A folder whose files are in memory, where there is one with room in which programs may run."""
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC or not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > ROOM else None


def make_template(server_url: str, worker: str) -> str:
    """Migrate a database of this worker, put the cast in, and return its name."""
    name = f"{TEMPLATE}_{worker}"
    _administer(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = database_url(server_url, name)
    migrate(url)
    engine = make_engine(url)
    with Session(engine) as session:
        set_scope(session, scope="all")
        seed_cast(session)
        session.commit()
    engine.dispose()
    return name


@contextmanager
def clone(server_url: str, template: str) -> Iterator[str]:
    """URL of a new database like the template, dropped afterwards."""
    name = f"{template}_{next(_names)}"
    _administer(
        server_url,
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY',
    )
    try:
        yield database_url(server_url, name)
    finally:
        _administer(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def database_url(server_url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return sqlalchemy_url(server_url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def compiled_once(url: str) -> Iterator[None]:
    """Engines share one dialect and what was compiled by it: each test has engines of its own, and asks much the same."""
    first, whole = make_engine(url), db.create_engine
    with first.connect():
        pass  # now the dialect knows the server
    first.dispose()
    compiled = LRUCache(STATEMENTS)

    def create(*given: Any, **more: Any) -> Engine:
        engine = whole(*given, **more)
        engine.dialect = engine.pool._dialect = first.dialect
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    db.create_engine = create
    try:
        yield
    finally:
        db.create_engine = whole


@contextmanager
def as_company(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session of the whole company's scope."""
    with sessions() as session:
        set_scope(session, scope="all")
        yield session


def _administer(server_url: str, *statements: str) -> None:
    plain = sqlalchemy_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            _persist(connection, statement.encode())


def _persist(connection: psycopg.Connection, statement: bytes) -> None:
    """Execute, again where the server's own vacuum is at work in the database and may not be sent away."""
    for attempt in range(100):
        try:
            connection.execute(statement)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if attempt == 99:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def empty_database(server_url: str, name: str) -> Iterator[str]:
    """URL of a new database, migrated and empty, dropped afterwards."""
    name = f"{name}_{os.getpid()}_{next(_names)}"
    _administer(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        url = database_url(server_url, name)
        migrate(url)
        yield url
    finally:
        _administer(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
