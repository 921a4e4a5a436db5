"""Whole columns out of and into the database, packed: for millions of rows in the session's own transaction."""

import re
import struct
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

CHUNK_ROWS = 100_000
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_END = struct.pack(">h", -1)
_EPOCH_DAY = date(2000, 1, 1).toordinal()  # PostgreSQL counts days and microseconds from here
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SEND = {"int64": "int8send", "int32": "int4send", "int16": "int2send", "float32": "float4send", "float64": "float8send"}
_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z_0-9]*)")


@dataclass(frozen=True)
class Words:
    """A column of text with few different values: `words[code]` for each row; None is null."""

    codes: NDArray[np.integer[Any]]
    words: tuple[str | None, ...]


@dataclass(frozen=True)
class Optional:
    """A column of numbers, null where `null` is true."""

    values: NDArray[Any]
    null: NDArray[np.bool_]


@dataclass(frozen=True)
class Money:
    """A numeric column with four decimals, given as a number of ten-thousandths; null where `null` is true."""

    ten_thousandths: NDArray[np.int64]
    null: NDArray[np.bool_]


Column = NDArray[Any] | Words | Optional | Money


def read_columns(
    session: Session, columns: Mapping[str, tuple[str, str]], source: str, parameters: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """The rows of `source` ("FROM ... WHERE ...", with `:parameters`) as arrays, in any order, the same for all columns.

    columns: name to (SQL expression that is never null, int64 | int32 | int16 | float32 | float64). Each is packed by
    PostgreSQL into one value, because a row of its own costs the driver more than all the rest; one holds 100 million rows.
    """
    packed = ", ".join(f"string_agg({_SEND[kind]}({sql}), '')" for sql, kind in columns.values())
    statement = _PARAMETER.sub(r"%(\1)s", f"SELECT {packed} {source}".replace("%", "%%"))
    session.flush()
    try:
        with driver_of(session).cursor(binary=True) as cursor:
            row = cursor.execute(statement.encode(), _those_in(statement, parameters)).fetchone()
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error
    assert row is not None
    kinds = [np.dtype(kind) for _, kind in columns.values()]
    return {
        name: np.frombuffer(value or b"", dtype=kind.newbyteorder(">")).astype(kind)
        for name, value, kind in zip(columns, row, kinds, strict=True)
    }


def write_columns(session: Session, table: str, columns: Mapping[str, Column], *, is_new: bool = False) -> None:
    """Append rows to a table without row level security, by binary COPY; the kind of each column is that of the table's own.

    is_new: the table was made in this transaction, so that its rows can be written as those of long ago, which are never
    looked at again to see whether their writer committed. What the database refuses is raised as SQLAlchemy raises it.
    """
    session.flush()
    options = "FORMAT BINARY, FREEZE" if is_new else "FORMAT BINARY"
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN ({options})"
    try:
        with driver_of(session).cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(_SIGNATURE)
            for block in _one_ahead(packed_rows(columns)):
                copy.write(block)
            copy.write(_END)
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error


def everywhere(values: Mapping[str, str | datetime | date | int | np.int64], rows: int) -> dict[str, Column]:
    """Columns with one value in every row; an int is PostgreSQL's integer, NumPy's int64 its bigint."""
    return {name: _everywhere(value, rows) for name, value in values.items()}


def _everywhere(value: str | datetime | date | int | np.int64, rows: int) -> Column:
    if isinstance(value, str):
        return Words(np.broadcast_to(np.uint8(0), rows), (value,))
    if isinstance(value, datetime):
        return np.broadcast_to(np.int64(pg_instant(value)), rows)
    if isinstance(value, date):
        return np.broadcast_to(np.int32(pg_day(value)), rows)
    return np.broadcast_to(value if isinstance(value, np.int64) else np.int32(value), rows)


def pg_day(day: date) -> int:
    """A day as PostgreSQL counts it."""
    return day.toordinal() - _EPOCH_DAY


def pg_instant(instant: datetime) -> int:
    """An instant as PostgreSQL counts it."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def as_ten_thousandths(amount: Decimal) -> int:
    """An amount of money as Money counts it."""
    return int((amount * 10_000).to_integral_value())


def driver_of(session: Session) -> psycopg.Connection[Any]:
    """The driver's own connection, within the session's transaction."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


def packed_rows(columns: Mapping[str, Column]) -> Iterator[memoryview]:
    """The rows of binary COPY, some at a time.

    Rows of the same words and nulls are equally long: they are laid out together and then put back into their order.
    """
    rows = len(_codes(next(iter(columns.values()))) if columns else ())
    for start in range(0, rows, CHUNK_ROWS):
        part = {name: _cut(column, slice(start, start + CHUNK_ROWS)) for name, column in columns.items()}
        shapes = _shapes(part)
        groups = [np.flatnonzero(shapes == shape) for shape in np.unique(shapes)]
        arrays = [_laid_out({name: _cut(column, rows) for name, column in part.items()}) for rows in groups]
        place = np.empty(len(shapes), dtype=np.int64)
        place[np.concatenate(groups)] = np.arange(len(shapes))
        ordered = arrays[0] if len(groups) == 1 else pa.concat_arrays(arrays).take(pa.array(place))
        yield memoryview(ordered.buffers()[2])


def _those_in(statement: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if f"%({name})s" in statement}


def _one_ahead(blocks: Iterator[memoryview]) -> Iterator[memoryview]:
    """The same, each packed while PostgreSQL takes the one before."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = pool.submit(next, blocks, None)
            yield block


def _codes(column: Column) -> NDArray[Any]:
    """What tells the shape of a row: its word, or whether it is null."""
    if isinstance(column, Words):
        return column.codes
    return column.null if isinstance(column, Optional | Money) else column


def _cut(column: Column, rows: Any) -> Column:
    if isinstance(column, Words):
        return Words(column.codes[rows], column.words)
    if isinstance(column, Optional):
        return Optional(column.values[rows], column.null[rows])
    if isinstance(column, Money):
        return Money(column.ten_thousandths[rows], column.null[rows])
    cut: NDArray[Any] = column[rows]
    return cut


def _shapes(part: Mapping[str, Column]) -> NDArray[np.int64]:
    shapes = np.zeros(len(_codes(next(iter(part.values())))), dtype=np.int64)
    for column in part.values():
        if not isinstance(column, np.ndarray):
            shapes = shapes * (len(column.words) if isinstance(column, Words) else 2) + _codes(column)
    return shapes


def _laid_out(part: Mapping[str, Column]) -> pa.Array:
    """Rows of one shape, as one byte string each."""
    fields: list[tuple[Any, ...]] = [("fields", ">i2")]
    values: dict[str, Any] = {"fields": len(part)}
    for name, column in part.items():
        kind, value, size = _field(column)
        fields += [(f"{name}_size", ">i4"), *([(name, *kind)] if kind else [])]
        values |= {f"{name}_size": size} | ({name: value} if kind else {})
    rows = np.empty(len(_codes(next(iter(part.values())))), dtype=np.dtype(fields))
    for name, value in values.items():
        rows[name] = value
    width = rows.dtype.itemsize
    offsets = pa.py_buffer(np.arange(len(rows) + 1, dtype=np.int32) * np.int32(width))
    return pa.Array.from_buffers(pa.binary(), len(rows), [None, offsets, pa.py_buffer(rows)])


def _field(column: Column) -> tuple[tuple[Any, ...], Any, int]:
    """(NumPy's name of the field's layout, none where it is null; its values; its size)."""
    if isinstance(column, Words):
        word = column.words[int(column.codes[0])]
        content = b"" if word is None else word.encode()
        return ((f"V{len(content)}",) if content else ()), np.void(content), -1 if word is None else len(content)
    if isinstance(column, Optional | Money) and column.null[0]:
        return (), None, -1
    if isinstance(column, Money):
        return (">i2", (8,)), _numeric(column.ten_thousandths), 16
    plain = column.values if isinstance(column, Optional) else column
    return (plain.dtype.newbyteorder(">").str,), plain, plain.dtype.itemsize


def _numeric(value: NDArray[np.int64]) -> NDArray[np.int16]:
    """PostgreSQL's numeric: number of digits to base 10,000, weight of the first, sign, decimals, and the digits."""
    whole = np.abs(value)
    digits = [whole // 10_000**power % 10_000 for power in (3, 2, 1, 0)]
    head = [np.full_like(value, 4), np.full_like(value, 2), np.where(value < 0, 0x4000, 0), np.full_like(value, 4)]
    return np.stack([*head, *digits], axis=1).astype(np.int16)
