"""Rankers and scores in the database: kept whole, taken out only unharmed."""

import hashlib
from dataclasses import asdict
from datetime import date, datetime

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import refresh_statistics
from app.models.score import RankerStatus, RankerVersion
from app.scoring import queries
from app.scoring.bulk import write_frame
from app.scoring.learning.artifact import RankerCorrupt, from_json, to_json
from app.scoring.learning.ranker import TrainedRanker

RUNS_KEPT = 5


def keep_ranker(
    session: Session, ranker: TrainedRanker, *, product_id: int, as_of: date, label_window_days: int, now: datetime
) -> RankerVersion:
    """Store it under the next number of its product: champion where there is none, else a candidate."""
    artifact = to_json(ranker).encode()
    queries.lock_rankers(session, product_id)
    first = queries.find_champion(session, product_id) is None
    version = RankerVersion(
        product_id=product_id,
        number=queries.last_number(session, product_id) + 1,
        status=RankerStatus.CHAMPION if first else RankerStatus.CANDIDATE,
        as_of=as_of,
        label_window_days=label_window_days,
        data_from=ranker.first_day,
        data_to=ranker.last_day,
        example_count=ranker.rows,
        positive_count=ranker.positives,
        parameters=ranker.parameters,
        metrics={"validation": ranker.validation, **asdict(ranker.metrics), "plain": asdict(ranker.plain_metrics)},
        artifact=artifact,
        checksum=hashlib.sha256(artifact).hexdigest(),
        trained_at=now,
    )
    session.add(version)
    session.flush()
    return version


def load_ranker(version: RankerVersion) -> TrainedRanker:
    """The ranker as it was trained; raises RankerCorrupt when its bytes are not those that were stored."""
    found = hashlib.sha256(version.artifact).hexdigest()
    if found != version.checksum:
        raise RankerCorrupt("checksum", f"{version.checksum} of ranker {version.number} as stored, got {found}")
    return from_json(version.artifact.decode())


def write_scores(session: Session, run_id: int, scores: pl.DataFrame) -> None:
    """Store `scores` (rank, customer_id, score, reasons as JSON text or null) as those of a run."""
    columns = [
        pl.lit(run_id).alias("scoring_run_id"),
        "rank",
        "customer_id",
        pl.col("score").cast(pl.Float32),
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
