"""Getting a file's rows into the database fast: COPY, chunk by chunk, into staging tables that end with the transaction."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import psycopg
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.ingest.columns import Feed, Kind
from app.ingest.reading import FeedFile, read_chunks
from app.ingest.rows import LINE, RejectedRow, check_chunk
from app.ingest.spill import Spill
from app.ingest.statements import staging_columns

_COPY_ROWS = "COPY import_rows FROM STDIN (FORMAT csv)"
_COPY_REJECTED = "COPY rejected_rows (batch_id, line, column_name, code, reason, cells) FROM STDIN"
# Sets are joined by hashing, whatever the statistics of a table say that was filled a moment ago.
_PLANNING = {"enable_nestloop": "off", "jit": "off", "work_mem": "64MB"}


@contextmanager
def planned_for_sets(session: Session) -> Iterator[None]:
    """Let the database plan for whole sets meanwhile, and take as long as they need."""
    wanted = _PLANNING | {"statement_timeout": "0"}
    before = {name: session.scalar(text("SELECT current_setting(:name)"), {"name": name}) for name in wanted}
    _set_all(session, wanted)
    yield
    _set_all(session, before)


def _set_all(session: Session, values: dict[str, Any]) -> None:
    for name, value in values.items():
        session.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})


def make_staging(session: Session, feed: Feed) -> None:
    """Make the empty staging tables of this transaction."""
    drop_staging(session)
    session.execute(text(f"CREATE TEMP TABLE import_rows ({staging_columns(feed)}) ON COMMIT DROP"))
    session.execute(
        text("CREATE TEMP TABLE import_faults (line bigint PRIMARY KEY, column_name text, code text, reason text) ON COMMIT DROP")
    )


def drop_staging(session: Session) -> None:
    """Take them away, for the next import of the same transaction."""
    session.execute(text("DROP TABLE IF EXISTS pg_temp.import_rows, pg_temp.import_faults, pg_temp.import_mentioned"))


def stage_file(
    session: Session, file: FeedFile, *, batch_id: int, zone: str, progress: Callable[[int], None], spill: Spill
) -> tuple[int, int]:
    """Check all rows and copy them: good ones to the staging table, rejected ones to where they are kept.

    Figures go into `spill`. Calls `progress` with the number of rows of each chunk. Returns (staged, rejected).
    """
    staged = rejected = 0
    for chunk in read_chunks(file):
        checked = check_chunk(chunk, file.feed, zone=zone)
        _copy(session, _COPY_ROWS, _as_csv(checked.accepted, file.feed))
        if file.feed.keeps_extra:
            spill.add(checked.accepted[LINE], checked.figures)
        keep_rejected(session, batch_id, checked.rejected)
        staged += len(checked.accepted)
        rejected += len(checked.rejected)
        progress(len(checked.accepted) + len(checked.rejected))
    session.execute(text("ANALYZE import_rows"))
    return staged, rejected


def keep_faulty(session: Session, file: FeedFile, *, batch_id: int) -> None:
    """Keep the rows of `import_faults` as rejected, with their original text: for that the file is read again."""
    faults = text("SELECT line, column_name, code, reason FROM import_faults WHERE line BETWEEN :low AND :high ORDER BY line")
    for chunk in read_chunks(file):
        if chunk.lines.is_empty():
            continue
        found = session.execute(faults, {"low": chunk.lines[0], "high": chunk.lines[-1]}).all()
        given = chunk.frame[chunk.lines.search_sorted(pl.Series([row.line for row in found], dtype=pl.Int64))].rows()
        keep_rejected(session, batch_id, map(_rejected, found, given))


def _rejected(fault: Row[Any], given: tuple[str | None, ...]) -> RejectedRow:
    return RejectedRow(fault.line, fault.column_name, fault.code, fault.reason, tuple(cell or "" for cell in given))


def keep_rejected(session: Session, batch_id: int, rejected: Iterable[RejectedRow]) -> None:
    """Keep rejected rows of a batch. NUL, which no database holds, becomes the replacement character."""
    with _copying(session, _COPY_REJECTED) as copy:
        for row in rejected:
            cells = json.dumps([cell.replace("\0", "\ufffd") for cell in row.values], ensure_ascii=False)
            copy.write_row((batch_id, row.line, row.column, row.code, row.reason, cells))


def _as_csv(accepted: pl.DataFrame, feed: Feed) -> memoryview:
    lists = [column.name for column in feed.columns if column.kind is Kind.CODES]
    frame = accepted.with_columns(pl.col(name).list.join(";") for name in lists)
    out = io.BytesIO()
    frame.write_csv(out, include_header=False, datetime_format="%Y-%m-%dT%H:%M:%S%.6f%:z")
    return out.getbuffer()


def _copy(session: Session, statement: str, data: memoryview) -> None:
    with _copying(session, statement) as copy:
        copy.write(data)


@contextmanager
def _copying(session: Session, statement: str) -> Iterator[Any]:
    """COPY on the session's own connection and transaction; its errors are those of any other statement."""
    driver: Any = session.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error
