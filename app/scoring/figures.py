"""The customers' figures before a day, a branch at a time or for chosen examples.

for branch in branches(session):
    frame = read_branch(session, branch_id=branch.id, as_of=day)

Who reads all branches reads the manifest once and hands it to each call: then all of them see the same files.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.storage import storage_of
from app.ingest.partition_queries import Branch, File, branches, files_before, members_by_branch
from app.scoring.assembling import BranchPlan, assemble_branch, read_ids, with_figures

__all__ = ["Branch", "Manifest", "branches", "examples_figures", "plan_branch", "read_branch"]
__all__ += ["read_examples_figures", "read_manifest"]


@dataclass(frozen=True, eq=False)
class Manifest:
    """Which files count before a day (newest first), who belongs to which branch now, and whose figures are elsewhere.

    `customers`: branch to ids, rising. `elsewhere`: path of a file to the ids in it that do not belong to its branch now.
    """

    as_of: date
    files: tuple[File, ...]
    customers: Mapping[int, NDArray[np.int64]]
    elsewhere: Mapping[str, NDArray[np.int64]]


def read_manifest(session: Session, *, as_of: date) -> Manifest:
    """What counts before this day. Of the files no more than the ids are read."""
    files, storage = tuple(files_before(session, as_of)), storage_of(session)
    customers = members_by_branch(session)
    elsewhere = {}
    for file in files:
        there, members = read_ids(storage, file), customers.get(file.branch_id, _NOBODY)
        if not np.array_equal(there, members) and (moved := np.setdiff1d(there, members, assume_unique=True)).size:
            elsewhere[file.path] = moved
    return Manifest(as_of, files, customers, elsewhere)


def plan_branch(manifest: Manifest, branch_id: int) -> BranchPlan:
    """What is to be read for a branch: its own files, and those of others in which there are customers that are its own now."""
    customers = manifest.customers.get(branch_id, _NOBODY)
    files = (file for file in manifest.files if file.branch_id == branch_id or _has_some(manifest, file, customers))
    return BranchPlan(customers, manifest.as_of, tuple(files))


def _has_some(manifest: Manifest, file: File, customers: NDArray[np.int64]) -> bool:
    """Is somebody of these among those whom the file has of other branches?"""
    elsewhere = manifest.elsewhere.get(file.path)
    if elsewhere is None or not customers.size:
        return False
    places = np.searchsorted(customers, elsewhere).clip(max=customers.size - 1)
    return bool((customers[places] == elsewhere).any())


def read_branch(
    session: Session,
    *,
    branch_id: int,
    as_of: date,
    columns: Collection[str] | None = None,
    manifest: Manifest | None = None,
) -> pl.DataFrame:
    """One row per customer who belongs to the branch now, by customer_id: customer_id, as_of, snapshot_date, figures.

    The figures are the latest of a day before `as_of`, in whichever branch they were imported; snapshot_date and all
    figures are null where there are none. Numbers are Float64, else Boolean, String, or Null where a figure is empty
    everywhere. `columns`: only these figures, those of them that there are. Raises StoredFileMissing.
    """
    plan = plan_branch(manifest or read_manifest(session, as_of=as_of), branch_id)
    return assemble_branch(storage_of(session), plan, columns=columns)


def read_examples_figures(session: Session, examples: pl.DataFrame) -> pl.DataFrame:
    """`examples` (customer_id, as_of, ...) in their order, with snapshot_date and figures as `read_branch` gives them.

    Numbers and booleans are 32 bits wide: half the memory.
    """
    return examples_figures(session, examples)()


def examples_figures(session: Session, examples: pl.DataFrame) -> Callable[[], pl.DataFrame]:
    """The same as work that any thread may do: which files there are has then been asked, the rest needs no session."""
    latest = examples["as_of"].max()
    files, storage = files_before(session, latest) if isinstance(latest, date) else [], storage_of(session)
    return lambda: with_figures(storage, files, examples, narrow=True)


_NOBODY = np.empty(0, dtype=np.int64)
