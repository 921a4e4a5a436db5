"""Writing the targets of a list, all at once.

Tables with row level security take no COPY: rows go into a temporary table of the transaction and from there into the table, in
the order of customers, so that they reach the right edge of its keys.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.eligibility import REASON_WORDS
from app.campaigns.listing import Customers
from app.core.columns import Column, Money, Optional, Words, pg_instant, write_columns
from app.core.db import count_changed, refresh_statistics

STATISTICS_FROM = 10_000  # rows; below, the statistics of before will do


@dataclass(frozen=True)
class TargetRows:
    """The targets of a campaign: `reason` are codes of REASON_WORDS. `value`: ten-thousandths of money, None where unknown."""

    campaign_id: int
    customers: Customers
    reason: NDArray[np.uint8]
    value: NDArray[np.int64] | None = None


def write_targets(session: Session, targets: TargetRows, *, now: datetime) -> None:
    """Insert the targets; nobody of them may be on the list already."""
    columns = columns_of(targets, now)
    names = ", ".join(columns)
    session.execute(text("DROP TABLE IF EXISTS new_targets"))
    made = f"CREATE TEMP TABLE new_targets ON COMMIT DROP AS SELECT {names} FROM campaign_targets WITH NO DATA"  # noqa: S608
    session.execute(text(made))
    write_columns(session, "new_targets", columns)
    count_changed(session, f"INSERT INTO campaign_targets ({names}) SELECT {names} FROM new_targets")  # noqa: S608 - our own text
    if len(targets.reason) >= STATISTICS_FROM:
        refresh_statistics(session, "campaign_targets")


def drop_undecided(session: Session, campaign_id: int) -> None:
    """Take the undecided targets off a list, for them to be written again with their reasons."""
    count_changed(session, "DELETE FROM campaign_targets WHERE campaign_id = :id AND reason IS NULL", {"id": campaign_id})


def columns_of(targets: TargetRows, now: datetime) -> dict[str, Column]:
    """The rows as columns of the table, in the order of customers."""
    order = targets.customers.by_id
    customers, reason = targets.customers.only(order), targets.reason[order]
    rows, value = len(order), targets.value
    money: Any = Money(np.zeros(rows, np.int64), np.ones(rows, np.bool_))
    if value is not None:
        money = Money(value[order], np.zeros(rows, np.bool_))
    return {
        "campaign_id": np.full(rows, targets.campaign_id, np.int32),
        "customer_id": customers.customer_id,
        "grid_id": customers.grid_id,
        "rank": customers.rank,
        "score": customers.score,
        "uplift": Optional(customers.uplift, np.isnan(customers.uplift)),
        "draw": Words(customers.explored.astype(np.uint8), ("ranked", "explored")),
        "selection_probability": customers.probability,
        "value": money,
        "reason": Words(reason, REASON_WORDS),
        "decided_at": Optional(np.full(rows, pg_instant(now)), reason == 0),
    }
