"""What a customer's contacts hold: adopters influence those who have not adopted (pure).

Whoever is tied to adopters adopts more often (Attract, Enable: the diffusion of Bass 1969, seen from one customer; for
telephone customers Hill, Provost, Volinsky 2006, "Network-based marketing"). Only what the others did before the day counts,
and never what the customer did.
"""

from datetime import timedelta

import polars as pl

INFLUENCE = ("neighbours", "neighbours_share", "neighbours_adopted_90d", "days_since_neighbour_adopted")
RECENT_DAYS = 90

NO_TIES = pl.DataFrame(schema={"customer_id": pl.Int64, "other_customer_id": pl.Int64, "weight": pl.Float64})
NO_ADOPTIONS = pl.DataFrame(schema={"customer_id": pl.Int64, "from_day": pl.Date, "to_day": pl.Date})


def add_influence(frame: pl.DataFrame, ties: pl.DataFrame, adoptions: pl.DataFrame) -> pl.DataFrame:
    """`frame` (customer_id, as_of, ...) with the INFLUENCE columns; its order is kept.

    ties: customer_id, other_customer_id, weight (null is 1; a pair may stand in either order or in both). adoptions of the
    product family, of whomever: customer_id, from_day, to_day (null: still), a holding or an order and its cancellation.

    neighbours: how many. neighbours_share = sum of the weights of those who hold it / sum of all weights, where a neighbour
    holds it on a day if from_day < day and to_day is null or >= day; null without neighbours. neighbours_adopted_90d: holders
    whose first adoption began in the 90 days before the day. days_since_neighbour_adopted: since the latest such beginning.
    """
    keys = frame.select("customer_id", "as_of").unique()
    links = keys.join(_both_ways(ties, keys), on="customer_id")
    found = links.join(_holders(links, adoptions), on=["other", "as_of"], how="left")
    recent = pl.col("adopted_on") >= pl.col("as_of") - timedelta(days=RECENT_DAYS)
    sums = found.group_by("customer_id", "as_of").agg(
        neighbours=pl.len().cast(pl.Int64),
        neighbours_share=pl.col("weight").filter(pl.col("adopted_on").is_not_null()).sum() / pl.col("weight").sum(),
        neighbours_adopted_90d=recent.sum().cast(pl.Int64),
        days_since_neighbour_adopted=(pl.col("as_of").first() - pl.col("adopted_on").max()).dt.total_days(),
    )
    return frame.join(sums, on=["customer_id", "as_of"], how="left", maintain_order="left").with_columns(
        pl.col("neighbours", "neighbours_adopted_90d").fill_null(0)
    )


def _both_ways(ties: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """customer_id (one who is asked for), other, weight: each pair once; no tie to oneself, none of weight 0 or less."""
    there = ties.select("customer_id", other="other_customer_id", weight=pl.col("weight").fill_null(1.0))
    there = there.filter((pl.col("customer_id") != pl.col("other")) & (pl.col("weight") > 0))
    back = there.select(customer_id="other", other="customer_id", weight="weight")
    both = pl.concat([there, back]).join(asked, on="customer_id", how="semi")
    return both.group_by("customer_id", "other").agg(pl.col("weight").max())


def _holders(links: pl.DataFrame, adoptions: pl.DataFrame) -> pl.DataFrame:
    """other, as_of, adopted_on (first day of the first adoption) of those who hold it on that day."""
    began = adoptions.select("from_day", "to_day", other="customer_id")
    known = links.select("other", "as_of").unique().join(began, on="other").filter(pl.col("from_day") < pl.col("as_of"))
    standing = pl.col("to_day").is_null() | (pl.col("to_day") >= pl.col("as_of"))
    held = known.group_by("other", "as_of").agg(adopted_on=pl.col("from_day").min(), holds=standing.any())
    return held.filter("holds").drop("holds")
