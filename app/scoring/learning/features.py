"""What was known about a customer before a day: snapshots and history, strictly earlier than `as_of`.

A snapshot or event of the same day may already know the outcome, so it does not count.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from app.scoring.learning.influence import INFLUENCE, NO_ADOPTIONS, NO_TIES, add_influence
from app.scoring.learning.lifecycle import LIFECYCLE, add_lifecycle

NOT_FEATURES = frozenset({"customer_id", "as_of", "snapshot_date", "contacted_at", "label"})
CALENDAR_NAMES = frozenset({"date", "day", "day_of_week", "weekday", "week", "month", "quarter", "year"})

HISTORY = (
    "days_since_last_contact",
    "contacts_before",
    "days_since_last_order",
    "orders_before",
    "products_held",
    "tenure_days",
    "segment",
    "lifecycle",
)
DERIVED = (*HISTORY, *LIFECYCLE, *INFLUENCE)


@dataclass(frozen=True)
class History:
    """What happened to customers, as frames; days are local.

    contacts: customer_id, day. orders: customer_id, day. holdings: customer_id, from_date, to_date, monthly_price.
    customers: customer_id, opened_on, segment, lifecycle. ties and adoptions (of one product family, of the customers' ties):
    as `add_influence` reads them; empty where there are none.
    """

    contacts: pl.DataFrame
    orders: pl.DataFrame
    holdings: pl.DataFrame
    customers: pl.DataFrame
    ties: pl.DataFrame = field(default_factory=NO_TIES.clone)
    adoptions: pl.DataFrame = field(default_factory=NO_ADOPTIONS.clone)


def join_snapshots(examples: pl.DataFrame, snapshots: pl.DataFrame, *, max_age_days: int | None = None) -> pl.DataFrame:
    """`examples` (customer_id, as_of, ...) with the columns of each one's latest snapshot of an earlier day.

    Examples without such a snapshot (or only one older than `max_age_days`) are left out; the order is kept.
    """
    tolerance = None if max_age_days is None else timedelta(days=max_age_days)
    joined = (
        examples.with_row_index("_row")
        .sort("as_of")
        .join_asof(
            snapshots.rename({name: f"features.{name}" for name in snapshots.columns if name in DERIVED}).sort("snapshot_date"),
            left_on="as_of",
            right_on="snapshot_date",
            by="customer_id",
            strategy="backward",
            allow_exact_matches=False,
            tolerance=tolerance,
            coalesce=False,
            check_sortedness=False,
        )
    )
    return joined.filter(pl.col("snapshot_date").is_not_null()).sort("_row").drop("_row")


def add_history(examples: pl.DataFrame, history: History, *, wanted: Collection[str] = DERIVED) -> pl.DataFrame:
    """`examples` with the DERIVED columns; only what happened on days before each as_of counts. Order is kept.

    `wanted` names the columns that will be read: of kinds none of which is wanted, none is made.
    """
    frame = _add_counts(examples, history)
    if not set(wanted).isdisjoint(LIFECYCLE):
        frame = add_lifecycle(frame, history.holdings, history.customers)
    if not set(wanted).isdisjoint(INFLUENCE):
        frame = add_influence(frame, history.ties, history.adoptions)
    return frame


def _add_counts(examples: pl.DataFrame, history: History) -> pl.DataFrame:
    frame = examples.join(
        history.customers.select("customer_id", "opened_on", "segment", "lifecycle"),
        on="customer_id",
        how="left",
        maintain_order="left",
    )
    started = history.holdings.select("customer_id", day="from_date")
    ended = history.holdings.filter(pl.col("to_date").is_not_null()).select("customer_id", day="to_date")
    for name, events in (("contact", history.contacts), ("order", history.orders), ("start", started), ("end", ended)):
        frame = _count_before(frame, events, name)
    tenure = _days("as_of", "opened_on")
    return frame.with_columns(
        days_since_last_contact=_days("as_of", "_last_contact"),
        contacts_before=pl.col("_contact"),
        days_since_last_order=_days("as_of", "_last_order"),
        orders_before=pl.col("_order"),
        products_held=pl.col("_start") - pl.col("_end"),
        tenure_days=pl.when(tenure > 0).then(tenure),
    ).select(*examples.columns, *HISTORY)


def feature_frame(
    examples: pl.DataFrame, snapshots: pl.DataFrame, history: History, *, max_age_days: int | None = None
) -> pl.DataFrame:
    """The frame a ranker is trained on or scores: `examples`, their snapshot's columns, then the DERIVED ones."""
    return add_history(join_snapshots(examples, snapshots, max_age_days=max_age_days), history)


def feature_columns(frame: pl.DataFrame) -> list[str]:
    """Columns that may be learned from: numbers, booleans and texts, but no keys and nothing that is the date."""
    return [
        name
        for name, kind in frame.schema.items()
        if name not in NOT_FEATURES
        and name.lower() not in CALENDAR_NAMES
        and (kind.is_numeric() or kind in (pl.Boolean, pl.String, pl.Categorical, pl.Null))
    ]


def _count_before(examples: pl.DataFrame, events: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add `_<name>` (events before as_of) and `_last_<name>` (the day of the last of them)."""
    running = (
        events.select("customer_id", pl.col("day").alias(f"_last_{name}"))
        .sort("customer_id", f"_last_{name}")
        .with_columns(pl.int_range(1, pl.len() + 1).over("customer_id").alias(f"_{name}"))
        .sort(f"_last_{name}", f"_{name}")
    )
    return (
        examples.with_row_index("_row")
        .sort("as_of")
        .join_asof(
            running,
            left_on="as_of",
            right_on=f"_last_{name}",
            by="customer_id",
            strategy="backward",
            allow_exact_matches=False,
            coalesce=False,
            check_sortedness=False,
        )
        .sort("_row")
        .drop("_row")
        .with_columns(pl.col(f"_{name}").fill_null(0))
    )


def _days(later: str, earlier: str) -> pl.Expr:
    return (pl.col(later) - pl.col(earlier)).dt.total_days()
