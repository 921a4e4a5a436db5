"""Scoring a branch where the worker is: from the files in the storage to scores, without the database."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import polars as pl

from app.core.storage import Storage
from app.scoring.assembling import BranchPlan, asked_for, assemble_blocks
from app.scoring.learning.features import History, add_history
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.partition import ScoredPartition, join_blocks, score_partition
from app.scoring.scaleout.cluster import count_workers
from app.scoring.snapshots import trained_figures, trained_names

AT_A_TIME = 2  # branches scored at once: as many as the cores of the machine this is made for
BranchTask = tuple[int, BranchPlan, History | None]


def score_plan(
    storage: Storage, ranker: TrainedRanker, plan: BranchPlan, history: History | None, top: int, num_threads: int = 2
) -> ScoredPartition:
    """Read a branch and score it. `history` is None where the ranker learned from figures alone.

    Raises SnapshotColumnsChanged, StoredFileMissing.
    """
    frames = read_plan(storage, ranker, plan, history)
    return join_blocks((score_partition(ranker, frame, top=top, num_threads=num_threads) for frame in frames), top=top)


def read_plan(storage: Storage, ranker: TrainedRanker, plan: BranchPlan, history: History | None) -> Iterator[pl.DataFrame]:
    """The frame of a branch as the ranker scores it, some rows after the others."""
    keys = asked_for(plan)
    past = None if history is None else add_history(keys, history, wanted=ranker.encoding.names).drop(keys.columns)
    done = 0
    for block in assemble_blocks(storage, plan, columns=trained_names(ranker.encoding)):
        known = block.select("customer_id", "as_of", "snapshot_date").hstack(trained_figures(block, ranker.encoding))
        yield known if past is None else known.hstack(past.slice(done, block.height))
        done += block.height


def score_here(
    storage: Storage, ranker: TrainedRanker, tasks: Iterable[BranchTask], top: int
) -> Iterator[tuple[int, ScoredPartition]]:
    """Two branches at a time in this process, each by one thread from its files to its scores, so that neither waits for the
    other; while a third one's history is asked for. In the order given."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        waiting: list[tuple[int, Future[ScoredPartition]]] = []
        for branch_id, plan, history in tasks:
            waiting.append((branch_id, pool.submit(score_plan, storage, ranker, plan, history, top, num_threads=1)))
            if len(waiting) > AT_A_TIME:
                first, future = waiting.pop(0)
                yield first, future.result()
        for branch_id, future in waiting:
            yield branch_id, future.result()


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
