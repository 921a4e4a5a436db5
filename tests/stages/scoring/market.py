"""A small market for a ranker: who uses much buys, whatever the plan."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models.campaign import Product
from app.models.score import RankerVersion
from app.scoring.bulk import write_frame
from app.scoring.learning.boosting import Settings
from app.scoring.learning.examples import plain_examples
from app.scoring.learning.ranker import TrainedRanker, train
from app.scoring.store import keep_ranker
from tests.factories import NOW, TODAY, get, grid

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
    values = pl.struct("usage", "plan").struct.json_encode()
    write_frame(session, "feature_snapshots", people.select("customer_id", snapshot_date=pl.lit(SNAPSHOT_DAY), values=values))
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
    return train(plain_examples(people.drop("buys"), labels), seed=seed, candidates=(quick,), bags=1)


def keep(session: Session, *, product_code: str = "FTTH1", seed: int = 1) -> RankerVersion:
    """The small ranker, stored as the next one of a product."""
    product: Product = get(session, Product, product_code=product_code)
    return keep_ranker(session, small_ranker(seed), product_id=product.id, as_of=TODAY, label_window_days=30, now=NOW)


def add_snapshot(session: Session, customer_id: int, day: date, values: str) -> None:
    """One more snapshot of a customer."""
    session.execute(
        text("INSERT INTO feature_snapshots (customer_id, snapshot_date, values) VALUES (:id, :day, CAST(:values AS jsonb))"),
        {"id": customer_id, "day": day, "values": values},
    )


def add_customers(session: Session, customers: pl.DataFrame) -> None:
    """Insert them; a table under row level security takes no COPY."""
    names = ", ".join(customers.columns)
    session.execute(text(f"CREATE TEMP TABLE new_customers ON COMMIT DROP AS SELECT {names} FROM customers LIMIT 0"))
    write_frame(session, "new_customers", customers)
    session.execute(text(f"INSERT INTO customers ({names}) SELECT {names} FROM new_customers"))
    session.execute(text("DROP TABLE new_customers"))
