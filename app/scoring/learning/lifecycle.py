"""Where a customer stands with us, and what that is worth, as of a day; only what happened before that day counts (pure).

A holding counts as held on a day if it began before the day and had not ended before it: `to_date` is the last day held.
"""

from datetime import timedelta

import polars as pl

STAGES = ("new", "growing", "mature", "declining", "lost")
LIFECYCLE = ("lifecycle_stage", "monthly_value", "value_change")
LOOK_BACK_DAYS = 180

NO_HOLDINGS = pl.DataFrame(
    schema={"customer_id": pl.Int64, "from_date": pl.Date, "to_date": pl.Date, "monthly_price": pl.Float64}
)


def add_lifecycle(frame: pl.DataFrame, holdings: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """`frame` (customer_id, as_of, ...) with the LIFECYCLE columns; its order is kept.

    holdings: customer_id, from_date, to_date, monthly_price (null where unknown: counts as 0). customers: customer_id,
    opened_on. monthly_value: price a month of all that is held; value_change: that, less what it was 180 days earlier.
    lifecycle_stage, the first that holds: lost (held something, holds nothing), new (with us for less than 180 days), null (never
    held anything), growing or declining (a greater or smaller monthly value than 180 days ago, of equals more or fewer
    products), mature.
    """
    keys = frame.select("customer_id", "as_of").unique()
    known = keys.join(customers.select("customer_id", "opened_on"), on="customer_id", how="left")
    sums = _sums(keys, holdings)
    staged = known.join(sums, on=["customer_id", "as_of"], how="left").with_columns(
        pl.col("held", "held_then", "value", "value_then").fill_null(0)
    )
    staged = staged.select(
        "customer_id",
        "as_of",
        lifecycle_stage=_stage(),
        monthly_value=pl.col("value"),
        value_change=pl.col("value") - pl.col("value_then"),
    )
    return frame.join(staged, on=["customer_id", "as_of"], how="left", maintain_order="left")


def _sums(keys: pl.DataFrame, holdings: pl.DataFrame) -> pl.DataFrame:
    now, then = pl.col("as_of"), pl.col("as_of") - timedelta(days=LOOK_BACK_DAYS)
    price = pl.col("monthly_price").fill_null(0)
    return (
        keys.join(holdings, on="customer_id")
        .filter(pl.col("from_date") < now)
        .group_by("customer_id", "as_of")
        .agg(
            first=pl.col("from_date").min(),
            held=_held_on(now).sum(),
            held_then=_held_on(then).sum(),
            value=price.filter(_held_on(now)).sum(),
            value_then=price.filter(_held_on(then)).sum(),
        )
    )


def _held_on(day: pl.Expr) -> pl.Expr:
    return (pl.col("from_date") < day) & (pl.col("to_date").is_null() | (pl.col("to_date") >= day))


def _stage() -> pl.Expr:
    since = pl.min_horizontal("opened_on", "first")
    fresh = (since < pl.col("as_of")) & (since >= pl.col("as_of") - timedelta(days=LOOK_BACK_DAYS))
    more = (pl.col("value") > pl.col("value_then")) | (
        (pl.col("value") == pl.col("value_then")) & (pl.col("held") > pl.col("held_then"))
    )
    same = (pl.col("value") == pl.col("value_then")) & (pl.col("held") == pl.col("held_then"))
    return (
        pl.when(pl.col("first").is_not_null() & (pl.col("held") == 0))
        .then(pl.lit("lost"))
        .when(fresh)
        .then(pl.lit("new"))
        .when(pl.col("held") == 0)
        .then(pl.lit(None, pl.String))
        .when(more)
        .then(pl.lit("growing"))
        .when(same)
        .then(pl.lit("mature"))
        .otherwise(pl.lit("declining"))
    )
