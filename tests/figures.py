"""Figures of customers as the storage has them."""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.core.storage import storage_of
from app.ingest.kinds import aligned
from app.ingest.partition_queries import branches, files_before, members_of
from app.ingest.partitions import write_partition
from tests.factories import NOW

ALWAYS = date(9999, 1, 1)


def all_figures(session: Session) -> pl.DataFrame:
    """snapshot_date, customer_id and figures of every row that counts."""
    files = files_before(session, ALWAYS)
    frames = [pl.DataFrame(pl.from_arrow(storage_of(session).read_table(file.path))) for file in files]
    figures = aligned([frame.drop("customer_id") for frame in frames])
    rows = [
        frame.select(pl.lit(file.snapshot_date).alias("snapshot_date"), "customer_id").hstack(part)
        for file, frame, part in zip(files, frames, figures, strict=True)
    ]
    return pl.concat(rows).sort("snapshot_date", "customer_id") if rows else pl.DataFrame()


def put_figures(session: Session, day: date, frame: pl.DataFrame) -> None:
    """Make these rows (customer_id, figures) all there is of a day, each in the branch of its customer."""
    for branch in branches(session):
        of_branch = frame.filter(pl.col("customer_id").is_in(members_of(session, branch.id).tolist()))
        write_partition(session, _typed(of_branch.sort("customer_id")), day=day, branch_id=branch.id, now=NOW)


def add_figures(session: Session, day: date, **row: Any) -> None:
    """One more row (customer_id and figures) on a day."""
    there = all_figures(session)
    there = there.filter(pl.col("snapshot_date") == day).drop("snapshot_date") if there.height else there
    new = _typed(pl.DataFrame([row]))
    if there.height:
        parts = aligned([there.drop("customer_id"), new.drop("customer_id")])
        new = pl.concat([there.select("customer_id").hstack(parts[0]), new.select("customer_id").hstack(parts[1])])
    put_figures(session, day, new)


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.selectors.numeric().exclude("customer_id").cast(pl.Float64))
