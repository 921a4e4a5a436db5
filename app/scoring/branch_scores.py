"""Scoring branch by branch: what is known of its customers is read, scored and let go; the scores as files by branch."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from urllib.parse import quote

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.storage import storage_of
from app.scoring import frames
from app.scoring.assembling import BranchPlan
from app.scoring.figures import plan_branch, read_manifest
from app.scoring.learning.features import DERIVED, History
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.partition import ScoredPartition
from app.scoring.scaleout.cluster import open_cluster
from app.scoring.scaleout.tasks import AT_A_TIME, BranchTask, score_here, score_on

FOLDER = "scores"


def score_branches(
    session: Session, ranker: TrainedRanker, *, family: str, day: date, top: int
) -> Iterator[tuple[int, ScoredPartition]]:
    """The branches that have customers, by id, each with their scores by what was known before `day`.

    Raises SnapshotColumnsChanged, StoredFileMissing, DaskMissing, DaskUnreachable.
    """
    storage, tasks = storage_of(session), _tasks(session, ranker, family, day)
    address = session.info.get("dask", "")
    if not address:
        yield from score_here(storage, ranker, tasks, top)
        return
    with open_cluster(address) as client:
        yield from score_on(client, storage, ranker, tasks, top)


def write_score_files(session: Session, product_code: str, run_id: int, scores: pl.DataFrame) -> str:
    """Keep the scores of a run (rank, customer_id, branch_id, score) as a file per branch, by rank. Gives their folder."""
    folder = f"{FOLDER}/{quote(product_code, safe='').replace('.', '%2E')}/{run_id}"
    columns = [column for column in ("customer_id", "rank", "score", "uplift") if column in scores.columns]
    parts = scores.select("branch_id", *columns).partition_by("branch_id", as_dict=True, include_key=False)
    storage = storage_of(session)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        written = [
            pool.submit(storage.write_table, f"{folder}/branch={branch_id}.parquet", part.to_arrow(), values_repeat=False)
            for (branch_id,), part in parts.items()
        ]
    for each in written:
        each.result()
    return folder


def _tasks(session: Session, ranker: TrainedRanker, family: str, day: date) -> Iterator[BranchTask]:
    manifest = read_manifest(session, as_of=day)
    for branch_id, customers in sorted(manifest.customers.items()):
        if customers.size:
            plan = plan_branch(manifest, branch_id)
            yield branch_id, plan, _read_history(session, ranker, plan, family)


def _read_history(session: Session, ranker: TrainedRanker, plan: BranchPlan, family: str) -> History | None:
    """What happened to the customers of a branch; nothing where the ranker learned from figures alone."""
    if set(ranker.encoding.names).isdisjoint(DERIVED):
        return None
    frames.choose_ids(session, plan.customers, plan.as_of)
    return frames.read_history(session, known_at=clock.start_of_day(plan.as_of), family=family)
