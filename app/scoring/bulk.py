"""Whole frames out of and into the database, in the session's own transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import islice
from typing import Any

import polars as pl
import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

CHUNK_ROWS = 200_000
BLOCK_ROWS = 5_000
PARSED_AT_ONCE = 40  # blocks


def read_frame(session: Session, query: str, schema: Mapping[str, Any], **parameters: Any) -> pl.DataFrame:
    """The rows of `query`, in its order, whose columns come in the order of `schema`: days as Date from days since 1970-01-01,
    instants as Datetime from microseconds since then.

    Text of no more than PARSED_AT_ONCE blocks is here at a time beside the frame.
    """
    session.flush()
    statement = _in_blocks(query, schema)
    try:
        with psycopg.ClientCursor(_driver(session)) as cursor:
            blocks = (block for (block,) in cursor.stream(statement.encode(), parameters or None))
            parts = []
            while some := list(islice(blocks, PARSED_AT_ONCE)):
                parts.append(_parse("\n".join(some).encode(), schema))
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _in_blocks(query: str, schema: Mapping[str, Any]) -> str:
    """The rows as CSV, thousands to a row: a row of its own for each costs the driver twenty times as much."""
    names = [f"c{n}" for n in range(len(schema))]
    quoted = "CASE WHEN {0} IS NOT NULL THEN '\"' || replace({0}, '\"', '\"\"') || '\"' END"
    cells = [quoted.format(name) if kind == pl.String else name for name, kind in zip(names, schema.values(), strict=True)]
    return f"""
        SELECT string_agg(concat({", ',', ".join(cells)}), E'\\n') FROM (
            SELECT *, row_number() OVER () / {BLOCK_ROWS} AS block FROM ({query}) AS q ({", ".join(names)})
        ) AS numbered GROUP BY block ORDER BY block"""  # noqa: S608 - our own text


def write_frame(session: Session, table: str, frame: pl.DataFrame) -> None:
    """Append the rows of `frame` to the columns of the table that are named as its own."""
    columns = ", ".join(frame.columns)
    with _copying(session, f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)", {}) as copy:
        for part in frame.iter_slices(CHUNK_ROWS):
            copy.write(part.write_csv(include_header=False).encode())


def _parse(data: bytes, schema: Mapping[str, Any]) -> pl.DataFrame:
    plain = {name: pl.Int64 if kind == pl.Date or kind == pl.Datetime else kind for name, kind in schema.items()}
    frame = pl.read_csv(BytesIO(data), has_header=False, schema=plain)
    return frame.with_columns(
        *(pl.col(name).cast(pl.Int32).cast(pl.Date) for name, kind in schema.items() if kind == pl.Date),
        *(pl.col(name).cast(kind) for name, kind in schema.items() if kind == pl.Datetime),
    )


@contextmanager
def _copying(session: Session, statement: str, parameters: Mapping[str, Any]) -> Iterator[psycopg.Copy]:
    """A COPY after all that the session has still to write. What the database refuses is raised as SQLAlchemy raises it."""
    session.flush()
    try:
        with _driver(session).cursor() as cursor, cursor.copy(statement.encode(), parameters or None) as copy:
            yield copy
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error


def _driver(session: Session) -> psycopg.Connection:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection
