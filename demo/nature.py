"""The customers of the synthetic town: who they are, what is measured monthly, what they would buy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from demo.people import MIXED, NEW, OLD, People
from demo.truth import PRODUCTS, product_column

SNAPSHOTS = 7  # the played month's first day and the six months before it
NEVER = 999  # the warehouse's sentinel for "has never complained"
HOUSE = 8  # customers to a building: neighbours hear of what neighbours bought
CONTRACTS, DEVICES = ("none", "12m", "24m"), ("low", "mid", "high")

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Nature:
    """n customers, sorted by grid and building. Months are counted back from the played one (0 = played)."""

    seed: int
    month: np.datetime64
    grid: Rows
    owner: Rows  # row of a manager of the same grid, -1 for nobody
    kind: Rows
    age: Numbers
    household: Rows
    tenure: Rows  # whole months at the played month's first day
    opened: NDArray[np.datetime64]  # day
    mbps: Rows  # 0 = no fibre yet
    fee: Numbers
    gigabytes: Numbers
    curiosity: Numbers  # expected speed tests in 30 days
    device: Rows
    contract: Rows
    contract_end: Rows  # months from the played month to the contract's end; only where contract > 0
    complained: NDArray[np.datetime64]  # day, NaT = never
    router_age: Numbers
    house_taste: Numbers
    hidden_taste: Numbers  # what no column shows
    ties: NDArray[np.int64]  # (t, 2) rows
    tie_weight: Numbers


def make_nature(seed: int, people: People, *, customers: int, month: np.datetime64) -> Nature:
    """Draw the customers; old grids hold long-standing families, new ones young and recent households."""
    rng = np.random.default_rng([seed, 2])
    grids = len(people.grid_codes)
    grid = np.sort(rng.choice(grids, customers, p=rng.dirichlet(np.full(grids, 40.0))))
    kind = people.grid_kind[grid]
    age = np.clip(rng.normal(np.array([54, 45, 36])[kind], 13), 18, 90).round()
    household = 1 + rng.binomial(5, np.array([0.25, 0.32, 0.38])[kind])
    tenure = 1 + rng.gamma(2.0, np.array([38, 24, 9])[kind]).astype(np.int64)
    speed = rng.choice([50, 100, 200, 300], customers, p=[0.2, 0.4, 0.3, 0.1])
    mbps = np.where(rng.random(customers) < 0.1, 0, speed)
    contract = rng.choice(3, customers, p=[0.35, 0.4, 0.25])
    complaint_age = rng.integers(1, 540, customers)
    complained = month.astype("datetime64[D]") - complaint_age
    opened = (month - tenure).astype("datetime64[D]") + rng.integers(0, 28, customers)
    complained[(rng.random(customers) > 0.14) | (complained <= opened)] = np.datetime64("NaT")
    ties, weight = _ties(rng, grid)
    return Nature(
        seed=seed,
        month=month,
        grid=grid,
        owner=_owners(rng, grid, grids, len(people.manager_nos)),
        kind=kind,
        age=age,
        household=household,
        tenure=tenure,
        opened=opened,
        mbps=mbps,
        fee=(29 + 0.18 * mbps + 14 * household + rng.gamma(2, 12, customers)).round(2),
        gigabytes=rng.lognormal(4.2, 0.75, customers) * (0.6 + 0.2 * household),
        curiosity=rng.gamma(0.45, 1.9, customers),
        device=rng.choice(3, customers, p=[0.4, 0.4, 0.2]),
        contract=contract,
        contract_end=rng.integers(0, np.array([1, 12, 24])[contract] + 1),
        complained=complained,
        router_age=rng.gamma(2.2, 14, customers).round(),
        house_taste=rng.normal(0, 0.8, customers // HOUSE + 1)[np.arange(customers) // HOUSE],
        hidden_taste=rng.normal(0, 0.35, customers),
        ties=ties,
        tie_weight=weight,
    )


def _owners(rng: np.random.Generator, grid: Rows, grids: int, managers: int) -> Rows:
    """85 in 100 customers have an owner, drawn from the managers of their own grid."""
    in_grid = (managers - grid - 1) // grids + 1
    owner = grid + grids * (rng.random(len(grid)) * in_grid).astype(np.int64)
    return np.where(rng.random(len(grid)) < 0.85, owner, -1)


def _ties(rng: np.random.Generator, grid: Rows) -> tuple[NDArray[np.int64], Numbers]:
    """Two or three links to people close by in the same grid; each pair once, lower row first."""
    n = len(grid)
    one = np.repeat(np.arange(n), 2)
    other = one + rng.integers(1, HOUSE, len(one))
    keep = (other < n) & (rng.random(len(one)) < 0.8)
    one, other = one[keep], other[keep]
    same = grid[one] == grid[other]
    pairs = np.unique(one[same] * n + other[same])
    return np.column_stack([pairs // n, pairs % n]), (0.2 + 0.8 * rng.random(len(pairs))).round(2)


def neighbours_share(nature: Nature, held: Flags) -> Numbers:
    """(n) weighted share of a customer's ties who hold a product; 0 for who has no ties."""
    n, (one, other), weight = len(nature.grid), nature.ties.T, nature.tie_weight
    total = np.bincount(one, weight, n) + np.bincount(other, weight, n)
    having = np.bincount(one, weight * held[other], n) + np.bincount(other, weight * held[one], n)
    return having / np.maximum(total, 1e-9)


def figures(nature: Nature, ago: int) -> dict[str, NDArray[Any]]:
    """What is true of every customer on the first of the month `ago` months before the played one."""
    rng = np.random.default_rng([nature.seed, 3, ago])
    n = len(nature.grid)
    day = (nature.month - ago).astype("datetime64[D]")
    since = (day - nature.complained).astype(np.float64)
    left = nature.contract_end + ago
    span = np.array([1, 12, 24])[nature.contract]
    return {
        "tenure_months": nature.tenure - ago,
        "gigabytes": (nature.gigabytes * 0.98**ago * rng.lognormal(0, 0.12, n)).round(1),
        "speed_tests": rng.poisson(nature.curiosity),
        "since_complaint": np.where(since > 0, since, NEVER),
        "contract_left": np.where(nature.contract > 0, (left - 1) % span + 1, -1),
        "router_age": np.maximum(nature.router_age - ago, 0),
        "late": rng.random(n) < 0.06,
        "roaming": rng.poisson(0.4, n),
    }


def snapshot(nature: Nature, numbers: pl.Series, has_tv: Flags, ago: int) -> pl.DataFrame:
    """The `features` rows of one day: with a constant column, missing values and a sentinel."""
    rng, now, n = np.random.default_rng([nature.seed, 4, ago]), figures(nature, ago), len(nature.grid)
    no_device = rng.random(n) < 0.08
    frame = pl.DataFrame(
        {
            "snapshot_date": pl.repeat((nature.month - ago).astype("datetime64[D]").item(), n, eager=True),
            "customer_no": numbers,
            "tenure_months": now["tenure_months"].astype(np.int32),
            "age": _whole(nature.age, missing=rng.random(n) < 0.03),
            "household_size": nature.household.astype(np.int32),
            "monthly_fee": nature.fee,
            "data_gb": now["gigabytes"],
            "bandwidth_mbps": nature.mbps.astype(np.int32),
            "speed_tests_30d": now["speed_tests"].astype(np.int32),
            "days_since_complaint": now["since_complaint"].astype(np.int32),
            "router_age_months": _whole(now["router_age"], missing=rng.random(n) < 0.15),
            "months_to_contract_end": _whole(now["contract_left"], missing=now["contract_left"] < 0),
            "contract": words(nature.contract, CONTRACTS),
            "device_tier": words(nature.device, DEVICES),
            "has_tv": has_tv,
            "late_payer": now["late"],
            "roaming_days": now["roaming"].astype(np.int32),
            "billing_system": pl.repeat("SYN-BSS", n, eager=True),
        }
    )
    device = pl.when(pl.lit(pl.Series(no_device))).then(None).otherwise(pl.col("device_tier"))
    return frame.with_columns(device.alias("device_tier")).filter(pl.col("tenure_months") > 0)


def words(codes: NDArray[np.integer], names: tuple[str, ...]) -> pl.Series:
    """The name of each code, as an Enum (a code is an index into `names`)."""
    return pl.Series(names, dtype=pl.Enum(names)).gather(codes)


def _whole(values: NDArray[Any], *, missing: Flags) -> pl.Series:
    return pl.Series(np.where(missing, np.nan, values.astype(np.float64))).fill_nan(None).cast(pl.Int32)


def desire(nature: Nature, ago: int, share: Numbers) -> Numbers:
    """(n) log-odds, up to a constant, that a customer reached for the main product buys it."""
    now = figures(nature, ago)
    load = np.log(now["gigabytes"].astype(np.float64) / np.maximum(nature.mbps, 50))
    squeezed = np.exp(-(((load - 0.4) / 0.7) ** 2))  # too little use needs no speed, very heavy use has cable
    ending = (now["contract_left"] >= 0) & (now["contract_left"] <= 3)
    testing = np.minimum(now["speed_tests"].astype(np.float64), 3)
    modern = (nature.device == DEVICES.index("high")) & (nature.household >= 3)
    return (
        1.9 * squeezed
        + 0.75 * testing * np.where(squeezed > 0.4, 1.0, 0.45)
        + 1.3 * ending
        + 1.1 * modern
        - 1.4 * (now["since_complaint"] < 75)
        + 0.6 * ((nature.age >= 25) & (nature.age <= 45))
        - 1.0 * (now["tenure_months"].astype(np.float64) < 8)
        + 1.5 * np.sqrt(share)
        - 2.5 * (nature.mbps == 0)
        + np.array([-0.5, 0.0, 0.45])[nature.kind]
        + nature.hidden_taste
    )


def other_desires(nature: Nature, held: Flags) -> Numbers:
    """(n, p) log-odds up to constants of the products besides the main one, in the played month."""
    now = figures(nature, 0)
    ending = (now["contract_left"] >= 0) & (now["contract_left"] <= 2)
    angry = now["since_complaint"] < 90
    z = np.zeros(held.shape)
    z[:, product_column("FT01")] = 0.9 * (nature.kind == NEW) + 0.4 * nature.household - 0.02 * nature.age
    z[:, product_column("TV01")] = 0.5 * nature.household + 0.03 * nature.age - 0.3 * (nature.mbps < 100)
    z[:, product_column("RT01")] = 1.8 * ending + 0.8 * angry + 0.3 * (nature.kind == OLD)
    return z + nature.hidden_taste[:, None]


def first_holdings(nature: Nature) -> Flags:
    """(n, p) what is held before the history begins: old grids are saturated, buildings buy alike."""
    rng = np.random.default_rng([nature.seed, 5])
    held = np.zeros((len(nature.grid), len(PRODUCTS)), dtype=bool)
    held[:, product_column("FT01")] = nature.mbps > 0
    level = np.select([nature.kind == OLD, nature.kind == MIXED], [-0.8, -1.7], -2.9)
    chance = 1 / (1 + np.exp(-(level + nature.house_taste)))
    held[:, product_column("BB500")] = (rng.random(len(chance)) < chance) & (nature.mbps > 0)
    held[:, product_column("TV01")] = rng.random(len(chance)) < np.array([0.45, 0.35, 0.2])[nature.kind]
    held[:, product_column("RT01")] = rng.random(len(chance)) < 0.05
    return held
