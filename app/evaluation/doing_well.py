"""Who and what did well (pure): managers and talk tracks by what came against what was to be expected of their customers.

Small groups vary widely by chance, so none is ranked by what it had alone. Each index is drawn towards the campaign's own by the
weight of k expected successes; all groups together are asked first whether they differ more than chance makes them; and only
then a group stands out whose interval, corrected for the number of groups (Bonferroni), leaves the campaign's own index out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from app.evaluation.intervals import LEVEL, index_of

PRIOR = 5.0  # k, expected successes: that of the default points plan
FEWEST_EXPECTED = 5.0  # below, a group takes no part in the test of all
DIFFER = 0.05


@dataclass(frozen=True)
class Group:
    """What a manager, or a talk track, was given and brought; shared credit counts as that part. expected: sum of the scores."""

    name: str
    orders: float
    successes: float
    expected: float


@dataclass(frozen=True)
class Placed:
    """A group with its index, 95 % interval and verdict: above, below, as (all), or silent where too little was expected."""

    name: str
    orders: float
    successes: float
    expected: float
    index: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class Ranking:
    """The groups, best first. ratio: successes against expected of all (m). p: how often chance alone makes the `tested` groups
    differ so much, or more; None where fewer than two could be tested. differ: it is less than 5 %."""

    ratio: float
    tested: int
    p: float | None
    differ: bool
    groups: tuple[Placed, ...]


def rank_groups(groups: Sequence[Group]) -> Ranking:
    """Indices with shrinkage and interval, and whether the differences are more than noise."""
    actual, expected, orders = (np.array([getattr(g, key) for g in groups], float) for key in ("successes", "expected", "orders"))
    total = float(expected.sum())
    ratio = float(actual.sum()) / total if total else 1.0
    tested = ratio * expected >= FEWEST_EXPECTED
    p = _noise(actual[tested], expected[tested], orders[tested])
    differ = p is not None and p < DIFFER
    level = 1 - (1 - LEVEL) / max(int(tested.sum()), 1)
    index = index_of(actual, expected, ratio=ratio, prior=PRIOR)
    corrected = index_of(actual, expected, ratio=ratio, prior=PRIOR, level=level)
    placed = []
    for place, group in enumerate(groups):
        verdict = "as" if tested[place] else "silent"
        if differ and tested[place]:
            verdict = "above" if corrected.low[place] > ratio else "below" if corrected.high[place] < ratio else "as"
        middle, low, high = (float(one[place]) for one in index)
        placed.append(Placed(group.name, group.orders, group.successes, group.expected, middle, low, high, verdict))
    ordered = tuple(sorted(placed, key=lambda one: (-one.index, one.name)))
    return Ranking(ratio, int(tested.sum()), p, differ, ordered)


def _noise(actual: np.ndarray, expected: np.ndarray, orders: np.ndarray) -> float | None:
    """Chi-square of K. Pearson (1900) against expectations in proportion to the promised, with binomial variances."""
    if len(actual) < 2:
        return None
    mean = actual.sum() / expected.sum() * expected
    rate = np.minimum(mean / np.maximum(orders, 1.0), 0.99)
    return float(chdtrc(len(actual) - 1, ((actual - mean) ** 2 / (mean * (1 - rate))).sum()))
