"""How good scores are: order, list quality and honesty of the probabilities. Figures from scikit-learn where it has them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int8]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """Figures of one set of scores. Undefined ones (one outcome only) are None. `base_rate` is what a random list finds."""

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


def evaluate(labels: Labels, scores: Scores, *, list_size: int | None = None) -> Evaluation:
    """Judge calibrated probabilities `scores` (n,) against outcomes `labels` (n,) of 0 and 1.

    `list_size` is the length of the list judged, default a tenth of the rows. AUC: Hanley and McNeil 1982; average
    precision: scikit-learn's sum of precision x recall step; Brier: Brier 1950. Raises ValueError on an empty set.
    """
    from sklearn import metrics  # a second to import, which only those pay who train

    if not labels.size or labels.size != scores.size:
        raise ValueError("expected as many scores as labels, at least one")
    k = min(labels.size, list_size or max(1, labels.size // 10))
    positives = int(labels.sum())
    both = 0 < positives < labels.size
    return Evaluation(
        rows=labels.size,
        positives=positives,
        base_rate=positives / labels.size,
        auc=float(metrics.roc_auc_score(labels, scores)) if both else None,
        average_precision=float(metrics.average_precision_score(labels, scores)) if both else None,
        list_size=k,
        precision_at_list=precision_at_k(labels, scores, k),
        lift_at_list=precision_at_k(labels, scores, k) * labels.size / positives if positives else None,
        calibration_error=calibration_error(labels, scores),
        brier=float(metrics.brier_score_loss(labels, scores)),
        log_loss=float(metrics.log_loss(labels, scores, labels=[0, 1])),
    )


def precision_at_k(labels: Labels, scores: Scores, k: int) -> float:
    """Share of positives in the k highest scores; of equal scores the earlier row goes first. Lift is this over base rate."""
    best = np.argsort(-scores, kind="stable")[:k]
    return float(labels[best].mean())


def calibration_error(labels: Labels, scores: Scores, *, bins: int = 10, equal_width: bool = False) -> float:
    """Expected calibration error: sum over bins of n_bin / n * |mean(score) - mean(label)|.

    Naeini, Cooper, Hauskrecht 2015 (equal width); with bins of equal count, the default, as Nguyen and O'Connor 2015.
    """
    if equal_width:
        bin_of = np.clip((scores * bins).astype(int), 0, bins - 1)
    else:
        bin_of = np.empty(scores.size, dtype=int)
        bin_of[np.argsort(scores, kind="stable")] = np.arange(scores.size) * bins // scores.size
    gaps = np.bincount(bin_of, weights=scores - labels, minlength=bins)
    return float(np.abs(gaps).sum() / scores.size)
