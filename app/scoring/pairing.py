"""Two rankers side by side: the same figures of both on the same rows, and how sure each difference is (pure)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.judged import FEWEST_OF_AN_OUTCOME, column, labels_of
from app.scoring.learning.evaluate import Evaluation, Labels, Scores, Weights, calibration_error, evaluate, precision_at_k
from app.scoring.learning.intervals import NORMAL_95, Interval, paired_auc_difference

FEWEST_SHARED = 200
MOST_PAIRED = 10_000  # rows: of more a part is drawn, so that the answer is there while somebody looks
RESAMPLES = 60
KEYS = ("customer_id", "as_of")


@dataclass(frozen=True)
class Pair:
    """One figure of the library: of the challenger, of the champion, and challenger less champion with its 95 % interval."""

    code: str
    challenger: float | None
    champion: float | None
    difference: Interval | None


@dataclass(frozen=True, eq=False)
class SharedRows:
    """Rows that both were judged on or scored without having seen them; `how` says which."""

    labels: Labels
    weights: Weights
    challenger: Scores
    champion: Scores
    how: str


def shared_rows(challenger: pl.DataFrame, champion: pl.DataFrame) -> SharedRows | None:
    """The rows that both were judged on, each with both held-out scores; None where they are too few to say anything.

    Frames as `judged.py` keeps them. The outcome is the challenger's, which learned it later.
    """
    theirs = champion.unique(KEYS, keep="first").select(*KEYS, _theirs="_score")
    both = challenger.unique(KEYS, keep="first", maintain_order=True).join(theirs, on=KEYS, maintain_order="left")
    found = SharedRows(
        labels_of(both), column(both, "_weight"), column(both, "_score"), column(both, "_theirs"), "judged_by_both"
    )
    return found if are_enough(found.labels) else None


def are_enough(labels: Labels) -> bool:
    """Rows and both outcomes enough for an interval that means something."""
    positives = int(labels.sum())
    return labels.size >= FEWEST_SHARED and min(positives, labels.size - positives) >= FEWEST_OF_AN_OUTCOME


def pair_figures(rows: SharedRows, *, seed: int, resamples: int = RESAMPLES) -> list[Pair]:
    """Each figure of both with the interval of its difference. Needs both outcomes (ValueError).

    AUC: DeLong, DeLong, Clarke-Pearson 1988, paired. Brier score and log loss are means over rows: normal interval of the
    mean of the rows' differences. The others: percentile bootstrap of the difference over the same resamples (Efron 1979).
    """
    some = _some(rows, seed)
    ours, theirs = (evaluate(some.labels, scores, weights=some.weights) for scores in (some.challenger, some.champion))
    resampled = _bootstrap(some, seed, resamples)
    differences = {
        "auc": paired_auc_difference(some.labels, some.challenger, some.champion, weights=some.weights),
        "brier": _mean_difference(some, lambda labels, scores: (scores - labels) ** 2),
        "log_loss": _mean_difference(some, _surprise),
    }
    order = ("auc", "lift_at_list", "average_precision", "calibration_error", "brier", "log_loss")
    return [_pair(code, ours, theirs, differences.get(code), resampled.get(code)) for code in order]


def _pair(code: str, ours: Evaluation, theirs: Evaluation, exact: Interval | None, resampled: NDArray[np.float64] | None) -> Pair:
    first, second = getattr(ours, code), getattr(theirs, code)
    difference = exact
    if resampled is not None:
        low, high = np.quantile(resampled, [0.025, 0.975])
        difference = Interval(first - second, float(low), float(high))
    return Pair(code, first, second, difference)


def _bootstrap(rows: SharedRows, seed: int, resamples: int) -> dict[str, NDArray[np.float64]]:
    """Differences by resample of what has no interval in closed form."""
    from sklearn.metrics import average_precision_score  # a second to import, which only those pay who compare

    draws = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"average_precision": [], "lift_at_list": [], "calibration_error": []}
    for _ in range(resamples):
        at = np.sort(draws.integers(0, rows.labels.size, rows.labels.size))
        labels, weights = rows.labels[at], rows.weights[at]
        if not labels.any():
            continue
        base = float(np.average(labels, weights=weights))
        listed = max(1, labels.size // 10)
        pair = (rows.challenger[at], rows.champion[at])
        precise = [float(average_precision_score(labels, scores, sample_weight=weights)) for scores in pair]
        lifts = [precision_at_k(labels, scores, listed, weights=weights) / base for scores in pair]
        errors = [calibration_error(labels, scores, weights=weights) for scores in pair]
        for name, (ours, theirs) in zip(found, (precise, lifts, errors), strict=True):
            found[name].append(ours - theirs)
    return {name: np.array(values) for name, values in found.items()}


def _mean_difference(rows: SharedRows, loss: Callable[[Labels, Scores], NDArray[np.float64]]) -> Interval:
    apart = loss(rows.labels, rows.challenger) - loss(rows.labels, rows.champion)
    share = rows.weights / rows.weights.sum()
    mean = float(np.sum(share * apart))
    error = NORMAL_95 * float(np.sqrt(np.sum(share**2 * (apart - mean) ** 2)))
    return Interval(mean, mean - error, mean + error)


def _surprise(labels: Labels, scores: Scores) -> NDArray[np.float64]:
    """-log of the probability that each row's outcome was given."""
    given = np.clip(np.where(labels == 1, scores, 1 - scores), np.finfo(np.float64).eps, 1)
    return np.asarray(-np.log(given), dtype=np.float64)


def _some(rows: SharedRows, seed: int) -> SharedRows:
    if rows.labels.size <= MOST_PAIRED:
        return rows
    at = np.sort(np.random.default_rng(seed).choice(rows.labels.size, MOST_PAIRED, replace=False))
    return SharedRows(rows.labels[at], rows.weights[at], rows.challenger[at], rows.champion[at], rows.how)
