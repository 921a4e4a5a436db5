"""What a list may be expected to bring, with an interval (pure).

Successes. Each contact succeeds by its calibrated probability p, independently: a Poisson binomial sum of mean E = sum(p) and
variance sum(p (1 - p)) (Le Cam 1960). The probabilities themselves may all be off by one factor, because they were calibrated
on D successes only: the observed over the expected of a calibration is known to within a relative error of 1 / sqrt(D) (the
standard error of a ratio of a Poisson count, Breslow and Day 1987, "Statistical methods in cancer research II", 2.4). So

    variance = sum(p (1 - p)) + E^2 / D        interval = E +- 1.645 sqrt(variance), within 0 and the number of contacts

which covers 90 % where E is not tiny (below some 5 the normal law is only rough).

Money. Each success is worth v_i: gross = sum(p_i v_i), variance = sum(p_i (1 - p_i) v_i^2) + gross^2 / D. p is the probability
that a contact changes (the uplift) where the ranker foretells it, as the value of a target has it.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NORMAL_90 = 1.6448536269514722


@dataclass(frozen=True)
class Expected:
    """An expectation and the interval that holds it with 90 %."""

    expected: float
    low: float
    high: float


def expected_successes(probability: Floats, *, calibrated_on: int) -> Expected:
    """Successes of contacts with these probabilities. calibrated_on: successes that the calibration rests on."""
    found = _expect(probability, np.ones(len(probability)), calibrated_on)
    return Expected(found.expected, max(found.low, 0.0), min(found.high, float(len(probability))))


def expected_gross(probability: Floats, worth: float, *, calibrated_on: int) -> Expected:
    """Money of the same contacts, each success worth `worth`, before their cost."""
    return _expect(probability, np.full(len(probability), worth), calibrated_on)


def _expect(probability: Floats, worth: Floats, calibrated_on: int) -> Expected:
    chance = np.clip(np.abs(probability), 0.0, 1.0)
    mean = float(probability @ worth)
    variance = float((chance * (1 - chance)) @ worth**2) + mean**2 / max(calibrated_on, 1)
    width = NORMAL_90 * sqrt(variance)
    return Expected(mean, mean - width, mean + width)
