"""The synthetic town: a small operator, made up from a seed, that stands in for a real extract in the demo.

Nothing in it is real. The feeds have the form of a real operator's; the truth behind them (who would buy, who
is able, who lies) is kept apart and never imported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from demo.customers import (
    complaints_feed,
    customer_numbers,
    customers_feed,
    preferences_feed,
    ties_feed,
)
from demo.nature import SNAPSHOTS, Nature, make_nature, snapshot
from demo.past import Past, make_past
from demo.people import make_people
from demo.records import PRICES
from demo.truth import PRODUCTS, Truth, product_column, save_truth

# The order in which the feeds refer to each other, so the order to import them in.
FEEDS = (
    "org_units",
    "staff",
    "absences",
    "products",
    "customers",
    "contact_preferences",
    "features",
    "holdings",
    "orders",
    "calls",
    "complaints",
    "contact_history",
    "ties",
    "base_points",
)


@dataclass(frozen=True, eq=False)
class Town:
    """The extract by feed name, and the hidden truth; `month` is the (year, month) to be played."""

    seed: int
    month: tuple[int, int]
    feeds: dict[str, pl.DataFrame]
    truth: Truth


def make_town(
    *,
    seed: int,
    month: tuple[int, int],
    branches: int = 3,
    grids: int = 12,
    managers: int = 60,
    customers: int = 20_000,
    contacts: int | None = None,
) -> Town:
    """Make the town whose half year before `month` is in the feeds; the same arguments give the same bytes.

    `contacts` is the length of the contact history for the main product; if not given, two fifths of the
    customers. ValueError names the size that does not fit the others.
    """
    _check_sizes(seed, branches, grids, managers, customers, month)
    played = np.datetime64(f"{month[0]:04d}-{month[1]:02d}", "M")
    rng = np.random.default_rng([seed, 1])
    people = make_people(rng, branches=branches, grids=grids, managers=managers, month=played)
    nature = make_nature(seed, people, customers=customers, month=played)
    numbers = customer_numbers(customers)
    wanted = customers * 2 // 5 if contacts is None else contacts
    past = make_past(seed, nature, people, numbers, contacts=wanted)
    feeds = {
        "org_units": people.org_units,
        "staff": people.staff,
        "absences": people.absences,
        "products": products_feed(),
        "customers": customers_feed(seed, nature, people, numbers),
        "contact_preferences": preferences_feed(seed, nature, numbers),
        "features": _features(nature, past, numbers),
        "holdings": past.holdings,
        "orders": past.orders,
        "calls": past.calls,
        "complaints": complaints_feed(seed, nature, people, numbers),
        "contact_history": past.contact_history,
        "ties": ties_feed(nature, numbers),
        "base_points": people.base_points,
    }
    return Town(seed=seed, month=month, feeds=feeds, truth=past.truth)


def write_extract(town: Town, folder: Path, *, step: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Write one CSV a feed, and last the truth: a folder with a truth is a whole extract.

    Gives the feeds' files. `step` is called with each feed's name once written (for a progress bar).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for feed in FEEDS:
        path = folder / f"{feed}.csv"
        town.feeds[feed].write_csv(path)
        paths.append(path)
        step(feed)
    save_truth(town.truth, folder)
    return paths


def products_feed() -> pl.DataFrame:
    """Four products in three families; waits so short that three weeks' work matures in the month."""
    names = ("示例宽带提速500M", "示例光纤新装", "示例电视", "示例续约优惠")
    return pl.DataFrame(
        {
            "product_code": PRODUCTS,
            "name": names,
            "category": ("fixed", "fixed", "media", "fixed"),
            "kind": ("upsell", "acquire", "cross_sell", "retention"),
            "family": ("broadband", "fibre", "tv", "broadband"),
            "monthly_price": [PRICES[code] for code in PRODUCTS],
            "margin": (20.0, 35.0, 11.0, 12.0),
            "contact_cost": (2.5, 4.0, 2.0, 2.0),
            "strategic_weight": 1,
            "attribution_days": 3,
            "maturity_days": 2,
            "bundle_of": pl.Series([None] * len(PRODUCTS), dtype=pl.String),
        }
    )


def _features(nature: Nature, past: Past, numbers: pl.Series) -> pl.DataFrame:
    television = product_column("TV01")
    months = range(SNAPSHOTS - 1, -1, -1)
    has_tv = {ago: (past.truth.held if ago == 0 else past.held_before)[:, television] for ago in months}
    return pl.concat([snapshot(nature, numbers, has_tv[ago], ago) for ago in months])


def _check_sizes(seed: int, branches: int, grids: int, managers: int, customers: int, month: tuple[int, int]) -> None:
    year, number = month
    rules = [
        (seed >= 0, "seed must be 0 or more"),
        (1 <= branches <= 99, "branches must be between 1 and 99"),
        (branches <= grids, "grids must be at least as many as branches"),
        (max(grids, 3) <= managers, "managers must be at least 3 and as many as grids"),
        (20 * grids <= customers <= 9_000_000, "customers must be between 20 a grid and 9,000,000"),
        (1970 < year < 2100 and 1 <= number <= 12, "month must be (year, month) after 1970 and before 2100"),
    ]
    wrong = [message for holds, message in rules if not holds]
    if wrong:
        raise ValueError("; ".join(wrong))
