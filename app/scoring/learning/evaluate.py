"""How good scores are: order, list quality and honesty of the probabilities. Figures from scikit-learn where it has them.

Everywhere `labels` (n,) are 0 or 1, `scores` (n,) calibrated probabilities, `weights` (n,) above 0, all 1 when left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int8]
Scores = NDArray[np.float64]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """Figures of one set of scores. Undefined ones (one outcome only) are None. `base_rate` is what a random list finds.

    `rows`, `positives` and `list_size` count rows; every other figure is weighted.
    """

    rows: int
    positives: int
    base_rate: float
    auc: float | None
    average_precision: float | None
    list_size: int
    precision_at_list: float
    lift_at_list: float | None
    calibration_error: float
    brier: float
    log_loss: float


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of nearly the same score: what was promised (`score`, the mean) and what came (`rate`, the share of positives)."""

    rows: int
    weight: float
    score: float
    rate: float


@dataclass(frozen=True)
class LiftPoint:
    """The best `share` of all rows: its positives over those of a random list (`lift`), and which share it finds (`gain`)."""

    share: float
    lift: float
    gain: float


def evaluate(labels: Labels, scores: Scores, *, list_size: int | None = None, weights: Weights | None = None) -> Evaluation:
    """Judge `scores` against `labels`.

    `list_size` is the length of the list judged, default a tenth of the rows. AUC: Hanley and McNeil 1982; average
    precision: scikit-learn's sum of precision x recall step; Brier: Brier 1950. Raises ValueError on an empty set.
    """
    from sklearn import metrics  # a second to import, which only those pay who train

    if not labels.size or labels.size != scores.size:
        raise ValueError("expected as many scores as labels, at least one")
    k = min(labels.size, list_size or max(1, labels.size // 10))
    positives = int(labels.sum())
    both = 0 < positives < labels.size
    base_rate = float(np.average(labels, weights=weights))
    precision = precision_at_k(labels, scores, k, weights=weights)
    return Evaluation(
        rows=labels.size,
        positives=positives,
        base_rate=base_rate,
        auc=float(metrics.roc_auc_score(labels, scores, sample_weight=weights)) if both else None,
        average_precision=float(metrics.average_precision_score(labels, scores, sample_weight=weights)) if both else None,
        list_size=k,
        precision_at_list=precision,
        lift_at_list=precision / base_rate if positives else None,
        calibration_error=calibration_error(labels, scores, weights=weights),
        brier=float(metrics.brier_score_loss(labels, scores, sample_weight=weights)),
        log_loss=float(metrics.log_loss(labels, scores, labels=[0, 1], sample_weight=weights)),
    )


def precision_at_k(labels: Labels, scores: Scores, k: int, *, weights: Weights | None = None) -> float:
    """Share of positives in the k highest scores; of equal scores the earlier row goes first. Lift is this over base rate."""
    best = np.argsort(-scores, kind="stable")[:k]
    return float(np.average(labels[best], weights=None if weights is None else weights[best]))


def calibration_error(
    labels: Labels, scores: Scores, *, bins: int = 10, equal_width: bool = False, weights: Weights | None = None
) -> float:
    """Expected calibration error: sum over bins of weight of the bin / weight of all * |mean(score) - mean(label)|.

    Naeini, Cooper, Hauskrecht 2015 (equal width); with bins of equal count, the default, as Nguyen and O'Connor 2015.
    """
    weight = np.ones(scores.size) if weights is None else weights
    bin_of = _bins(scores, bins, equal_width=equal_width)
    gaps = np.bincount(bin_of, weights=weight * (scores - labels), minlength=bins)
    return float(np.abs(gaps).sum() / weight.sum())


def reliability(labels: Labels, scores: Scores, *, bins: int = 10, weights: Weights | None = None) -> tuple[ReliabilityBin, ...]:
    """The reliability curve: bins of equal count from the lowest scores to the highest; empty bins are left out."""
    weight = np.ones(scores.size) if weights is None else weights
    bin_of = _bins(scores, bins)
    rows, total, promised, came = (
        np.bincount(bin_of, weights=values, minlength=bins)
        for values in (np.ones(scores.size), weight, weight * scores, weight * labels)
    )
    return tuple(
        ReliabilityBin(int(rows[i]), float(total[i]), float(promised[i] / total[i]), float(came[i] / total[i]))
        for i in range(bins)
        if rows[i]
    )


def lift_curve(labels: Labels, scores: Scores, *, points: int = 20, weights: Weights | None = None) -> tuple[LiftPoint, ...]:
    """Lift and gain of the best 1 / points, 2 / points ... of all rows; none where there is no positive.

    Of equal scores the earlier row goes first, as in `precision_at_k`.
    """
    weight = np.ones(scores.size) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    found, listed = np.cumsum((weight * labels)[order]), np.cumsum(weight[order])
    if not labels.any():
        return ()
    sizes = np.unique(np.maximum(1, labels.size * np.arange(1, points + 1) // points)) - 1
    gain, share = found[sizes] / found[-1], listed[sizes] / listed[-1]
    return tuple(LiftPoint(float(s), float(g / s), float(g)) for s, g in zip(share, gain, strict=True))


def _bins(scores: Scores, bins: int, *, equal_width: bool = False) -> NDArray[np.int64]:
    """Bin of every row: of equal width in the score, or of equal count by its order."""
    if equal_width:
        return np.clip((scores * bins).astype(np.int64), 0, bins - 1)
    bin_of = np.empty(scores.size, dtype=np.int64)
    bin_of[np.argsort(scores, kind="stable")] = np.arange(scores.size) * bins // scores.size
    return bin_of
