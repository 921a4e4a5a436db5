"""Training rankers, promoting them, and ranking all customers of a product."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError, Conflict, Invalid
from app.models.campaign import Product
from app.models.score import RankerStatus, RankerVersion, ScoringRun
from app.scoring import frames, queries
from app.scoring.learning.encoding import SnapshotColumnsChanged
from app.scoring.learning.features import DERIVED, add_history, feature_frame
from app.scoring.learning.labels import check_no_leak, check_trainable, label_contacts
from app.scoring.learning.ranker import TrainedRanker, rank, score, train
from app.scoring.learning.reasons import Reason, explain
from app.scoring.queries import RankerRow
from app.scoring.snapshots import decode_trained
from app.scoring.store import drop_old_runs, keep_ranker, load_ranker, write_scores

FIRST_DAY = date(1971, 1, 1)
LONGEST_WINDOW = 365
LARGEST_SEED = 1_000_000
MOST_EXPLAINED = 100_000


class NoSnapshots(Conflict):
    """No customer has figures from before this day."""

    code = "scoring.no_snapshots"


class NoCustomers(Conflict):
    """There is no customer to rank."""

    code = "scoring.no_customers"


def train_ranker(
    session: Session, *, product_code: str, as_of: date | None = None, label_window_days: int = 30, seed: int = 7, now: datetime
) -> RankerVersion:
    """Learn who buys a product when contacted, from contacts whose window of `label_window_days` ended before the day `as_of`.

    It becomes the product's champion if there is none. Raises UnknownProduct, Invalid, TrainingDataMissing,
    OneOutcomeOnly, NoFeatures.
    """
    day = _check_day(as_of, now)
    _check_within("label_window", label_window_days, 1, LONGEST_WINDOW)
    _check_within("seed", seed, 0, LARGEST_SEED)
    product = queries.get_product(session, product_code)
    known_at = clock.start_of_day(day)
    examples = label_contacts(
        frames.read_contacts(session, product_id=product.id, known_at=known_at),
        frames.read_sales(session, family=product.family),
        as_of=day,
        label_window=label_window_days,
        zone=str(clock.zone()),
    )
    check_trainable(examples["label"].to_numpy())
    frames.choose(session, examples)
    frame = feature_frame(examples, frames.read_snapshots(session), frames.read_history(session, known_at=known_at))
    ranker = train(frame.drop("label"), frame["label"].to_numpy(), seed=seed)
    return keep_ranker(session, ranker, product_id=product.id, as_of=day, label_window_days=label_window_days, now=now)


def promote_ranker(session: Session, *, product_code: str, number: int) -> RankerRow:
    """Let this ranker be the champion; the one before retires. One that is champion stays it.

    Raises UnknownProduct, UnknownRanker, RankerCorrupt.
    """
    product = queries.get_product(session, product_code)
    queries.lock_rankers(session, product.id)
    chosen = queries.get_version(session, product, number)
    load_ranker(chosen)
    before = queries.find_champion(session, product.id)
    if before is not None and before is not chosen:
        before.status = RankerStatus.RETIRED
        session.flush()  # at no moment two champions
    chosen.status = RankerStatus.CHAMPION
    session.flush()
    return queries.get_ranker(session, product_code=product_code, number=number)


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
    day = _check_day(as_of, now)
    _check_within("top", top, 0, MOST_EXPLAINED)
    product = queries.get_product(session, product_code)
    stored = queries.get_champion(session, product) if version is None else queries.get_version(session, product, version)
    scores, without_figures = _score_all(session, load_ranker(stored), day=day, top=top)
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


def _score_all(session: Session, ranker: TrainedRanker, *, day: date, top: int) -> tuple[pl.DataFrame, int]:
    """rank, customer_id, score, reasons of all customers, best first, and how many have no figures.

    Some customers at a time; of each part only the scores and the rows that may end at the top are kept.
    """
    frames.choose_all(session, day)
    history = frames.read_history(session, known_at=clock.start_of_day(day))
    parts, best, without_figures, seen = [], [], 0, set[str]()
    for chunk in frames.read_figures(session):
        figures = decode_trained(chunk["figures"], ranker.encoding)
        frame = add_history(pl.concat([chunk.drop("figures"), figures], how="horizontal"), history)
        check_no_leak(frame)
        part = frame.select("customer_id", score=pl.Series(score(ranker, frame)))
        without_figures += chunk["snapshot_date"].null_count()
        seen |= {name for name in figures.columns if figures[name].null_count() < frame.height}
        parts.append(part)
        best.append(frame[rank(part["score"].to_numpy(), part["customer_id"].to_numpy())[:top].tolist()])
    _check_seen(ranker, seen, customers=sum(part.height for part in parts), without_figures=without_figures, day=day)
    scores = pl.concat(parts)
    scores = scores[rank(scores["score"].to_numpy(), scores["customer_id"].to_numpy()).tolist()]
    return _with_reasons(ranker, scores.with_row_index("rank", offset=1), pl.concat(best), top=top), without_figures


def _check_seen(ranker: TrainedRanker, seen: set[str], *, customers: int, without_figures: int, day: date) -> None:
    if not customers:
        raise NoCustomers
    trained = [name for name in ranker.encoding.names if name not in DERIVED]
    if trained and without_figures == customers:
        raise NoSnapshots(f"features: expected snapshots of days before {day}, there are none")
    for name in trained:
        if name not in seen:
            raise SnapshotColumnsChanged(name, "a column of the features, as when the ranker was trained; it is absent or empty")


def _with_reasons(ranker: TrainedRanker, scores: pl.DataFrame, best: pl.DataFrame, *, top: int) -> pl.DataFrame:
    head = scores.head(top).select("customer_id").join(best, on="customer_id", how="left", maintain_order="left")
    reasons = [
        json.dumps([_said(reason) for reason in found], ensure_ascii=False) for found in explain(ranker, head, range(head.height))
    ]
    padded = pl.Series(reasons, dtype=pl.String).extend(
        pl.Series([None], dtype=pl.String).new_from_index(0, scores.height - len(reasons))
    )
    return scores.with_columns(reasons=padded)


def _said(reason: Reason) -> dict[str, Any]:
    speaks = "for" if reason.raises else "against"
    return {**asdict(reason), "says": f"{reason.feature} = {reason.value} speaks {speaks} it"}


def _write_run(
    session: Session, product: Product, stored: RankerVersion, scores: pl.DataFrame, *, day: date, now: datetime
) -> ScoringRun:
    run = ScoringRun(ranker_version_id=stored.id, product_id=product.id, as_of=day, customer_count=scores.height, finished_at=now)
    session.add(run)
    session.flush()
    write_scores(session, run.id, scores)
    return run


def _check_day(as_of: date | None, now: datetime) -> date:
    today = clock.local_date(now)
    if as_of is None:
        return today
    if not FIRST_DAY <= as_of <= today:
        raise Invalid("as_of", f"a day from {FIRST_DAY} to {today}, today, got {as_of}")
    return as_of


def _check_within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid(field, f"a whole number from {least} to {most}, got {value}")
