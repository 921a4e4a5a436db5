"""What a random list would have come to: as many customers, worked by the same people on the same days, in the hidden truth."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from demo.answers import CALLBACK, DRAWS, INTERESTED, NOT_REACHED, OUTCOMES, contact_rng, happen
from demo.contacts import AGAIN_AFTER, ATTEMPTS, CALLBACK_DAYS, Contact
from demo.truth import MAIN, NEVER_CALLS, Truth, product_column

REPEATS = 40  # random lists that are averaged


def random_list_successes(truth: Truth, size: int, contacts: Sequence[Contact], *, last_day: date, seed: int) -> float:
    """Mean number of buyers of `size` customers drawn at random among those without the product.

    Each stands in for one who was contacted: the same manager on the same first day, tried again by the same rules until
    `last_day`, as `contacts` tell of the real list.
    """
    rng = contact_rng(seed, "random list")
    firsts = {one.customer_no: one for one in reversed(contacts)}.values()
    if not firsts or not size:
        return 0.0
    staff = np.array([truth.staff_row(one.staff_no) for one in firsts])
    day = np.array([(last_day - date.fromisoformat(one.day)).days for one in firsts])
    pool = np.flatnonzero(~truth.held[:, product_column(MAIN)])
    totals = []
    for _ in range(REPEATS):
        turn = rng.integers(len(staff), size=size)
        rows = rng.choice(pool, size, replace=size > len(pool))
        totals.append(_play(truth, rng, rows, staff[turn], day[turn]))
    return float(np.mean(totals))


def _play(
    truth: Truth, rng: np.random.Generator, rows: NDArray[np.int64], staff: NDArray[np.int64], left: NDArray[np.int64]
) -> int:
    """How many buy; `left` are the days that remain after the first attempt."""
    column, bought = product_column(MAIN), 0
    wait = np.full(len(OUTCOMES), 1_000)
    wait[[NOT_REACHED, INTERESTED]] = [AGAIN_AFTER[OUTCOMES[code]] for code in (NOT_REACHED, INTERESTED)]
    for _ in range(ATTEMPTS):
        it = happen(
            rng.random((len(rows), DRAWS)),
            called=truth.honesty[staff] != NEVER_CALLS,
            reach=truth.reach[rows],
            bad_phone=truth.bad_phone[rows],
            when_reached=truth.when_reached[rows, column],
            alone=truth.alone[rows, column],
            skill=truth.skill[staff],
        )
        bought += int(it.ordered.sum())
        agreed = rng.integers(*CALLBACK_DAYS, size=len(rows))
        left = left - np.where(it.outcome == CALLBACK, agreed, wait[it.outcome])
        again = ~it.ordered & (left >= 0)
        rows, staff, left = rows[again], staff[again], left[again]
    return bought
