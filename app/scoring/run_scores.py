"""The scores of a ranking, from the best down: out of its files, or out of the database where it has none."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.columns import read_columns
from app.core.storage import StoredFileMissing, storage_of
from app.models.score import ScoringRun
from app.scoring.queries import find_stored_rank

_COLUMNS = {
    "customer_id": ("s.customer_id", "int64"),
    "rank": ("s.rank", "int32"),
    "score": ("s.score", "float32"),
    "uplift": ("coalesce(s.uplift, 'NaN')", "float32"),
}


@dataclass(frozen=True)
class RunScores:
    """By rank, which is unique; each (n,). `uplift` is NaN where it is not known."""

    customer_id: NDArray[np.int64]
    rank: NDArray[np.int32]
    score: NDArray[np.float32]
    uplift: NDArray[np.float32]


def read_run_scores(session: Session, run: ScoringRun) -> RunScores:
    """All scores of a run. Raises StoredFileMissing."""
    columns = _of_database(session, run.id) if run.folder is None else _of_files(session, run.folder)
    order = np.argsort(columns["rank"], kind="stable")
    return RunScores(**{name: column[order] for name, column in columns.items()})


def find_rank(session: Session, run_id: int, folder: str | None, *, customer_id: int, branch_id: int | None) -> int | None:
    """The rank of one customer of a run with its scores in `folder`: out of the file of the branch, which is small, else of
    those where the customer was before. A run without files is looked through.
    """
    if folder is None:
        return find_stored_rank(session, run_id, customer_id=customer_id)
    own = f"{folder}/branch={branch_id}.parquet"
    for path in sorted((file.path for file in storage_of(session).list_files(folder)), key=lambda path: path != own):
        if ranks := _ranks_in(session, path, customer_id):
            return ranks[0]
    return None


def _ranks_in(session: Session, path: str, customer_id: int) -> list[int]:
    """The customer's ranks in a file; none where the file is gone, so that the rest can be shown."""
    wanted = pc.field("customer_id") == customer_id
    try:
        found: list[int] = storage_of(session).read_table(path, columns=["rank"], filters=wanted)["rank"].to_pylist()
    except StoredFileMissing:
        return []
    return found


def _of_database(session: Session, run_id: int) -> dict[str, NDArray[Any]]:
    return read_columns(session, _COLUMNS, "FROM customer_scores s WHERE s.scoring_run_id = :run_id", {"run_id": run_id})


def _of_files(session: Session, folder: str) -> dict[str, NDArray[Any]]:
    storage = storage_of(session)
    parts = [storage.read_table(file.path) for file in storage.list_files(folder) if file.path.endswith(".parquet")]
    table = pa.concat_tables(parts) if parts else pa.table({name: [] for name in _COLUMNS})
    found = {
        name: table[name].to_numpy().astype(kind, copy=False)
        for name, (_, kind) in _COLUMNS.items()
        if name in table.column_names
    }
    return {"uplift": np.full(table.num_rows, np.nan, dtype=np.float32), **found}
