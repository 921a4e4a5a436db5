"""Rankers and scores in the database: kept whole, taken out only unharmed."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import refresh_statistics
from app.core.errors import Conflict
from app.core.storage import storage_of
from app.models.score import Ordering, RankerStatus, RankerTarget, RankerVersion
from app.scoring import queries
from app.scoring.bulk import write_frame
from app.scoring.learning.artifact import RankerCorrupt, from_json, to_json
from app.scoring.learning.calibration import Calibration
from app.scoring.learning.ranker import TrainedRanker

RUNS_KEPT = 5


class RankerBlocked(Conflict):
    """The watch blocked this ranker."""

    code = "ranker.blocked"


def keep_ranker(
    session: Session,
    ranker: TrainedRanker,
    *,
    product_id: int,
    as_of: date,
    label_window_days: int,
    now: datetime,
    target: RankerTarget = RankerTarget.ORDER,
    ordering: Ordering = Ordering.PROPENSITY,
    judged: pl.DataFrame | None = None,
    report: Mapping[str, Any] | None = None,
) -> RankerVersion:
    """Store it as a candidate under the next number of its product, with the rows it was judged on (see `judged.py`)."""
    artifact = to_json(ranker).encode()
    queries.lock_rankers(session, product_id)
    number = queries.last_number(session, product_id) + 1
    version = RankerVersion(
        product_id=product_id,
        number=number,
        target=target,
        ordering=ordering,
        status=RankerStatus.CANDIDATE,
        as_of=as_of,
        label_window_days=label_window_days,
        data_from=ranker.first_day,
        data_to=ranker.last_day,
        example_count=ranker.rows,
        positive_count=ranker.positives,
        parameters=ranker.parameters,
        metrics=_metrics(ranker),
        report=dict(report or {}),
        judged_path=None if judged is None else f"rankers/{product_id}/{number}-{uuid4().hex}.parquet",
        artifact=artifact,
        checksum=hashlib.sha256(artifact).hexdigest(),
        trained_at=now,
    )
    session.add(version)
    session.flush()
    if judged is not None and version.judged_path is not None:
        storage_of(session).write_table(version.judged_path, judged.to_arrow())
    return version


def _metrics(ranker: TrainedRanker) -> dict[str, Any]:
    """Held-out figures, those of LightGBM's defaults on the same rows, and those of the rows contacted at random."""
    explored = ranker.explored_metrics
    return {
        "validation": ranker.validation,
        **asdict(ranker.metrics),
        "plain": asdict(ranker.plain_metrics),
        "explored": asdict(explored) if explored else None,
    }


def read_judged(session: Session, version: RankerVersion) -> pl.DataFrame | None:
    """The rows a version was judged on; None for one that kept none. Raises StoredFileMissing."""
    if version.judged_path is None:
        return None
    return pl.DataFrame(pl.from_arrow(storage_of(session).read_table(version.judged_path)))


def load_ranker(version: RankerVersion) -> TrainedRanker:
    """The ranker as it was trained; raises RankerCorrupt when its bytes are not those that were stored."""
    found = hashlib.sha256(version.artifact).hexdigest()
    if found != version.checksum:
        raise RankerCorrupt("checksum", f"{version.checksum} of ranker {version.number} as stored, got {found}")
    return from_json(version.artifact.decode())


def load_in_use(session: Session, version: RankerVersion) -> TrainedRanker:
    """The ranker with its newest calibration, to score with. Raises RankerBlocked, RankerCorrupt."""
    if version.blocked_at is not None:
        raise RankerBlocked(f"ranker {version.number} is blocked: {version.block_reason}")
    return calibrated(session, version, load_ranker(version))


def calibrated(session: Session, version: RankerVersion, ranker: TrainedRanker) -> TrainedRanker:
    """The same with its newest calibration."""
    newest = queries.find_calibration(session, version.id)
    return ranker if newest is None else replace(ranker, calibration=Calibration.from_dict(newest.calibration))


def write_scores(session: Session, run_id: int, scores: pl.DataFrame) -> None:
    """Store `scores` (rank, customer_id, score, perhaps uplift, reasons as JSON text or null) as those of a run."""
    columns = [
        pl.lit(run_id).alias("scoring_run_id"),
        "rank",
        "customer_id",
        pl.col("score").cast(pl.Float32),
        *([pl.col("uplift").cast(pl.Float32)] if "uplift" in scores.columns else []),
        "reasons",
    ]
    write_frame(session, "customer_scores", scores.select(columns))
    refresh_statistics(session, "customer_scores")


def drop_old_runs(session: Session, product_id: int) -> int:
    """Delete all runs of a product but the newest five and those whose list a campaign froze. Returns how many."""
    statement = text("""
        WITH gone AS (
            DELETE FROM scoring_runs r WHERE r.product_id = :product_id
                AND NOT EXISTS (SELECT FROM campaigns k WHERE k.scoring_run_id = r.id)
                AND r.id NOT IN (
                    SELECT id FROM scoring_runs WHERE product_id = :product_id
                    ORDER BY finished_at DESC, id DESC LIMIT :kept
                )
            RETURNING r.id
        ) SELECT count(*) FROM gone""")
    return int(session.execute(statement, {"product_id": product_id, "kept": RUNS_KEPT}).scalar_one())
