"""The short way to the database, for the two routes that every phone asks all day: no session, no thread, few round trips.

Statements go to PostgreSQL together (libpq's pipeline mode) and are one transaction: what the first of them sets for row level
security holds for the others, and all are committed before the last answer is read. They are prepared once for each
connection. This is what psycopg's own pipelines do, without what those need for statements of every kind: a third of the time.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from psycopg import errors
from psycopg.abc import Transformer as Adapter
from psycopg.adapt import PyFormat
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import TextClause
from sqlalchemy.dialects import postgresql

from app.core.db import connection_options, sqlalchemy_url
from app.core.hot_pool import Connection, Pool

_DIALECT: Any = postgresql.psycopg.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]  # SQLAlchemy does not type it
_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_TEXT = PyFormat.TEXT

Statement = tuple[str, Mapping[str, Any]]
Rows = list[tuple[Any, ...]]


@asynccontextmanager
async def hot_pool(url: str, *, size: int, wait_seconds: float, statement_timeout_ms: int) -> AsyncIterator[Pool]:
    """A pool of up to `size` connections that act as the application role, for the loop that enters it.

    Statements have one plan for all values: planning costs more than executing here.
    """
    plain = sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = connection_options(statement_timeout_ms) + " -c plan_cache_mode=force_generic_plan -c jit=off"

    async def connect() -> Connection:
        return await Connection.connect(plain, autocommit=True, options=options, connect_timeout=5)

    pool = Pool(connect, size=size, wait_seconds=wait_seconds)
    try:
        yield pool
    finally:
        pool.close()


def written(statement: TextClause) -> str:
    """A statement of SQLAlchemy as `ask` takes it, with its parameters by name."""
    return str(statement.compile(dialect=_DIALECT))


async def ask(connection: Connection, statements: Sequence[Statement]) -> list[Rows]:
    """Send the statements at once; the rows of each. Parameters are text to PostgreSQL: where it cannot tell of what type, cast.

    Raises psycopg.Error. Then, or when the caller is cancelled, nothing of it happened and the connection is closed.
    """
    try:
        return await _ask(connection, statements)
    except BaseException:
        connection.end()
        raise


async def _ask(connection: Connection, statements: Sequence[Statement]) -> list[Rows]:
    pgconn, adapter, answer = connection.pgconn, connection.adapter, connection.answer()
    pgconn.enter_pipeline_mode()
    wanted = [_send(connection, adapter, sql, values) for sql, values in statements]
    pgconn.pipeline_sync()
    while pgconn.flush():
        await connection.room()
    results = await answer
    pgconn.exit_pipeline_mode()
    failed = next((one for one in results if one.status == ExecStatus.FATAL_ERROR), None)
    if failed is not None:
        raise errors.error_from_result(failed)
    return [_rows(adapter, results[nth]) for nth in _last_of_each(wanted)]


def _send(connection: Connection, adapter: Adapter, sql: str, values: Mapping[str, Any]) -> int:
    """Send one statement, prepared before where it is new; of how many results its own is the last."""
    query, names = _numbered(sql)
    name, new = connection.prepared.get(sql), 0
    if name is None:
        name, new = b"hot%d" % len(connection.prepared), 1
        connection.prepared[sql] = name
        connection.pgconn.send_prepare(name, query)
    given = adapter.dump_sequence([values[one] for one in names], [_TEXT] * len(names))
    connection.pgconn.send_query_prepared(name, given)
    return 1 + new


@cache
def _numbered(sql: str) -> tuple[bytes, list[str]]:
    """The statement with $1, $2, ... and the names of its parameters in that order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] is None:
            return "%"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PARAMETER.sub(number, sql).encode(), names


def _last_of_each(wanted: Sequence[int]) -> list[int]:
    total, found = 0, []
    for count in wanted:
        total += count
        found.append(total - 1)
    return found


def _rows(adapter: Adapter, result: PGresult) -> Rows:
    adapter.set_pgresult(result)
    return list(adapter.load_rows(0, result.ntuples, tuple))
