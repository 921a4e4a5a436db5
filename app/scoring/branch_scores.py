"""Scoring branch by branch: what is known of its customers is read, scored and let go; the scores as files by branch."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.storage import storage_of
from app.scoring import frames
from app.scoring.assembling import BranchPlan, assemble_branch
from app.scoring.figures import plan_branch, read_manifest
from app.scoring.learning.features import DERIVED, History, add_history
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.partition import ScoredPartition, score_partition
from app.scoring.snapshots import trained_figures, trained_names

FOLDER = "scores"


def score_branches(
    session: Session, ranker: TrainedRanker, *, family: str, day: date, top: int
) -> Iterator[tuple[int, ScoredPartition]]:
    """The branches that have customers, by id, each with their scores by what was known before `day`.

    Raises SnapshotColumnsChanged, StoredFileMissing.
    """
    manifest, storage = read_manifest(session, as_of=day), storage_of(session)
    for branch_id, customers in sorted(manifest.customers.items()):
        if not customers.size:
            continue
        plan = plan_branch(manifest, branch_id)
        history = _read_history(session, ranker, plan, family)
        frame = assemble_branch(storage, plan, columns=trained_names(ranker.encoding))
        yield branch_id, score_partition(ranker, with_features(ranker, frame, history), top=top)


def with_features(ranker: TrainedRanker, frame: pl.DataFrame, history: History | None) -> pl.DataFrame:
    """The frame of a branch as a ranker scores it. Raises SnapshotColumnsChanged."""
    keys = frame.select("customer_id", "as_of", "snapshot_date")
    trained = pl.DataFrame([*keys, *trained_figures(frame, ranker.encoding)])
    return trained if history is None else add_history(trained, history, wanted=ranker.encoding.names)


def write_score_files(session: Session, product_code: str, run_id: int, scores: pl.DataFrame) -> str:
    """Keep the scores of a run (rank, customer_id, branch_id, score) as a file per branch, by rank. Gives their folder."""
    folder = f"{FOLDER}/{quote(product_code, safe='').replace('.', '%2E')}/{run_id}"
    columns = [column for column in ("customer_id", "rank", "score", "uplift") if column in scores.columns]
    for (branch_id,), part in (
        scores.select("branch_id", *columns).partition_by("branch_id", as_dict=True, include_key=False).items()
    ):
        storage_of(session).write_table(f"{folder}/branch={branch_id}.parquet", part.to_arrow())
    return folder


def _read_history(session: Session, ranker: TrainedRanker, plan: BranchPlan, family: str) -> History | None:
    """What happened to the customers of a branch; nothing where the ranker learned from figures alone."""
    if set(ranker.encoding.names).isdisjoint(DERIVED):
        return None
    frames.choose_ids(session, plan.customers, plan.as_of)
    return frames.read_history(session, known_at=clock.start_of_day(plan.as_of), family=family)
