"""What happened after a contact: the label a ranker learns, and the errors of data that cannot teach it."""

from datetime import date
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.errors import Invalid

FEWEST_OF_A_CLASS = 10  # fewer outcomes than this can be neither validated nor calibrated


class TrainingDataMissing(Invalid):
    """There is nothing to learn from."""

    code = "training_data_missing"


class OneOutcomeOnly(Invalid):
    """All outcomes are alike, or nearly."""

    code = "one_outcome_only"


class FeatureLeak(Invalid):
    """A feature knows the outcome it should predict."""

    code = "feature_leak"


def label_contacts(
    contacts: pl.DataFrame, orders: pl.DataFrame, *, as_of: date, label_window: int, zone: str = "Asia/Shanghai"
) -> pl.DataFrame:
    """One example per contact whose outcome is known at the start of the local day `as_of`.

    `contacts`: customer_id, contacted_at, and whatever else is to be kept; `orders`: customer_id, ordered_at, cancelled_at; both
    already of one product or family, instants with a zone. The label is 1 if an order fell in (contact, contact +
    `label_window` days] and was not cancelled before `as_of`. Contacts whose window is still open, and all that is later than
    `as_of`, are left out. Of several at one instant the first counts.
    Returns customer_id, contacted_at, as_of (local day of the contact), label (Int8) and the rest, by time and customer.
    Raises Invalid when `label_window` is below 1.
    """
    if label_window < 1:
        raise Invalid("label_window", "at least 1 day")
    known = pl.lit(as_of).cast(pl.Datetime("us")).dt.replace_time_zone(zone)
    window = pl.duration(days=label_window)
    examples = (
        contacts.with_columns(_instant("contacted_at", zone))
        .filter(pl.col("contacted_at") + window <= known)
        .unique(subset=["customer_id", "contacted_at"], keep="first", maintain_order=True)
    )
    sales = orders.select("customer_id", _instant("ordered_at", zone), _instant("cancelled_at", zone)).filter(
        (pl.col("ordered_at") < known) & (pl.col("cancelled_at").is_null() | (pl.col("cancelled_at") >= known))
    )
    bought = (
        examples.join(sales, on="customer_id")
        .filter(pl.col("ordered_at").is_between(pl.col("contacted_at"), pl.col("contacted_at") + window, closed="right"))
        .select("customer_id", "contacted_at", label=pl.lit(1, pl.Int8))
        .unique()
    )
    first = ["customer_id", "contacted_at", "as_of", "label"]
    return (
        examples.join(bought, on=["customer_id", "contacted_at"], how="left")
        .with_columns(pl.col("label").fill_null(0), as_of=pl.col("contacted_at").dt.date())
        .select(*first, pl.exclude(first))
        .sort("contacted_at", "customer_id")
    )


def check_over(contacts: pl.DataFrame, labelled: pl.DataFrame, *, as_of: date, label_window: int, zone: str) -> None:
    """Raise TrainingDataMissing when there are contacts (contacted_at) but the windows of all of them end after `as_of`."""
    if contacts.height and not labelled.height:
        ends = contacts.select(_instant("contacted_at", zone).dt.date().min() + pl.duration(days=label_window)).item()
        raise TrainingDataMissing(
            "contacts",
            f"contacts whose label window has ended by {as_of}; there are {contacts.height}, the first window of "
            f"{label_window} days ends on {ends}",
        )


def check_no_leak(examples: pl.DataFrame) -> None:
    """Raise FeatureLeak when a snapshot_date is not strictly before its example's as_of."""
    late = examples.filter(pl.col("snapshot_date") >= pl.col("as_of"))
    if late.height:
        row = late.row(0, named=True)
        raise FeatureLeak(
            "snapshot_date", f"a day before the contact on {row['as_of']}, got {row['snapshot_date']}", rows=late.height
        )


def check_trainable(
    labels: NDArray[np.int8], *, field: str = "orders", examples: str = "contacts", event: str = "an order"
) -> None:
    """Raise TrainingDataMissing without examples, OneOutcomeOnly with fewer than 10 of either outcome; the words say of what."""
    if not labels.size:
        raise TrainingDataMissing(examples, f"{examples} whose label window has ended and that have an earlier snapshot")
    positives = int(labels.sum())
    if min(positives, labels.size - positives) < FEWEST_OF_A_CLASS:
        raise OneOutcomeOnly(
            field,
            f"at least {FEWEST_OF_A_CLASS} {examples} with {event} in the window and {FEWEST_OF_A_CLASS} without, "
            f"got {positives} and {labels.size - positives}",
        )


def enough_rows(labels: NDArray[np.int8], most: int, *, fewest: int) -> int:
    """`most` of these rows, or as many as hold about `fewest` of the rarer outcome when drawn at random, where it is rare."""
    rarer = min(int(labels.sum()), int(labels.size - labels.sum()))
    return min(labels.size, max(most, ceil(fewest * labels.size / max(1, rarer))))


def _instant(column: str, zone: str) -> pl.Expr:
    return pl.col(column).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
