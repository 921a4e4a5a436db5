"""A small market for a ranker: who uses much buys, whatever the plan."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models.campaign import Product
from app.models.score import RankerStatus, RankerVersion
from app.scoring.bulk import write_frame
from app.scoring.findings import baseline_of, findings_of
from app.scoring.judged import judged_frame
from app.scoring.learning.boosting import Settings
from app.scoring.learning.examples import plain_examples
from app.scoring.learning.ranker import TrainedRanker, score, train
from app.scoring.store import keep_ranker
from tests.factories import NOW, TODAY, get, grid
from tests.figures import add_figures, put_figures

FIRST_ID = 1_000_000
SNAPSHOT_DAY = date(2026, 8, 1)
FIRST_CONTACT = datetime(2026, 8, 3, 2, tzinfo=UTC)


def figures(count: int, seed: int = 1) -> pl.DataFrame:
    """customer_id, usage, plan, buys."""
    draws = np.random.default_rng(seed)
    usage = draws.normal(size=count).round(3)
    return pl.DataFrame(
        {
            "customer_id": np.arange(FIRST_ID, FIRST_ID + count),
            "usage": usage,
            "plan": draws.choice(["basic", "family"], count),
            "buys": draws.random(count) < 1 / (1 + np.exp(-2 * usage + 1)),
        }
    )


def make_market(session: Session, *, count: int = 300, product_code: str = "FTTH1", contacted: int | None = None) -> pl.DataFrame:
    """These customers with a snapshot each; the first `contacted` (default all) have a contact, and an order if they buy."""
    product: Product = get(session, Product, product_code=product_code)
    people = figures(count)
    numbered = people.select(id="customer_id", customer_no="M" + pl.col("customer_id").cast(pl.String))
    add_customers(session, numbered.with_columns(grid_id=pl.lit(grid(session, "G11").id), opened_on=pl.lit(date(2020, 1, 1))))
    put_figures(session, SNAPSHOT_DAY, people.select("customer_id", "usage", "plan"))
    hours = pl.int_range(pl.len()) * (24 * 30) // count
    past = people.head(count if contacted is None else contacted).with_columns(
        at=pl.lit(FIRST_CONTACT) + pl.duration(hours=hours),
        number="M" + pl.col("customer_id").cast(pl.String),
        product_id=pl.lit(product.id),
    )
    contacts = past.select("customer_id", "product_id", contact_no="number", contacted_at="at")
    write_frame(session, "contact_history", contacts)
    orders = past.filter("buys").select(
        "customer_id", "product_id", order_no="number", ordered_at=pl.col("at") + timedelta(hours=2)
    )
    write_frame(session, "orders", orders)
    return people


@cache
def small_ranker(seed: int = 1) -> TrainedRanker:
    """A ranker of usage and plan, trained in no time and without a database."""
    people = figures(300, seed).with_columns(as_of=pl.lit(date(2026, 8, 5)), snapshot_date=pl.lit(SNAPSHOT_DAY))
    labels = people["buys"].to_numpy().astype(np.int8)
    quick = Settings(20, 0.1, 4, 5, 1.0, 1.0)
    return train(plain_examples(people.drop("buys"), labels), seed=seed, candidates=(quick,), bags=1, allow=["usage"])


@cache
def small_judged(seed: int = 1, day: date = date(2026, 8, 5), rows: int = 600) -> pl.DataFrame:
    """Customers whom the small ranker did not see, as it judges them: see app/scoring/judged.py."""
    people = figures(rows, seed + 100).with_columns(as_of=pl.lit(day), snapshot_date=pl.lit(SNAPSHOT_DAY))
    labels, frame = people["buys"].to_numpy().astype(np.int8), people.drop("buys")
    scores = score(small_ranker(seed), frame)
    return judged_frame(frame, labels, np.ones(rows), scores, scores, seed=seed)


def keep_candidate(session: Session, *, product_code: str = "FTTH1", seed: int = 1, **options: Any) -> RankerVersion:
    """The small ranker, stored as the next one of a product."""
    product: Product = get(session, Product, product_code=product_code)
    ranker, judged = small_ranker(seed), small_judged(seed)
    without_figures = pl.DataFrame({"customer_id": range(1, 19)})
    known = figures(600, seed + 200).with_columns(snapshot_date=pl.lit(SNAPSHOT_DAY))
    population = pl.concat([known, without_figures], how="diagonal")
    report = findings_of(ranker, judged) | {"baseline": baseline_of(ranker, population, score(ranker, population).tolist())}
    values = {"judged": judged, "report": report, "as_of": TODAY, "label_window_days": 30, "now": NOW} | options
    return keep_ranker(session, ranker, product_id=product.id, **values)


def keep(session: Session, *, product_code: str = "FTTH1", seed: int = 1, **options: Any) -> RankerVersion:
    """The same; the first of a product is its champion at once, as a person would have it."""
    version = keep_candidate(session, product_code=product_code, seed=seed, **options)
    if version.number == 1:
        version.status = RankerStatus.CHAMPION
        session.flush()
    return version


def add_snapshot(session: Session, customer_id: int, day: date, values: str) -> None:
    """One more snapshot of a customer; `values` is JSON."""
    add_figures(session, day, customer_id=customer_id, **json.loads(values))


def add_customers(session: Session, customers: pl.DataFrame) -> None:
    """Insert them; a table under row level security takes no COPY."""
    names = ", ".join(customers.columns)
    session.execute(text(f"CREATE TEMP TABLE new_customers ON COMMIT DROP AS SELECT {names} FROM customers LIMIT 0"))
    write_frame(session, "new_customers", customers)
    session.execute(text(f"INSERT INTO customers ({names}) SELECT {names} FROM new_customers"))
    session.execute(text("DROP TABLE new_customers"))
