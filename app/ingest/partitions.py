"""Figures as Parquet files of a day and a branch: what a file of the `features` feed makes of them.

A row stays in the partition in which its customer first had figures of that day, so that a day knows a customer once, even
when the customer has moved to another branch in between. Files are never changed: a partition that changes gets another file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session

from app.core.storage import storage_of
from app.ingest.figures import CUSTOMER, merge_figures
from app.ingest.findings import BLANK
from app.ingest.kinds import kind_of
from app.ingest.merging import Merged
from app.ingest.partition_queries import File, current_files, members_of
from app.ingest.removal import Removed, check_share
from app.ingest.spill import Spill
from app.models.customer import FeatureFile

FOLDER = "features"
_MAKE_PLACES = """
CREATE TEMP TABLE import_places ON COMMIT DROP AS
SELECT s.snapshot_date, coalesce(g.parent_id, g.id) AS branch_id, c.id AS customer_id, s.line
FROM import_rows s JOIN customers c ON c.customer_no = s.customer_no JOIN units g ON g.id = c.grid_id
"""
_MENTIONED = """
SELECT c.id FROM customers c WHERE c.customer_no IN (
    SELECT btrim(cell, :blank) FROM rejected_rows, jsonb_array_elements_text(cells) cell WHERE batch_id = :batch_id)
"""
_MOVE = """
UPDATE import_places SET branch_id = :branch_id WHERE snapshot_date = :day AND branch_id <> :branch_id AND customer_id = ANY(:ids)
"""


@dataclass(frozen=True)
class _Places:
    """Who is in the file on a day, in one branch: customer_id rising, and the line of each."""

    customers: NDArray[np.int64]
    lines: NDArray[np.int64]


def merge_partitions(
    session: Session, spill: Spill, *, batch_id: int, full: bool, limit: Decimal, now: datetime
) -> tuple[Merged, Removed]:
    """Bring the staged rows, of which no two have the same key, into their partitions, one after the other.

    `full` removes who is absent from the file on the days in it; raises TooManyRemoved before anything is written.
    """
    _find_places(session)
    days = [day for (day,) in session.execute(text("SELECT DISTINCT snapshot_date FROM import_places ORDER BY 1"))]
    for file in current_files(session, days):
        _keep_in_place(session, file)
    gone = _absent(session, current_files(session, days), batch_id=batch_id, limit=limit) if full else {}
    merged = Merged(0, 0)
    for day, branch_id in _partitions(session, days, gone):
        found = _merge_partition(session, spill, day, branch_id, gone.get((day, branch_id), []), now)
        merged = Merged(merged.inserted + found.inserted, merged.updated + found.updated)
    session.execute(text("DROP TABLE import_places"))
    return merged, Removed(sum(map(len, gone.values())))


def write_partition(session: Session, frame: pl.DataFrame, *, day: date, branch_id: int, now: datetime) -> None:
    """Make these rows (customer_id, figures) the figures of a day and branch, instead of those there were."""
    path = f"{FOLDER}/snapshot_date={day}/branch={branch_id}/{uuid4().hex}.parquet"
    _replace(session, day, branch_id, now)
    if frame.is_empty():
        return
    figures = frame.drop(CUSTOMER)
    values = {
        "snapshot_date": day,
        "branch_id": branch_id,
        "path": path,
        "row_count": frame.height,
        "byte_count": storage_of(session).write_table(path, _as_arrow(frame)),
        "columns": {series.name: kind_of(series) for series in figures},
        "written_at": now,
    }
    session.execute(insert(FeatureFile).values(values))


def drop_replaced(session: Session, *, before: datetime) -> int:
    """Forget the files that were replaced before this instant; the sweep then finds that nothing names them."""
    gone = session.scalars(delete(FeatureFile).where(FeatureFile.replaced_at < before).returning(FeatureFile.id))
    return len(gone.all())


def _find_places(session: Session) -> None:
    session.execute(text("DROP TABLE IF EXISTS pg_temp.import_places"))
    session.execute(text(_MAKE_PLACES))
    session.execute(text("CREATE INDEX ON import_places (snapshot_date, branch_id)"))
    session.execute(text("ANALYZE import_places"))


def _keep_in_place(session: Session, file: File) -> None:
    """Rows of customers who have moved since stay where the file of their day has them."""
    moved = np.setdiff1d(_ids(session, file), members_of(session, file.branch_id), assume_unique=True)
    if moved.size:
        session.execute(text(_MOVE), {"branch_id": file.branch_id, "day": file.snapshot_date, "ids": moved.tolist()})


def _absent(session: Session, files: list[File], *, batch_id: int, limit: Decimal) -> dict[tuple[date, int], list[int]]:
    """Whom a full load removes, by partition. Not those whom a rejected row may be about."""
    mentioned = list(session.scalars(text(_MENTIONED), {"batch_id": batch_id, "blank": BLANK}))
    gone = {}
    for file in files:
        there = _places(session, file.snapshot_date, file.branch_id).customers
        absent = np.setdiff1d(_ids(session, file), np.union1d(there, np.asarray(mentioned, dtype=np.int64)), assume_unique=True)
        gone[file.snapshot_date, file.branch_id] = absent.tolist()
    check_share(FOLDER, sum(map(len, gone.values())), sum(file.row_count for file in files), limit)
    return {place: ids for place, ids in gone.items() if ids}


def _partitions(session: Session, days: list[date], gone: dict[tuple[date, int], list[int]]) -> Iterator[tuple[date, int]]:
    statement = text("SELECT DISTINCT branch_id FROM import_places WHERE snapshot_date = :day ORDER BY 1")
    for day in days:
        found = set(session.scalars(statement, {"day": day})) | {branch for of, branch in gone if of == day}
        yield from ((day, branch_id) for branch_id in sorted(found))


def _merge_partition(session: Session, spill: Spill, day: date, branch_id: int, gone: list[int], now: datetime) -> Merged:
    places = _places(session, day, branch_id)
    order = np.argsort(places.lines)
    figures = spill.gather(places.lines[order])
    customers = pl.Series(CUSTOMER, places.customers[order], dtype=pl.Int64)
    new = pl.DataFrame([customers, *figures]).sort(CUSTOMER)
    old = [file for file in current_files(session, [day]) if file.branch_id == branch_id]
    before = pl.DataFrame(pl.from_arrow(storage_of(session).read_table(old[0].path))) if old else None
    merged = merge_figures(before, new, gone=gone)
    if merged.changed:
        write_partition(session, merged.frame, day=day, branch_id=branch_id, now=now)
    return Merged(merged.inserted, merged.updated)


def _places(session: Session, day: date, branch_id: int) -> _Places:
    statement = text(
        "SELECT array_agg(customer_id ORDER BY customer_id), array_agg(line ORDER BY customer_id) FROM import_places"
        " WHERE snapshot_date = :day AND branch_id = :branch_id"
    )
    found = session.execute(statement, {"day": day, "branch_id": branch_id}).one()
    return _Places(*(np.asarray(values or [], dtype=np.int64) for values in found))


def _ids(session: Session, file: File) -> NDArray[np.int64]:
    table = storage_of(session).read_table(file.path, columns=[CUSTOMER])
    return np.asarray(table.column(0).to_numpy(), dtype=np.int64)


def _replace(session: Session, day: date, branch_id: int, now: datetime) -> None:
    current = (FeatureFile.snapshot_date == day, FeatureFile.branch_id == branch_id, FeatureFile.replaced_at.is_(None))
    session.execute(update(FeatureFile).where(*current).values(replaced_at=now))


def _as_arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
