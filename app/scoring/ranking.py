"""Ranking all customers of a product."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError, Conflict
from app.models.campaign import Product
from app.models.score import RankerVersion, ScoringRun
from app.scoring import frames, queries, word_queries
from app.scoring.learning.encoding import SnapshotColumnsChanged
from app.scoring.learning.features import DERIVED, add_history
from app.scoring.learning.labels import check_no_leak
from app.scoring.learning.ranker import TrainedRanker, rank, score
from app.scoring.learning.reasons import sample_rows
from app.scoring.options import MOST_EXPLAINED, check_day, check_within
from app.scoring.snapshots import decode_trained
from app.scoring.store import drop_old_runs, load_ranker, write_scores
from app.scoring.words import Vocabulary, reasons_as_json


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
    as_of: date | None = None,
    top: int = 1000,
    version: int | None = None,
    now: datetime,
) -> dict[str, int]:
    """Score every customer for a product by what was known before the day `as_of` and store them from the best down.

    The best `top` keep their reasons; `version` None is the champion. Customers without figures are scored by their history.
    Returns counts. Raises UnknownProduct, UnknownRanker, NoChampion, RankerCorrupt, SnapshotColumnsChanged, NoSnapshots,
    NoCustomers, Invalid; then nothing was written.
    """
    day = check_day(as_of, clock.local_date(now))
    check_within("top", top, 0, MOST_EXPLAINED)
    product = queries.get_product(session, product_code)
    stored = queries.get_champion(session, product) if version is None else queries.get_version(session, product, version)
    vocabulary = word_queries.vocabulary_of(session, product.id)
    scores, without_figures = _score_all(session, load_ranker(stored), vocabulary, family=product.family, day=day, top=top)
    run = _write_run(session, product, stored, scores, day=day, now=now)
    return {
        "ranker": stored.number,
        "run": run.id,
        "customers": scores.height,
        "without_figures": without_figures,
        "explained": min(top, scores.height),
        "old_runs_removed": drop_old_runs(session, product.id),
    }


def rank_all(session: Session, *, now: datetime) -> dict[str, Mapping[str, Any]]:
    """Rank every product that has a champion. One that cannot be ranked keeps its last run and is counted with the reason."""
    counts: dict[str, Mapping[str, Any]] = {}
    for product_code in queries.ranked_products(session):
        try:
            with session.begin_nested():
                counts[product_code] = rank_customers(session, product_code=product_code, now=now)
        except AppError as error:
            counts[product_code] = {"failed": f"{error.code}: {error.detail}"}
    return counts


def _score_all(
    session: Session, ranker: TrainedRanker, vocabulary: Vocabulary, *, family: str, day: date, top: int
) -> tuple[pl.DataFrame, int]:
    """rank, customer_id, score, reasons of all customers, best first, and how many have no figures.

    Some customers at a time; of each part only the scores and the rows that may end at the top are kept.
    """
    frames.choose_all(session, day)
    history = frames.read_history(session, known_at=clock.start_of_day(day), family=family)
    parts, best, sample, without_figures, seen = [], [], [], 0, set[str]()
    for chunk in frames.read_figures(session):
        figures = decode_trained(chunk["figures"], ranker.encoding)
        frame = add_history(pl.concat([chunk.drop("figures"), figures], how="horizontal"), history, wanted=ranker.encoding.names)
        check_no_leak(frame)
        part = frame.select("customer_id", score=pl.Series(score(ranker, frame)))
        without_figures += chunk["snapshot_date"].null_count()
        seen |= {name for name in figures.columns if figures[name].null_count() < frame.height}
        parts.append(part)
        sample.append(sample_rows(frame, ranker))
        best.append(frame[rank(part["score"].to_numpy(), part["customer_id"].to_numpy())[:top].tolist()])
    _check_seen(ranker, seen, customers=sum(part.height for part in parts), without_figures=without_figures, day=day)
    scores = pl.concat(parts)
    scores = scores[rank(scores["score"].to_numpy(), scores["customer_id"].to_numpy()).tolist()]
    head = scores.head(top).select("customer_id").join(pl.concat(best), on="customer_id", how="left", maintain_order="left")
    reasons = reasons_as_json(ranker, head, sample=pl.concat(sample), vocabulary=vocabulary)
    return _with_reasons(scores.with_row_index("rank", offset=1), reasons), without_figures


def _check_seen(ranker: TrainedRanker, seen: set[str], *, customers: int, without_figures: int, day: date) -> None:
    if not customers:
        raise NoCustomers
    trained = [name for name in ranker.encoding.names if name not in DERIVED]
    if trained and without_figures == customers:
        raise NoSnapshots(f"features: expected snapshots of days before {day}, there are none")
    for name in trained:
        if name not in seen:
            raise SnapshotColumnsChanged(name, "a column of the features, as when the ranker was trained; it is absent or empty")


def _with_reasons(scores: pl.DataFrame, reasons: list[str]) -> pl.DataFrame:
    padded = pl.Series(reasons, dtype=pl.String).extend(
        pl.Series([None], dtype=pl.String).new_from_index(0, scores.height - len(reasons))
    )
    return scores.with_columns(reasons=padded)


def _write_run(
    session: Session, product: Product, stored: RankerVersion, scores: pl.DataFrame, *, day: date, now: datetime
) -> ScoringRun:
    run = ScoringRun(ranker_version_id=stored.id, product_id=product.id, as_of=day, customer_count=scores.height, finished_at=now)
    session.add(run)
    session.flush()
    write_scores(session, run.id, scores)
    return run
