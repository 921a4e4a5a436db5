"""Examples in parts, each of one branch's files and of so few rows that a worker can hold its figures while it codes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.storage import Storage
from app.ingest.partition_queries import File
from app.scoring.assembling import with_figures
from app.scoring.learning.boosting import Matrix
from app.scoring.learning.encoding import Encoding, encode
from app.scoring.learning.examples import Examples
from app.scoring.learning.features import History, add_history
from app.scoring.snapshots import trained_figures, trained_names

MOST_ROWS = 100_000
FILE = "_file"  # column of the number of the file in which an example's figures are
KEYS = ("customer_id", "as_of")


@dataclass(frozen=True, eq=False)
class Part:
    """Examples whose figures are in these files (newest first); `keys`: customer_id, as_of. `weights` None: all the same."""

    files: tuple[File, ...]
    keys: pl.DataFrame
    labels: NDArray[np.int8]
    weights: NDArray[np.float64] | None

    @property
    def rows(self) -> int:
        """How many."""
        return self.keys.height


def split(examples: Examples, files: Sequence[File], *, weighed: bool, fewest_parts: int) -> list[Part]:
    """The examples (frame: KEYS, FILE) by the branch of their file, each branch's in parts of at most MOST_ROWS.

    Parts are small enough that there are `fewest_parts`, so that no worker is idle.
    """
    numbers, customers = examples.frame[FILE].to_numpy(), examples.frame["customer_id"].to_numpy()
    branches = np.array([file.branch_id for file in files], dtype=np.int64)[numbers]
    order = np.lexsort((customers, branches))
    most = max(1, min(MOST_ROWS, examples.rows // fewest_parts))
    starts = np.flatnonzero(np.diff(branches[order], prepend=-1))
    parts = []
    for places in np.split(order, starts[1:]):
        for some in np.array_split(places, -(-places.size // most)):
            used = tuple(files[number] for number in np.unique(numbers[some]).tolist())
            keys = examples.frame.select(pl.col(*KEYS).gather(some))
            parts.append(Part(used, keys, examples.labels[some], examples.weights[some] if weighed else None))
    return parts


def read_part(storage: Storage, task: tuple[Part, History], encoding: Encoding) -> Matrix:
    """Its matrix, read where the worker is. Raises SnapshotColumnsChanged, StoredFileMissing."""
    part, history = task
    found = with_figures(storage, part.files, part.keys, columns=trained_names(encoding))
    figures = trained_figures(found, encoding)
    past = add_history(part.keys, history, wanted=encoding.names).drop(KEYS)
    return np.ascontiguousarray(encode(figures.hstack(past), encoding))
