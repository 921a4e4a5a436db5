"""Scoring a branch where the worker is: from the files in the storage to scores, without the database."""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from app.core.storage import Storage
from app.scoring.assembling import BranchPlan, assemble_branch
from app.scoring.learning.features import History, add_history
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.partition import ScoredPartition, score_partition
from app.scoring.scaleout.cluster import count_workers
from app.scoring.snapshots import trained_figures, trained_names

BranchTask = tuple[int, BranchPlan, History | None]


def score_plan(storage: Storage, ranker: TrainedRanker, plan: BranchPlan, history: History | None, top: int) -> ScoredPartition:
    """Read a branch and score it. `history` is None where the ranker learned from figures alone.

    Raises SnapshotColumnsChanged, StoredFileMissing.
    """
    frame = assemble_branch(storage, plan, columns=trained_names(ranker.encoding))
    return score_partition(ranker, with_features(ranker, frame, history), top=top)


def with_features(ranker: TrainedRanker, frame: pl.DataFrame, history: History | None) -> pl.DataFrame:
    """The frame of a branch as a ranker scores it. Raises SnapshotColumnsChanged."""
    keys = frame.select("customer_id", "as_of", "snapshot_date")
    trained = keys.hstack(trained_figures(frame, ranker.encoding))
    return trained if history is None else add_history(trained, history, wanted=ranker.encoding.names)


def score_here(
    storage: Storage, ranker: TrainedRanker, tasks: Iterable[BranchTask], top: int
) -> Iterator[tuple[int, ScoredPartition]]:
    """One branch after the other in this process."""
    for branch_id, plan, history in tasks:
        yield branch_id, score_plan(storage, ranker, plan, history, top)


def score_on(
    client: Any, storage: Storage, ranker: TrainedRanker, tasks: Iterable[BranchTask], top: int
) -> Iterator[tuple[int, ScoredPartition]]:
    """The same by the workers of a cluster, each with one branch at a time and the next one waiting. In the order given."""
    here = client.scatter(ranker, broadcast=True, hash=False)
    waiting: list[tuple[int, Any]] = []
    for branch_id, plan, history in tasks:
        if len(waiting) == 2 * count_workers(client):
            first, future = waiting.pop(0)
            yield first, future.result()
        waiting.append((branch_id, client.submit(score_plan, storage, here, plan, history, top, pure=False, retries=1)))
    for branch_id, future in waiting:
        yield branch_id, future.result()
