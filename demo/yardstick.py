"""What a random list would have come to: the same number of customers, worked in the same way, in the hidden truth."""

import numpy as np
from numpy.typing import NDArray

from demo.answers import BOUGHT, DRAWS, REFUSED, WRONG_NUMBER, contact_rng, happen
from demo.contacts import ATTEMPTS
from demo.truth import MAIN, Truth, product_column

REPEATS = 40  # random lists that are averaged
_ENDS = (BOUGHT, REFUSED, WRONG_NUMBER)


def random_list_successes(truth: Truth, size: int, *, seed: int) -> float:
    """Mean number of buyers of `size` customers drawn at random among those without the product.

    Each is tried as often as the demo's managers try, by a manager drawn at random, who calls.
    """
    rng = contact_rng(seed, "random list")
    pool = np.flatnonzero(~truth.held[:, product_column(MAIN)])
    wanted = min(size, len(pool))
    bought = [_play(truth, rng, rng.choice(pool, wanted, replace=False)) for _ in range(REPEATS)]
    return float(np.mean(bought)) * (size / wanted if wanted else 0)


def _play(truth: Truth, rng: np.random.Generator, rows: NDArray[np.int64]) -> int:
    column = product_column(MAIN)
    skill = rng.choice(truth.skill, len(rows))
    bought = 0
    for _ in range(ATTEMPTS):
        it = happen(
            rng.random((len(rows), DRAWS)),
            called=np.ones(len(rows), dtype=bool),
            reach=truth.reach[rows],
            bad_phone=truth.bad_phone[rows],
            when_reached=truth.when_reached[rows, column],
            alone=truth.alone[rows, column],
            skill=skill,
        )
        bought += int(it.ordered.sum())
        left = ~it.ordered & ~np.isin(it.outcome, _ENDS)
        rows, skill = rows[left], skill[left]
    return bought
