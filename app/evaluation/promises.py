"""What was promised against what came (pure): by band of the probabilities frozen at dispatch, and of the explored."""

from dataclasses import dataclass

import numpy as np

from app.evaluation.facts import Bools, Counted, Facts
from app.evaluation.funnel import judged_orders
from app.evaluation.intervals import promised_range, share_interval
from app.evaluation.looks import bands_of

BANDS = 10
FEWEST_EXPECTED = 10.0  # successes; with fewer promised a comparison says nothing


@dataclass(frozen=True)
class Band:
    """Work orders of about one probability: the mean promised, and the share that came with its interval."""

    orders: int
    promised: float
    successes: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class Promise:
    """All of some work orders: successes promised, between what chance alone would let them fall, and those that came.

    verdict: kept, more (came than chance allows), fewer; silent: too little was promised.
    """

    orders: int
    expected: float
    expected_low: float
    expected_high: float
    successes: int
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    verdict: str


@dataclass(frozen=True)
class Calibration:
    """The work orders taken by score, and, beside them, those drawn by chance from below the list (the explored)."""

    ranked: Promise
    bands: tuple[Band, ...]
    explored: Promise


def calibrate(facts: Facts) -> Calibration:
    """Of the work orders that count, so that promise and outcome are of the same customers."""
    judged = judged_orders(facts)
    ranked = judged & ~facts.explored
    return Calibration(promise_of(facts, ranked), _bands(facts, ranked), promise_of(facts, judged & facts.explored))


def promise_of(facts: Facts, rows: Bools) -> Promise:
    """Promised and come of these work orders."""
    orders, successes = int(rows.sum()), int((rows & (facts.counted == Counted.SUCCESS)).sum())
    expected = promised_range(facts.score[rows])
    rate, low, high = (float(one) if orders else None for one in share_interval(successes, orders))
    verdict = "kept"
    if expected.estimate < FEWEST_EXPECTED:
        verdict = "silent"
    elif successes > expected.high:
        verdict = "more"
    elif successes < expected.low:
        verdict = "fewer"
    return Promise(orders, expected.estimate, expected.low, expected.high, successes, rate, low, high, verdict)


def _bands(facts: Facts, rows: Bools) -> tuple[Band, ...]:
    band, edges = bands_of(facts.score, rows, bands=BANDS)
    found = []
    for place in reversed(range(len(edges))):
        inside = rows & (band == place)
        orders, successes = int(inside.sum()), int((inside & (facts.counted == Counted.SUCCESS)).sum())
        rate, low, high = (float(one) for one in share_interval(successes, orders))
        found.append(Band(orders, float(np.mean(facts.score[inside])), successes, rate, low, high))
    return tuple(found)


def promise_ratio(found: Promise) -> float:
    """Successes / what the frozen probabilities promised; 1: as promised."""
    return found.successes / found.expected
