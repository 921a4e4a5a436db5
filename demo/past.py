"""The synthetic town's half year before the played month, and the truth it leaves."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from demo.answers import DRAWS, happen
from demo.nature import Nature, desire, first_holdings, neighbours_share, other_desires
from demo.people import People
from demo.records import (
    HISTORY_MONTHS,
    Contacts,
    Orders,
    calls_feed,
    history_feed,
    holdings_feed,
    orders_feed,
)
from demo.truth import MAIN, NEVER_CALLS, PRODUCTS, Truth, product_column

MEAN_CHANCE = {"BB500": 0.07, "FT01": 0.05, "TV01": 0.06, "RT01": 0.08}
MAIN_COLUMN = product_column(MAIN)

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Past:
    """Feeds of what happened before the played month; `held_before` (n, p) was held before it all."""

    contact_history: pl.DataFrame
    calls: pl.DataFrame
    orders: pl.DataFrame
    holdings: pl.DataFrame
    held_before: Flags
    truth: Truth


def make_past(seed: int, nature: Nature, people: People, numbers: pl.Series, *, contacts: int) -> Past:
    """Play the half year; ValueError when there are fewer customers to contact than `contacts`."""
    rng = np.random.default_rng([seed, 9])
    n = len(nature.grid)
    bad_phone = rng.random(n) < 0.02
    reach = np.where(bad_phone, 0, rng.beta(9, 2.6, n))
    sure = rng.random(n) < 0.008  # they would come to the shop anyway
    before = first_holdings(nature)
    share = neighbours_share(nature, before[:, MAIN_COLUMN])
    free = ~before[:, MAIN_COLUMN]
    level = _level(desire(nature, 0, share)[free], reach[free], MEAN_CHANCE[MAIN])
    planned = _contacts(rng, nature, people, before, contacts)
    chance = np.stack([_chance(desire(nature, ago, share) + level) for ago in range(HISTORY_MONTHS + 1)])
    drawn = _play(rng, planned, people, chance, reach, bad_phone, sure)
    orders = _orders(rng, nature, drawn, before, chance[0], sure)
    held = before.copy()
    lasting = np.isnat(orders.cancelled)
    held[orders.rows[lasting], orders.product[lasting]] = True
    when_reached = _played_month(nature, held, reach, level)
    truth = Truth(
        seed=seed,
        reach=reach.astype(np.float32),
        bad_phone=bad_phone,
        when_reached=when_reached.astype(np.float32),
        alone=_alone(when_reached, sure[:, None]).astype(np.float32),
        held=held,
        staff_no=people.manager_nos,
        skill=people.skill,
        honesty=people.honesty,
    )
    return Past(
        contact_history=history_feed(nature, people, numbers, drawn),
        calls=calls_feed(people, numbers, drawn),
        orders=orders_feed(people, numbers, orders),
        holdings=holdings_feed(rng, nature, numbers, before, orders),
        held_before=before,
        truth=truth,
    )


def _chance(log_odds: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-log_odds))


def _level(log_odds: Numbers, reach: Numbers, mean: float) -> float:
    """The constant that makes the mean chance of an attempt, not of a talk, equal to `mean` (bisection)."""
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if (reach * _chance(log_odds + middle)).mean() > mean else (middle, high)
    return low


def _alone(when_reached: Numbers, sure: Flags) -> Numbers:
    """Chance of an order by itself within three weeks: small, but for the few who had decided already."""
    return np.where(sure, np.clip(4 * when_reached, 0.05, 0.3), 0.05 * when_reached + 0.001)


def _played_month(nature: Nature, held: Flags, reach: Numbers, main_level: float) -> Numbers:
    log_odds = other_desires(nature, held)
    share = neighbours_share(nature, held[:, MAIN_COLUMN])
    for column, code in enumerate(PRODUCTS):
        free = ~held[:, column]
        log_odds[:, column] += _level(log_odds[free, column], reach[free], MEAN_CHANCE[code])
    log_odds[:, MAIN_COLUMN] = desire(nature, 0, share) + main_level
    return _chance(log_odds)


def _contacts(
    rng: np.random.Generator, nature: Nature, people: People, held: Flags, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.datetime64], NDArray[np.int64]]:
    """Rows, months ago, times and managers of the contacts: nets cast towards high fees, nobody twice."""
    free = np.flatnonzero(~held[:, MAIN_COLUMN] & (nature.tenure > HISTORY_MONTHS))
    if count > len(free):
        raise ValueError(f"contacts must be at most {len(free)} (the customers without the product), not {count}")
    fee = nature.fee[free]
    key = rng.gumbel(size=len(free)) + 0.3 * (fee - fee.mean()) / fee.std()
    rows = rng.permutation(free[np.argsort(-key, kind="stable")[:count]])
    ago = rng.integers(1, HISTORY_MONTHS + 1, count)
    # From the 2nd to the 24th: every order and cancellation that follows lies before the played month.
    day = (nature.month - ago).astype("datetime64[D]") + rng.integers(1, 23, count)
    day += np.where((day.astype(np.int64) + 4) % 7 == 0, 1, 0)  # no contacts on Sundays
    times = day.astype("datetime64[s]") + rng.integers(9 * 3600, 19 * 3600, count)
    grids, managers = len(people.grid_codes), len(people.manager_nos)
    in_grid = (managers - nature.grid[rows] - 1) // grids + 1
    anyone = nature.grid[rows] + grids * (rng.random(count) * in_grid).astype(np.int64)
    staff = np.where(nature.owner[rows] >= 0, nature.owner[rows], anyone)
    order = np.lexsort((rows, times))
    return rows[order], ago[order], times[order], staff[order]


def _play(
    rng: np.random.Generator,
    contacts: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.datetime64], NDArray[np.int64]],
    people: People,
    chance: Numbers,
    reach: Numbers,
    bad_phone: Flags,
    sure: Flags,
) -> Contacts:
    rows, ago, times, staff = contacts
    control = rng.random(len(rows)) < 0.05
    draws = rng.random((len(rows), DRAWS))
    likely = chance[ago, rows]
    it = happen(
        draws,
        called=~control & (people.honesty[staff] != NEVER_CALLS),
        reach=reach[rows],
        bad_phone=bad_phone[rows],
        when_reached=likely,
        alone=_alone(likely, sure[rows]),
        skill=people.skill[staff],
    )
    return Contacts(rows, ago, times, staff, control, it, draws[:, 5])


def _orders(rng: np.random.Generator, nature: Nature, past: Contacts, held: Flags, chance: Numbers, sure: Flags) -> Orders:
    """Orders after contacts, and those of customers nobody contacted; 3 in 100 are cancelled."""
    won = np.flatnonzero(past.it.ordered)
    likely = np.full(held.shape, 0.02)
    likely[:, MAIN_COLUMN] = 3 * _alone(chance, sure)
    likely[past.rows, MAIN_COLUMN] = 0
    likely[nature.tenure <= HISTORY_MONTHS] = 0
    rows, product = np.nonzero((rng.random(held.shape) < likely) & ~held)
    days = ((nature.month.astype("datetime64[D]")) - (nature.month - HISTORY_MONTHS)).astype(np.int64)
    start = (nature.month - HISTORY_MONTHS).astype("datetime64[s]")
    times = start + (rng.random(len(rows)) * (days - 6) * 86_400).astype(np.int64)
    all_times = np.concatenate([past.times[won] + past.it.delay[won], times])
    all_rows = np.concatenate([past.rows[won], rows])
    order = np.lexsort((all_rows, all_times))
    cancelled = all_times + rng.integers(3_600, 36 * 3_600, len(all_times))
    cancelled[rng.random(len(all_times)) > 0.03] = np.datetime64("NaT")
    seller = np.where(past.it.reached[won], past.staff[won], -1)
    return Orders(
        rows=all_rows[order],
        product=np.concatenate([np.full(len(won), MAIN_COLUMN), product])[order],
        times=all_times[order],
        staff=np.concatenate([seller, np.full(len(rows), -1)])[order],
        cancelled=cancelled[order],
    )
