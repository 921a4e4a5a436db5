"""Who bears a tag: the customers as rules see them, and whether a rule can be computed at all (pure)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from app.centre.rules import FEATURE, expression_of, features_of
from app.scoring.learning.lifecycle import add_lifecycle

Rule = Mapping[str, Any]
Kinds = Mapping[str, set[str]]  # feature: kinds (number, text) in which some customer has it


def problem_of(rule: Rule, kinds: Kinds) -> str | None:
    """Why a rule cannot be computed from figures of these kinds; None where it can."""
    for feature, wanted in features_of(rule).items():
        if not wanted:
            return f"{feature}: the rule compares it with texts and with numbers"
        if not kinds.get(feature):
            return f"{feature}: no customer has this feature any more"
        if not kinds[feature] & wanted:
            return f"{feature}: expected a {' or '.join(sorted(wanted))}, it is a {' and a '.join(sorted(kinds[feature]))} now"
    return None


def bearers(people: pl.DataFrame, tag_id: int, rule: Rule) -> pl.DataFrame:
    """tag_id, customer_id of those of `people` for whom the rule holds. A figure of a kind that the rule does not speak of
    counts as missing."""
    empty = {}
    for name, wanted in features_of(rule).items():
        kind = kind_of(people.schema[FEATURE + name])
        if kind not in wanted:
            empty[FEATURE + name] = pl.Float64 if "number" in wanted else pl.String
    typed = people.with_columns(pl.lit(None, kind).alias(name) for name, kind in empty.items())
    return typed.filter(expression_of(rule)).select(pl.lit(tag_id, pl.Int32).alias("tag_id"), "customer_id")


def kind_of(kind: pl.DataType) -> str | None:
    """number, text, or None for a column without values."""
    return None if kind == pl.Null else "text" if kind == pl.String else "number"


def plain_figures(values: pl.Series) -> pl.Series:
    """Figures as rules read them: Float64 (true is 1), String, or Null where there is nothing; nested ones are nothing."""
    if values.dtype == pl.Null or values.dtype.is_nested() or values.null_count() == values.len():
        return pl.Series(values.name, [None] * values.len(), dtype=pl.Null)
    number = values.dtype.is_numeric() or values.dtype == pl.Boolean
    return values.cast(pl.Float64).fill_nan(None) if number else values.cast(pl.String)


def add_holdings(people: pl.DataFrame, holdings: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`people` (customer_id, as_of, opened_on, segment) with tenure_days, lifecycle_stage, monthly_value, held_products,
    held_families, past_products, past_families and lost. holdings: customer_id, product_code, family, from_date (before
    `as_of`), to_date, monthly_price; `to_date` is the last day held."""
    now = pl.col("to_date").is_null() | (pl.col("to_date") >= as_of)
    frame = add_lifecycle(people, holdings.select("customer_id", "from_date", "to_date", "monthly_price"), people)
    for name, column in (("products", "product_code"), ("families", "family")):
        ever = holdings.group_by("customer_id", column).agg(held=now.any(), ended=pl.col("to_date").max())
        gone = ever.filter(~pl.col("held"))
        frame = _add_list(frame, ever.filter("held").select("customer_id", item=column), f"held_{name}")
        frame = _add_list(frame, gone.select("customer_id", item=column), f"past_{name}")
        if name == "families":
            days = (pl.lit(as_of) - pl.col("ended")).dt.total_days()
            frame = _add_list(frame, gone.select("customer_id", item=pl.struct("family", days=days)), "lost")
    tenure = (pl.col("as_of") - pl.col("opened_on")).dt.total_days()
    return frame.with_columns(tenure_days=pl.when(tenure > 0).then(tenure))


def _add_list(frame: pl.DataFrame, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """With a list of each customer's items; an empty one for who has none is null, which no rule finds anything in."""
    lists = rows.group_by("customer_id").agg(pl.col("item").alias(name))
    return frame.join(lists, on="customer_id", how="left", maintain_order="left")
