"""Targets out of and placements into the database by binary COPY, through temporary tables of the transaction."""

import struct
from datetime import date
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_END = struct.pack(">h", -1)
_FIRST_DAY = date(2000, 1, 1).toordinal()  # PostgreSQL counts days from here
_WIDTHS = {"i8": ">i8", "i4": ">i4", "i2": ">i2"}
_CANDIDATE = {"customer_id": "i8", "grid_id": "i4", "owner": "i4", "rank": "i4", "explored": "i4"}
_PLACED = {"customer_id": "i8", "staff_id": "i4", "scheduled_on": "i4", "outcome": "i2"}


def make_tables(session: Session) -> None:
    """Empty temporary tables, gone at the end of the transaction."""
    for statement in (
        "CREATE TEMP TABLE IF NOT EXISTS dispatch_judged (customer_id bigint, grid_id int, owner int, rank int,"
        " explored int, reason text) ON COMMIT DROP",
        "CREATE TEMP TABLE IF NOT EXISTS dispatch_placed (customer_id bigint, staff_id int, scheduled_on date,"
        " outcome smallint) ON COMMIT DROP",
        "TRUNCATE dispatch_judged, dispatch_placed",
    ):
        session.execute(text(statement))


def read_candidates(session: Session) -> NDArray[Any]:
    """Those of `dispatch_judged` against whom nothing speaks, by customer: a record array of _CANDIDATE's fields."""
    statement = f"COPY (SELECT {', '.join(_CANDIDATE)} FROM dispatch_judged WHERE reason IS NULL ORDER BY customer_id)"  # noqa: S608
    with _connection(session).cursor() as cursor, cursor.copy(f"{statement} TO STDOUT (FORMAT BINARY)".encode()) as copy:
        data = b"".join(copy)
    rows: NDArray[Any] = np.frombuffer(data[len(_SIGNATURE) : -len(_END)], dtype=_record(_CANDIDATE))
    return rows


def write_placements(
    session: Session, *, customer_id: NDArray[Any], staff_id: NDArray[Any], day: NDArray[Any], outcome: NDArray[Any], first: date
) -> None:
    """Fill `dispatch_placed`: `day` counts from the day `first`; the staff id 0 and any day stand for nobody."""
    rows = np.zeros(len(customer_id), dtype=_record(_PLACED))
    rows["fields"] = len(_PLACED)
    for name, kind in _PLACED.items():
        rows[f"{name}_size"] = int(kind[1])
    rows["customer_id"], rows["staff_id"], rows["outcome"] = customer_id, staff_id, outcome
    rows["scheduled_on"] = np.maximum(day, 0) + (first.toordinal() - _FIRST_DAY)
    with _connection(session).cursor() as cursor, cursor.copy(b"COPY dispatch_placed FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_SIGNATURE + rows.tobytes() + _END)
    session.execute(text("ANALYZE dispatch_judged, dispatch_placed"))


def _record(columns: dict[str, str]) -> np.dtype[Any]:
    """A row of binary COPY whose fields are all there: their number, then the size and value of each."""
    fields = [("fields", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name}_size", ">i4"), (name, _WIDTHS[kind])]
    return np.dtype(fields)


def _connection(session: Session) -> psycopg.Connection[Any]:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection
