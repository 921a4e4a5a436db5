"""How sure a figure of a campaign is (pure): intervals of shares, of differences, of sums, and of actual against expected.

Arrays or single numbers alike. `level` is the coverage, 0..1; where several things are looked at together it is raised
(looks.py). An interval of nothing is NaN.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtri

LEVEL = 0.95
Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate between its bounds: numbers, or arrays of them."""

    estimate: Any
    low: Any
    high: Any


def share_interval(part: ArrayLike, whole: ArrayLike, *, level: float = LEVEL) -> Interval:
    """part / whole with the score interval of E. B. Wilson (1927), which keeps its coverage where little was counted."""
    part, whole, z = np.asarray(part, float), np.asarray(whole, float), _z(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, spread = part / whole, z * z / whole
        centre, half = rate + spread / 2, np.sqrt(spread * (rate * (1 - rate) + spread / 4))
        low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
    return Interval(rate, np.maximum(low, 0.0), np.minimum(high, 1.0))


def difference_interval(
    part: ArrayLike, whole: ArrayLike, other_part: ArrayLike, other_whole: ArrayLike, *, level: float = LEVEL
) -> Interval:
    """part / whole - other_part / other_whole of independent groups: R. G. Newcombe (1998), Statistics in Medicine 17, 873-890,
    method 10, the hybrid of two Wilson intervals. It holds its coverage for a small control and for rare sales, where the
    textbook's (Wald's) does not.
    """
    one = share_interval(part, whole, level=level)
    other = share_interval(other_part, other_whole, level=level)
    estimate = one.estimate - other.estimate
    below = np.sqrt((one.estimate - one.low) ** 2 + (other.high - other.estimate) ** 2)
    above = np.sqrt((one.high - one.estimate) ** 2 + (other.estimate - other.low) ** 2)
    return Interval(estimate, estimate - below, estimate + above)


def sum_interval(parts: ArrayLike, lows: ArrayLike, highs: ArrayLike) -> Interval:
    """The sum of independent estimates from their own intervals: G. Y. Zou and A. Donner (2008), Statistics in Medicine 27,
    1693-1702 (MOVER): distances to the bounds add up as squares."""
    estimate, low, high = (np.asarray(one, float) for one in (parts, lows, highs))
    total = estimate.sum()
    return Interval(total, total - np.sqrt(((estimate - low) ** 2).sum()), total + np.sqrt(((high - estimate) ** 2).sum()))


def index_of(actual: ArrayLike, expected: ArrayLike, *, ratio: float, prior: float, level: float = LEVEL) -> Interval:
    """(actual + k·m) / (expected + k), the success index (DESIGN 5): what came against what was to be expected, drawn towards
    the company's `ratio` m by the weight of `prior` k expected successes. So a group of few is near m until it shows otherwise.

    Actual successes are taken as Poisson: with the gamma prior of those k the index is gamma distributed, and the interval are
    its quantiles (the credible interval of points/success_interval.py, exactly). Orders vary less than that, by 1 - their
    probability: it is a little too wide rather than too narrow.
    """
    shape = np.asarray(actual, float) + prior * ratio
    rate = np.asarray(expected, float) + prior
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(shape > 0, gammaincinv(np.maximum(shape, 1e-9), tail) / rate, 0.0)
        high = np.where(shape > 0, gammaincinv(np.maximum(shape, 1e-9), 1 - tail) / rate, -np.log(tail) / rate)
        return Interval(shape / rate, low, high)


def promised_range(scores: ArrayLike, *, level: float = LEVEL) -> Interval:
    """How many successes calibrated probabilities promise together: their sum, and between what it falls by chance alone
    (normal, with the variance of the sum of independent draws)."""
    scores = np.asarray(scores, float)
    expected = float(scores.sum())
    half = _z(level) * float(np.sqrt((scores * (1 - scores)).sum()))
    return Interval(expected, max(expected - half, 0.0), expected + half)


def _z(level: float) -> float:
    return float(ndtri(0.5 + level / 2))
