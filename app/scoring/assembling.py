"""Figures out of files: which file and row holds the latest of each customer before a day, and those rows as one frame.

Nothing here asks the database, so that a worker process elsewhere can do it from the storage alone.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.storage import Storage
from app.ingest.kinds import FigureKind, as_kind, joined
from app.ingest.partition_queries import File
from app.scoring.snapshots import columns_by_name

CUSTOMER = "customer_id"
BLOCK_ROWS = 65_536
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class Found:
    """For each row that was asked for: the number of its file (-1: none) and its row in there."""

    files: NDArray[np.int32]
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BranchPlan:
    """All that is needed to read a branch: its customers (ids, rising), the day, the files with rows of theirs (newest first)."""

    customers: NDArray[np.int64]
    as_of: date
    files: tuple[File, ...]


def assemble_branch(storage: Storage, plan: BranchPlan, *, columns: Collection[str] | None = None) -> pl.DataFrame:
    """One row per customer of the plan: customer_id, as_of, snapshot_date (null: never had figures), figures."""
    return with_figures(storage, plan.files, asked_for(plan), columns=columns)


def assemble_blocks(storage: Storage, plan: BranchPlan, *, columns: Collection[str] | None = None) -> Iterator[pl.DataFrame]:
    """`assemble_branch`, some rows after the others: memory that is used again costs a third of memory that is asked for anew.

    Kinds are those of the files that a block is found in.
    """
    wanted = asked_for(plan)
    found = locate(storage, plan.files, wanted)
    for start in range(0, wanted.height, BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        part = Found(found.files[rows], found.rows[rows])
        yield _joined(storage, plan.files, wanted[rows], part, columns, narrow=False)


def with_figures(
    storage: Storage, files: Sequence[File], wanted: pl.DataFrame, *, columns: Collection[str] | None = None, narrow: bool = False
) -> pl.DataFrame:
    """`wanted` (customer_id, as_of, ...) with snapshot_date and the figures of each one's latest row of an earlier day.

    `files`: newest first. `columns`: only these figures. `narrow`: numbers and booleans as 32 bits, half the memory.
    """
    return _joined(storage, files, wanted, locate(storage, files, wanted), columns, narrow=narrow)


def asked_for(plan: BranchPlan) -> pl.DataFrame:
    """Whose figures a plan wants, and of before which day: customer_id, as_of."""
    return pl.DataFrame({CUSTOMER: plan.customers}).with_columns(as_of=pl.lit(plan.as_of))


def _joined(
    storage: Storage, files: Sequence[File], wanted: pl.DataFrame, found: Found, columns: Collection[str] | None, *, narrow: bool
) -> pl.DataFrame:
    return pl.DataFrame([*wanted, days_of(files, found), *_gather(storage, files, found, columns, narrow)])


def days_of(files: Sequence[File], found: Found) -> pl.Series:
    """snapshot_date of each row that was asked for; null where there is none."""
    days = np.array([(file.snapshot_date - _EPOCH).days for file in files] or [0], dtype=np.int32)
    day = pl.Series("snapshot_date", days[found.files]).cast(pl.Date)
    return day.zip_with(pl.Series(found.files >= 0), pl.Series([None], dtype=pl.Date).new_from_index(0, len(day)))


def kinds_of(files: Sequence[File], columns: Collection[str] | None = None) -> dict[str, FigureKind]:
    """The figures of all of these files and of which kind they are together; `columns`: only these."""
    kinds: dict[str, FigureKind] = {}
    for file in files:
        for name, key in columns_by_name(file.columns).items():
            if columns is None or name in columns:
                kinds[name] = joined((kinds.get(name, FigureKind.EMPTY), FigureKind(file.columns[key])))
    return kinds


def locate(storage: Storage, files: Sequence[File], wanted: pl.DataFrame) -> Found:
    """Where the latest row of an earlier day is, for each (customer_id, as_of); of a file no more than its ids are read."""
    ids, days = wanted[CUSTOMER].to_numpy(), wanted["as_of"].to_physical().to_numpy()
    order = np.argsort(ids, kind="stable")
    sorted_ids = ids[order]
    found = Found(np.full(ids.size, -1, dtype=np.int32), np.zeros(ids.size, dtype=np.int64))
    left = ids.size
    for number, file in enumerate(files):
        if not left:
            break
        there = read_ids(storage, file)
        if number == 0 and np.array_equal(ids, there) and (days > (file.snapshot_date - _EPOCH).days).all():
            return Found(np.zeros(ids.size, dtype=np.int32), np.arange(ids.size))  # a branch as it was imported last
        start, end = (np.searchsorted(sorted_ids, there, side=side) for side in ("left", "right"))
        rows = np.repeat(np.arange(there.size), end - start)
        places = order[np.repeat(start - np.concatenate([[0], np.cumsum(end - start)[:-1]]), end - start) + np.arange(rows.size)]
        new = (found.files[places] < 0) & (days[places] > (file.snapshot_date - _EPOCH).days)
        found.files[places[new]] = number
        found.rows[places[new]] = rows[new]
        left -= int(new.sum())
    return found


def read_ids(storage: Storage, file: File) -> NDArray[np.int64]:
    """The customers of a file, rising."""
    return np.asarray(storage.read_table(file.path, columns=[CUSTOMER]).column(0).to_numpy(), dtype=np.int64)


def _gather(
    storage: Storage, files: Sequence[File], found: Found, columns: Collection[str] | None, narrow: bool
) -> list[pl.Series]:
    used = [int(number) for number in np.unique(found.files) if number >= 0]
    names = [columns_by_name(files[number].columns) for number in used]
    kinds = kinds_of([files[number] for number in used], columns)
    parts, places = [], []
    for number, by_name in zip(used, names, strict=True):
        at = np.flatnonzero(found.files == number)
        parts.append(_rows(storage, files[number], found.rows[at], {name: by_name.get(name) for name in kinds}, kinds, narrow))
        places.append(at)
    missing = np.flatnonzero(found.files < 0)
    if missing.size and parts:
        parts.append(
            pl.DataFrame(
                [pl.Series(s.name, [None], dtype=s.dtype).new_from_index(0, missing.size).alias(s.name) for s in parts[0]]
            )
        )
        places.append(missing)
    return list(_in_order(parts, places))


def _rows(
    storage: Storage,
    file: File,
    rows: NDArray[np.int64],
    keys: dict[str, str | None],
    kinds: dict[str, FigureKind],
    narrow: bool,
) -> pl.DataFrame:
    names = [key for key in keys.values() if key is not None] or [CUSTOMER]
    table, first = storage.read_rows(file.path, int(rows.min()), int(rows.max()), columns=names)
    frame = pl.DataFrame(pl.from_arrow(table))
    rows = rows - first
    if rows.size != frame.height or np.any(np.diff(rows) != 1):
        frame = frame[rows]
    nothing = pl.Series([None]).new_from_index(0, frame.height)
    made = (as_kind(nothing if key is None else frame[key], kinds[name]).alias(name) for name, key in keys.items())
    return pl.DataFrame([narrowed(values) if narrow else values for values in made])


def narrowed(values: pl.Series) -> pl.Series:
    """Numbers and booleans as 32 bits."""
    return values.cast(pl.Float32) if values.dtype in (pl.Float64, pl.Boolean) else values


def _in_order(parts: list[pl.DataFrame], places: list[NDArray[np.int64]]) -> pl.DataFrame:
    if len(parts) < 2:
        return parts[0] if parts else pl.DataFrame()
    order = np.argsort(np.concatenate(places))
    whole = pl.concat(parts)
    parts.clear()
    in_order = whole.width == 0 or bool(np.all(np.diff(order) == 1))  # of no column there is nothing to put in order
    return whole if in_order else whole[order]
