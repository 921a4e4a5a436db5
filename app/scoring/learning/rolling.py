"""Calibration that follows the latest labels: where base rates move, yesterday's level is wrong today.

Several ways compete: leave it, or fit the level (later also the slope) to the latest 50, 100 ... labels. Each is judged by how
well it foretold the labels that came since, the latest counting most, and the ways are mixed by that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.calibration import Calibration, Floats, Labels, fit_logistic, log_loss

Order = NDArray[np.int64]

WINDOWS = (50, 100, 200, 400, 1_000, 4_000)
FROM_ROWS_WITH_SLOPE = 800
STEP = 10  # rows between two fits, at least; a day is never divided
MEMORY = 200.0  # rows after which a past loss counts 1 / e
HELD_NEAR = 2.0  # rows of evidence that hold level and slope where they were
MOST_FITS = 2_000
RATE = 1.0  # how sharply the better way is preferred
ROLLED_OVER = 20_000  # rows of the past that the ways are judged on


@dataclass(frozen=True)
class Way:
    """Fit to the latest `window` labels (0: leave it) the level, or level and slope."""

    window: int
    with_slope: bool = False


WAYS = (Way(0), *(Way(w) for w in WINDOWS), *(Way(w, True) for w in WINDOWS if w >= FROM_ROWS_WITH_SLOPE))


def fit_rolling_calibration(
    margins: Floats, labels: Labels, days: Order, as_of: int, *, base: Calibration | None = None
) -> Calibration:
    """What holds for the rows of `as_of`, from rows whose labels were known before it.

    `margins`, `labels`, `days` (n,): the past in any order, days as whole numbers that rise with time, such as
    `date.toordinal()`; rows of `as_of` and later are left out. `base`: the calibration so far, default the margin itself.
    """
    base = base or Calibration(1.0, 0.0)
    order = np.argsort(days, kind="stable")
    order = order[days[order] < as_of][-ROLLED_OVER:]
    if not order.size:
        return base
    odds, seen = base.log_odds(margins[order]), labels[order]
    losses = np.zeros(len(WAYS))
    for first, last in _chunks(days[order]):
        losses = _foretell(losses, _fits(odds[:first], seen[:first]), odds[first:last], seen[first:last])
    return base.then(*_mix(losses, _fits(odds, seen)))


def roll(margins: Floats, labels: Labels, days: Order, *, base: Calibration, delay: int = 0) -> Floats:
    """Probabilities of all rows, in the order of their days, each calibrated by labels known before its own day.

    `delay`: so much after its day a label is known. Raises ValueError where `days` fall.
    """
    if (np.diff(days) < 0).any():
        raise ValueError("expected rows in the order of their days")
    odds = base.log_odds(margins)
    scores = base.apply(margins)
    losses = np.zeros(len(WAYS))
    waiting: list[tuple[int, int, Floats]] = []
    for first, last in _chunks(days):
        known = int(np.searchsorted(days, days[first] - delay, side="left"))
        while waiting and waiting[0][1] <= known:
            a, b, fits = waiting.pop(0)
            losses = _foretell(losses, fits, odds[a:b], labels[a:b])
        fits = _fits(odds[:known], labels[:known])
        waiting.append((first, last, fits))
        if losses.any():
            scores[first:last] = base.then(*_mix(losses, fits)).apply(margins[first:last])
    return scores


def _chunks(days: Order) -> Iterator[tuple[int, int]]:
    """Slices of at least STEP rows (the last may be shorter), at most some 2,000, that never divide a day."""
    step = max(STEP, days.size // MOST_FITS)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(days) > 0]))
    first = 0
    for start in starts[1:].tolist():
        if start - first >= step:
            yield first, start
            first = start
    yield first, days.size


def _fits(odds: Floats, labels: Labels) -> Floats:
    """Slope and intercept of every way (ways, 2), from the labels known."""
    return np.array([_fit(odds[-way.window :], labels[-way.window :], way) if way.window else (1.0, 0.0) for way in WAYS])


def _fit(odds: Floats, labels: Labels, way: Way) -> tuple[float, float]:
    columns = odds[:, None] if way.with_slope else np.empty((labels.size, 0))
    found = fit_logistic(columns, labels, offset=odds, towards=HELD_NEAR)
    slope = 1 + found[0] if way.with_slope else 1.0
    return (slope, found[-1]) if slope > 0 else _fit(odds, labels, Way(way.window))


def _foretell(losses: Floats, fits: Floats, odds: Floats, labels: Labels) -> Floats:
    """Discounted losses of the ways after these rows, which they had not seen."""
    new = [log_loss(slope * odds + intercept, labels) * labels.size for slope, intercept in fits]
    return np.asarray(losses * np.exp(-labels.size / MEMORY) + np.array(new), dtype=np.float64)


def _mix(losses: Floats, fits: Floats) -> tuple[float, float]:
    """One slope and intercept: the ways' own, weighted by exp(-RATE * loss) as Vovk 1990 weights experts."""
    weight = np.exp(-RATE * (losses - losses.min()))
    slope, intercept = weight @ fits / weight.sum()
    return float(slope), float(intercept)
