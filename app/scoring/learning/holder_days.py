"""Days of customers who hold a product family and are left alone: what early warning and care learn from (pure)."""

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl


def monthly_days(days: Iterable[date], *, as_of: date, label_window: int) -> list[date]:
    """Days on which examples stand: the day after the first snapshot of each month whose window is over at `as_of`.

    So a customer is an example once a month at most, with figures of the day before.
    """
    first: dict[tuple[int, int], date] = {}
    for day in sorted(days):
        first.setdefault((day.year, day.month), day)
    standing = (day + timedelta(days=1) for day in first.values())
    return [day for day in standing if day + timedelta(days=label_window) <= as_of]


def holder_days(spans: pl.DataFrame, contacts: pl.DataFrame, days: list[date], *, label_window: int) -> pl.DataFrame:
    """customer_id, as_of, lost (Int8) of each holder on each of `days`, by day and customer.

    spans: customer_id, from_date, to_date (last day held, null: still) of holdings of the family; contacts of the family:
    customer_id, day. Holders on a day began before it and had not ended before it. lost is 1 if they hold nothing of the family
    when the window [day, day + label_window) is over; who gave up one product for another of the family is kept. Those contacted
    in the window are left out: what they do next is no longer what they would have done by themselves.
    """
    asked = pl.DataFrame({"as_of": days}, schema={"as_of": pl.Date})
    end = pl.col("as_of") + timedelta(days=label_window)
    pairs = spans.join(asked, how="cross")
    held = pairs.filter(_holds(pl.col("as_of"))).select("customer_id", "as_of").unique()
    kept = pairs.filter(_holds(end)).select("customer_id", "as_of", lost=pl.lit(0, pl.Int8)).unique()
    touched = (
        contacts.join(held, on="customer_id", how="semi")
        .join(asked, how="cross")
        .filter((pl.col("day") >= pl.col("as_of")) & (pl.col("day") < end))
        .select("customer_id", "as_of")
        .unique()
    )
    return (
        held.join(touched, on=["customer_id", "as_of"], how="anti")
        .join(kept, on=["customer_id", "as_of"], how="left")
        .with_columns(pl.col("lost").fill_null(1))
        .sort("as_of", "customer_id")
    )


def label_complaints(examples: pl.DataFrame, complaints: pl.DataFrame, *, label_window: int) -> pl.DataFrame:
    """`examples` (customer_id, as_of, ...) with `complained` (Int8): a complaint (customer_id, day) in [as_of, its end)?"""
    end = pl.col("as_of") + timedelta(days=label_window)
    found = (
        examples.select("customer_id", "as_of")
        .join(complaints, on="customer_id")
        .filter((pl.col("day") >= pl.col("as_of")) & (pl.col("day") < end))
        .select("customer_id", "as_of", complained=pl.lit(1, pl.Int8))
        .unique()
    )
    joined = examples.join(found, on=["customer_id", "as_of"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("complained").fill_null(0))


def _holds(day: pl.Expr) -> pl.Expr:
    return (pl.col("from_date") < day) & (pl.col("to_date").is_null() | (pl.col("to_date") >= day))
