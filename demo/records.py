"""The synthetic town's half year as the systems recorded it: contact history, calls, orders, holdings."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from demo.answers import BOUGHT, OUTCOMES, Happenings
from demo.customers import local_text
from demo.nature import Nature
from demo.people import People
from demo.truth import CLAIMER, MAIN, NEVER_CALLS, PRODUCTS, product_column

PRICES = {"BB500": 39.0, "FT01": 79.0, "TV01": 25.0, "RT01": 19.0}
HISTORY_MONTHS = 6

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Contacts:
    """k past contacts for the main product, in order of time; `ago` counts months back."""

    rows: NDArray[np.int64]
    ago: NDArray[np.int64]
    times: NDArray[np.datetime64]
    staff: NDArray[np.int64]
    control: Flags
    it: Happenings
    luck: Numbers


@dataclass(frozen=True, eq=False)
class Orders:
    """k past orders in order of time; `product` is a column of the truth's tables."""

    rows: NDArray[np.int64]
    product: NDArray[np.int64]
    times: NDArray[np.datetime64]
    staff: NDArray[np.int64]  # -1 where the order came by itself
    cancelled: NDArray[np.datetime64]


def _numbered(prefix: str, count: int) -> pl.Series:
    return prefix + pl.int_range(1, count + 1, eager=True).cast(pl.String).str.zfill(7)


def _staff_text(people: People, staff: NDArray[np.int64]) -> pl.Series:
    return pl.Series(np.where(staff < 0, "", people.manager_nos[np.maximum(staff, 0)])).replace({"": None})


def history_feed(nature: Nature, people: People, numbers: pl.Series, past: Contacts) -> pl.DataFrame:
    """The old system believed what it was told: the claimer's inventions stand in it as sales."""
    honesty = people.honesty[past.staff]
    invented = (honesty == CLAIMER) & ~past.it.ordered & (past.luck < 1 / 3)
    invented |= (honesty == NEVER_CALLS) & (past.luck < 0.08)
    outcome = np.array(OUTCOMES)[np.where(invented, BOUGHT, past.it.outcome)]
    return pl.DataFrame(
        {
            "contact_no": _numbered("HC", len(past.rows)),
            "customer_no": numbers.gather(past.rows),
            "product_code": MAIN,
            "contacted_at": local_text(past.times),
            "channel": pl.Series(np.where(past.control, "", "call")).replace({"": None}),
            "staff_no": _staff_text(people, np.where(past.control, -1, past.staff)),
            "outcome": pl.Series(np.where(past.control, "", outcome)).replace({"": None}),
            "campaign_code": [f"LEGACY-{month}" for month in np.datetime_as_string(nature.month - past.ago)],
            "arm": np.where(past.control, "control", "treated"),
        }
    )


def calls_feed(people: People, numbers: pl.Series, past: Contacts) -> pl.DataFrame:
    """Calls of the last month only; none of the control group, none by who never calls."""
    made = ~past.control & (people.honesty[past.staff] != NEVER_CALLS) & (past.ago == 1)
    return pl.DataFrame(
        {
            "call_id": _numbered("HL", int(made.sum())),
            "staff_no": people.manager_nos[past.staff[made]],
            "customer_no": numbers.gather(past.rows[made]),
            "started_at": local_text(past.times[made]),
            "duration_seconds": past.it.seconds[made],
        }
    )


def orders_feed(people: People, numbers: pl.Series, orders: Orders) -> pl.DataFrame:
    """Every order of the half year, with who won it where somebody did."""
    codes = np.array(PRODUCTS)[orders.product]
    return pl.DataFrame(
        {
            "order_no": _numbered("HO", len(orders.rows)),
            "customer_no": numbers.gather(orders.rows),
            "product_code": codes,
            "ordered_at": local_text(orders.times),
            "amount": np.array([PRICES[code] for code in PRODUCTS])[orders.product],
            "channel": np.where(orders.staff < 0, "app", "field"),
            "staff_no": _staff_text(people, orders.staff),
            "cancelled_at": local_text(orders.cancelled),
        }
    )


def holdings_feed(rng: np.random.Generator, nature: Nature, numbers: pl.Series, before: Flags, orders: Orders) -> pl.DataFrame:
    """Held before the half year, sold within it, and some television given up long ago."""
    start = (nature.month - HISTORY_MONTHS).astype("datetime64[D]")
    rows, product = np.nonzero(before)
    since = np.maximum(start - rng.integers(30, 1_000, len(rows)), nature.opened[rows])
    kept = np.isnat(orders.cancelled)
    television = product_column("TV01")
    gone = np.flatnonzero(~before[:, television] & (rng.random(len(before)) < 0.04) & (nature.tenure > 24))
    sold_on = orders.times[kept].astype("datetime64[D]") + 1
    ended = nature.opened[gone] + rng.integers(60, 240, len(gone))
    all_rows = np.concatenate([rows, orders.rows[kept], gone])
    never = np.full(len(all_rows) - len(gone), np.datetime64("NaT"), dtype="datetime64[D]")
    codes = np.concatenate([product, orders.product[kept], np.full(len(gone), television)])
    return pl.DataFrame(
        {
            "customer_no": numbers.gather(all_rows),
            "product_code": np.array(PRODUCTS)[codes],
            "from_date": pl.Series(np.concatenate([since, sold_on, nature.opened[gone]])),
            "to_date": pl.Series(np.concatenate([never, ended])),
        }
    ).sort("customer_no", "product_code", "from_date")
