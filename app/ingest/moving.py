"""Figures that a release before this one kept as JSON in `feature_snapshots`, into files: once, and without losing any."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.core.storage import storage_of
from app.ingest.figures import CUSTOMER, KEPT_APART, merge_figures
from app.ingest.kinds import aligned, typed
from app.ingest.partition_queries import branches, current_files
from app.ingest.partitions import write_partition

ROWS_AT_A_TIME = 20_000
_ROWS = text("""
SELECT s.customer_id, s.values::text FROM feature_snapshots s
JOIN customers c ON c.id = s.customer_id JOIN units g ON g.id = c.grid_id
WHERE s.snapshot_date = :day AND coalesce(g.parent_id, g.id) = :branch_id ORDER BY s.customer_id
""")


def move_snapshots(session: Session, *, now: datetime) -> int:
    """Move every row of the old table into the files of its day and its customer's branch. Returns how many.

    A row that the release before wrote after an earlier move is newer than the files, and wins.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('imports/features', 0))"))
    days = list(session.scalars(text("SELECT DISTINCT snapshot_date FROM feature_snapshots ORDER BY 1")))
    for day in days:
        for branch in branches(session):
            _move_partition(session, day, branch.id, now)
    return count_changed(session, "DELETE FROM feature_snapshots") if days else 0


def has_unmoved(session: Session) -> bool:
    """Are there rows left in the old table?"""
    return bool(session.scalar(text("SELECT EXISTS (SELECT FROM feature_snapshots)")))


def _move_partition(session: Session, day: date, branch_id: int, now: datetime) -> None:
    parts = list(_read_parts(session, day, branch_id))
    if not parts:
        return
    figures = aligned([part.drop(CUSTOMER) for part in parts])
    new = pl.concat(part.select(CUSTOMER).hstack(each) for part, each in zip(parts, figures, strict=True))
    old = [file for file in current_files(session, [day]) if file.branch_id == branch_id]
    before = pl.DataFrame(pl.from_arrow(storage_of(session).read_table(old[0].path))) if old else None
    write_partition(session, merge_figures(before, new).frame, day=day, branch_id=branch_id, now=now)


def _read_parts(session: Session, day: date, branch_id: int) -> Iterator[pl.DataFrame]:
    found = session.execute(_ROWS, {"day": day, "branch_id": branch_id}, execution_options={"yield_per": ROWS_AT_A_TIME})
    for rows in found.partitions():
        figures = [json.loads(values, parse_int=str, parse_float=str) for _, values in rows]
        names = dict.fromkeys(name for row in figures for name in row)
        columns = [typed(pl.Series(_name(name), [_cell(row.get(name)) for row in figures], dtype=pl.String)) for name in names]
        yield pl.DataFrame([pl.Series(CUSTOMER, [customer_id for customer_id, _ in rows], dtype=pl.Int64), *columns])


def _name(key: str) -> str:
    return KEPT_APART if key == CUSTOMER else key


def _cell(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value
