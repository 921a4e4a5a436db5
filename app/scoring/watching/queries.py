"""Reads of the watch over rankers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.models.campaign import Product
from app.models.customer import Customer
from app.models.score import RankerStatus, RankerTarget, RankerVersion, RankerWatch, WatchConsequence
from app.scoring import frames
from app.scoring.learning.features import add_history, join_snapshots

LOOKED_AT = 20_000  # customers, always the same ones: chance moves a share of them by less than a percent
MOST_LISTED = 200
_LAST_ALARMS = text("""
SELECT v.id, (SELECT jsonb_array_length(w.alarms) FROM ranker_watches w WHERE w.ranker_version_id = v.id
    ORDER BY w.id DESC LIMIT 1) FROM unnest(CAST(:versions AS int[])) AS v (id)
""")


@dataclass(frozen=True)
class WatchRow:
    """What was seen of a champion on a day."""

    product_code: str
    number: int
    target: RankerTarget
    as_of: date
    figures: dict[str, Any]
    alarms: list[dict[str, Any]]
    consequence: WatchConsequence
    watched_at: datetime


def read_population(session: Session, product: Product, *, as_of: date, most: int = LOOKED_AT) -> pl.DataFrame:
    """Some of all customers with what was known of them before the day `as_of`: the frame a ranker scores."""
    drawn = select(Customer.id).order_by(func.hashint8(Customer.id), Customer.id).limit(most)
    ids = list(session.scalars(drawn))
    sample = pl.DataFrame({"customer_id": pl.Series(ids, dtype=pl.Int64)}).with_columns(as_of=pl.lit(as_of))
    frames.choose(session, sample)
    history = frames.read_history(session, known_at=clock.start_of_day(as_of), family=product.family)
    found = join_snapshots(sample, frames.read_snapshots(session))
    rest = sample.join(found, on="customer_id", how="anti")
    return add_history(pl.concat([found, rest], how="diagonal").sort("customer_id"), history)


def list_watches(
    session: Session, *, product_code: str | None = None, number: int | None = None, limit: int = MOST_LISTED
) -> list[WatchRow]:
    """What was seen, newest first; of one product or version if asked."""
    statement = (
        select(RankerWatch, RankerVersion.number, RankerVersion.target, Product.product_code)
        .join(RankerVersion, RankerVersion.id == RankerWatch.ranker_version_id)
        .join(Product, Product.id == RankerVersion.product_id)
    )
    if product_code is not None:
        statement = statement.where(Product.product_code == product_code)
    if number is not None:
        statement = statement.where(RankerVersion.number == number)
    rows = session.execute(statement.order_by(RankerWatch.id.desc()).limit(min(limit, MOST_LISTED)))
    return [_row(watch, number, target, code) for watch, number, target, code in rows]


def find_last_watch(session: Session, version_id: int) -> RankerWatch | None:
    """What was seen last of a version."""
    of_version = RankerWatch.ranker_version_id == version_id
    return session.scalar(select(RankerWatch).where(of_version).order_by(RankerWatch.id.desc()).limit(1))


def last_alarms(session: Session, version_ids: Collection[int]) -> dict[int, int]:
    """By version, how many alarms the watch saw last; not of those at which it never looked."""
    rows = session.execute(_LAST_ALARMS, {"versions": list(version_ids)})
    return {version_id: alarms for version_id, alarms in rows if alarms is not None}


def find_waiting_candidate(session: Session, champion: RankerVersion, *, since: datetime) -> RankerVersion | None:
    """A candidate for the champion's place that was trained after it and after this instant."""
    statement = select(RankerVersion).where(
        RankerVersion.product_id == champion.product_id,
        RankerVersion.target == champion.target,
        RankerVersion.status == RankerStatus.CANDIDATE,
        RankerVersion.number > champion.number,
        RankerVersion.trained_at >= since,
    )
    return session.scalar(statement.order_by(RankerVersion.id.desc()).limit(1))


def _row(watch: RankerWatch, number: int, target: RankerTarget, product_code: str) -> WatchRow:
    return WatchRow(product_code, number, target, watch.as_of, watch.figures, watch.alarms, watch.consequence, watch.watched_at)
