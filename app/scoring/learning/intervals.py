"""How sure a figure is: intervals of 95 % for AUC, lift and calibration error, and for the difference of two rankers.

A row counts as one independent observation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.evaluate import Labels, Scores, Weights, calibration_error, precision_at_k

NORMAL_95 = 1.959964
RESAMPLES = 400
MOST_DRAWN = 40_000_000  # rows drawn in all: with very many rows fewer resamples say enough


@dataclass(frozen=True)
class Interval:
    """An estimate between its bounds."""

    estimate: float
    low: float
    high: float


def auc_interval(labels: Labels, scores: Scores, *, weights: Weights | None = None) -> Interval:
    """AUC with the interval of DeLong, DeLong, Clarke-Pearson 1988, kept within 0 and 1. Needs both outcomes (ValueError)."""
    auc, influence = _auc_influence(labels, scores, weights)
    error = NORMAL_95 * float(np.sqrt(np.sum(influence**2)))
    return Interval(auc, max(0.0, auc - error), min(1.0, auc + error))


def paired_auc_difference(labels: Labels, a: Scores, b: Scores, *, weights: Weights | None = None) -> Interval:
    """AUC of `a` less AUC of `b` on the same rows, by DeLong's covariance: what both share does not widen the interval.

    `a` is better where `low` is above 0, not worse than by a margin d where `low` is above -d. Needs both outcomes (ValueError).
    """
    (first, one), (second, other) = _auc_influence(labels, a, weights), _auc_influence(labels, b, weights)
    error = NORMAL_95 * float(np.sqrt(np.sum((one - other) ** 2)))
    return Interval(first - second, first - second - error, first - second + error)


def lift_interval(
    labels: Labels, scores: Scores, *, seed: int, list_size: int | None = None, weights: Weights | None = None
) -> Interval:
    """Lift of the best `list_size` rows (default a tenth) with its percentile bootstrap interval (Efron 1979).

    The list of a resample is as long a share of it. Needs a positive (ValueError).
    """
    if not labels.any():
        raise ValueError("expected at least one positive")
    share = (list_size or max(1, labels.size // 10)) / labels.size
    labels, scores, weights = _best_first(labels, scores, weights)

    def lift(rows: NDArray[np.int64]) -> float:
        weight = None if weights is None else weights[rows]
        base = float(np.average(labels[rows], weights=weight))
        listed = max(1, round(share * rows.size))
        return precision_at_k(labels[rows], scores[rows], listed, weights=weight) / base if base else 0.0

    return _bootstrap(lift, labels.size, seed)


def calibration_interval(labels: Labels, scores: Scores, *, seed: int, weights: Weights | None = None) -> Interval:
    """Expected calibration error with its percentile bootstrap interval, moved so that its middle is the estimate: each
    resample adds noise, which this figure, a sum of absolute values, takes for error."""

    labels, scores, weights = _best_first(labels, scores, weights)

    def error(rows: NDArray[np.int64]) -> float:
        return calibration_error(labels[rows], scores[rows], weights=None if weights is None else weights[rows])

    return _bootstrap(error, labels.size, seed, centred=True)


def _best_first(labels: Labels, scores: Scores, weights: Weights | None) -> tuple[Labels, Scores, Weights | None]:
    """In the order of the scores, which resamples keep: sorting what is sorted takes no time."""
    order = np.argsort(-scores, kind="stable")
    return labels[order], scores[order], None if weights is None else weights[order]


def _bootstrap(figure: Callable[[NDArray[np.int64]], float], rows: int, seed: int, *, centred: bool = False) -> Interval:
    draws = np.random.default_rng(seed)
    resamples = max(50, min(RESAMPLES, MOST_DRAWN // max(1, rows)))
    found = [figure(np.sort(draws.integers(0, rows, rows))) for _ in range(resamples)]
    low, middle, high = np.quantile(found, [0.025, 0.5, 0.975])
    estimate = figure(np.arange(rows))
    moved = estimate - middle if centred else 0.0
    return Interval(estimate, max(0.0, float(low + moved)), float(high + moved))


def _auc_influence(labels: Labels, scores: Scores, weights: Weights | None) -> tuple[float, NDArray[np.float64]]:
    """AUC and what each row adds to its error; the sum of squares is DeLong's variance.

    A positive's placement is the weighted share of negatives below it, ties for a half; a negative's that of positives above.
    """
    weight = np.ones(labels.size) if weights is None else weights
    positive = labels == 1
    if not 0 < positive.sum() < labels.size:
        raise ValueError("expected both outcomes")
    placement = np.empty(labels.size)
    placement[positive] = _share_below(scores[positive], scores[~positive], weight[~positive])
    placement[~positive] = 1 - _share_below(scores[~positive], scores[positive], weight[positive])
    auc = float(np.average(placement[positive], weights=weight[positive]))
    influence = np.empty(labels.size)
    for part in (positive, ~positive):
        free = max(1, int(part.sum()) - 1)  # as DeLong: the variance is divided by one less than the number of rows
        influence[part] = weight[part] / weight[part].sum() * (placement[part] - auc) * np.sqrt(part.sum() / free)
    return auc, influence


def _share_below(values: Scores, others: Scores, weight: Weights) -> NDArray[np.float64]:
    """Per value the weighted share of `others` below it, those equal to it counted for a half."""
    order = np.argsort(others, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    below, upto = (np.searchsorted(others[order], values, side=side) for side in ("left", "right"))
    return np.asarray((total[below] + total[upto]) / 2 / total[-1], dtype=np.float64)
