"""Ranking all customers of a product."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError, Conflict
from app.models.campaign import Product
from app.models.score import RankerTarget, RankerVersion, ScoringRun
from app.scoring import queries, word_queries
from app.scoring.branch_scores import score_branches, write_score_files
from app.scoring.learning.encoding import SnapshotColumnsChanged
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.learning.validation import PeriodsOverlap
from app.scoring.options import MOST_EXPLAINED, check_day, check_within
from app.scoring.partition import ScoredCustomers, join_partitions, order_customers
from app.scoring.snapshots import trained_names
from app.scoring.store import drop_old_runs, load_in_use, write_scores
from app.scoring.words import reasons_as_json


class NoSnapshots(Conflict):
    """No customer has figures from before this day."""

    code = "scoring.no_snapshots"


class NoCustomers(Conflict):
    """There is no customer to rank."""

    code = "scoring.no_customers"


def rank_customers(
    session: Session,
    *,
    product_code: str,
    target: RankerTarget = RankerTarget.ORDER,
    as_of: date | None = None,
    top: int = 1000,
    version: int | None = None,
    now: datetime,
) -> dict[str, int]:
    """Score every customer for a product by what was known before the day `as_of` and store them from the best down.

    The best `top` keep their reasons; `version` None is the champion of `target`. Customers without figures are scored by their
    history. A risk is scored for all, though it means something for holders only: lists and offers ask none but holders. A day
    before that of the training is refused: by then the ranker knew what came of it. Returns counts.
    Raises UnknownProduct, UnknownRanker, PeriodsOverlap, NoChampion, RankerBlocked, RankerCorrupt, SnapshotColumnsChanged,
    NoSnapshots, NoCustomers, Invalid; then nothing was written.
    """
    day = check_day(as_of, clock.local_date(now))
    check_within("top", top, 0, MOST_EXPLAINED)
    product = queries.get_product(session, product_code)
    stored = queries.get_champion(session, product, target) if version is None else queries.get_version(session, product, version)
    if day < stored.as_of:
        raise PeriodsOverlap("as_of", f"a day from {stored.as_of} on, before which ranker {stored.number} learned, got {day}")
    vocabulary = word_queries.vocabulary_of(session, product.id)
    ranker = load_in_use(session, stored)
    found = _score_all(session, ranker, family=product.family, day=day, top=top)
    reasons = reasons_as_json(ranker, found.best, sample=found.sample, vocabulary=vocabulary)
    scores = _with_reasons(order_customers(found.scores), reasons)
    run = write_run(session, product, stored, scores, day=day, now=now)
    return {
        "ranker": stored.number,
        "run": run.id,
        "customers": scores.height,
        "without_figures": found.without_figures,
        "explained": min(top, scores.height),
        "old_runs_removed": drop_old_runs(session, product.id),
    }


def rank_all(session: Session, *, now: datetime) -> dict[str, Mapping[str, Any]]:
    """Rank every product for every target it has a champion of. One that cannot be ranked keeps its last run and is counted with
    the reason. A name of the counts is the product's code, with `/loss` or `/complaint` behind it where it is not orders."""
    counts: dict[str, Mapping[str, Any]] = {}
    for target in RankerTarget:
        for product_code in queries.ranked_products(session, target):
            name = product_code if target is RankerTarget.ORDER else f"{product_code}/{target}"
            try:
                with session.begin_nested():
                    counts[name] = rank_customers(session, product_code=product_code, target=target, now=now)
            except AppError as error:
                counts[name] = {"failed": f"{error.code}: {error.detail}"}
    return counts


def _score_all(session: Session, ranker: TrainedRanker, *, family: str, day: date, top: int) -> ScoredCustomers:
    """All customers, a branch at a time; of each only the scores and the rows that may end at the top are kept."""
    joined = join_partitions(score_branches(session, ranker, family=family, day=day, top=top), top=top)
    if joined is None:
        raise NoCustomers
    trained = trained_names(ranker.encoding)
    if trained and joined.without_figures == joined.scores.height:
        raise NoSnapshots(f"features: expected snapshots of days before {day}, there are none")
    for name in trained:
        if name not in joined.figures:
            raise SnapshotColumnsChanged(name, "a column of the features, as when the ranker was trained; it is absent or empty")
    return joined


def _with_reasons(scores: pl.DataFrame, reasons: list[str]) -> pl.DataFrame:
    padded = pl.Series(reasons, dtype=pl.String).extend(
        pl.Series([None], dtype=pl.String).new_from_index(0, scores.height - len(reasons))
    )
    return scores.with_columns(reasons=padded)


def write_run(
    session: Session, product: Product, stored: RankerVersion, scores: pl.DataFrame, *, day: date, now: datetime
) -> ScoringRun:
    """Store `scores` (rank, customer_id, branch_id, score, reasons) as a run: as Parquet by branch, and for campaigns to read."""
    run = ScoringRun(ranker_version_id=stored.id, product_id=product.id, as_of=day, customer_count=scores.height, finished_at=now)
    session.add(run)
    session.flush()
    run.folder = write_score_files(session, product.product_code, run.id, scores)
    session.flush()
    write_scores(session, run.id, scores)
    return run
