"""The leak guard: columns that know the outcome they should foretell are refused by name, unless they are allowed by name.

Refused is a column that alone puts the outcomes in order better than a figure known beforehand can (a call's duration, a
churn score), and one of which a value, or being filled at all, is nearly always a positive (a churn reason, money spent).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.boosting import Settings, fit, margins
from app.scoring.learning.encoding import Encoding, NoFeatures, fit_encode
from app.scoring.learning.features import feature_columns
from app.scoring.learning.labels import FEWEST_OF_A_CLASS

Labels = NDArray[np.int8]
Values = NDArray[np.float32]

ALONE_AT_MOST = 0.80  # AUC of one column, where all others together do not reach it
NEVER_ABOVE = 0.95  # AUC of one column, whatever the others reach
PURE_FROM = 0.90  # Wilson's lower bound of the share of positives
FEWEST_PURE = 30
MOST_ROWS = 50_000
BINS = 64
ROWS_OF_A_BIN = 100
PARTS = 4
QUICK = Settings(60, 0.1, 8, 50, 0.7, 5.0)


@dataclass(frozen=True)
class Refusal:
    """A column that may not be learned from, why, and the figure that says so (AUC alone, or share of positives)."""

    column: str
    reason: str
    figure: float


def find_leaks(
    frame: pl.DataFrame, labels: Labels, *, allow: Collection[str] = (), seed: int = 0, columns: Collection[str] | None = None
) -> tuple[Refusal, ...]:
    """Columns of `frame` (those that may be learned from, or of `columns`) to be refused, in their order.

    Of more than 50,000 rows a random part is looked at. Columns in `allow` are not looked at, but count among the others.
    """
    names = feature_columns(frame) if columns is None else list(columns)
    if set(names) <= set(allow) or min(int(labels.sum()), int(labels.size - labels.sum())) < FEWEST_OF_A_CLASS:
        return ()
    if labels.size > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(labels.size, MOST_ROWS, replace=False))
        frame, labels = frame[rows.tolist()], labels[rows]
    try:
        encoding, matrix = fit_encode(frame.select(names))
    except NoFeatures:
        return ()
    part = np.random.default_rng(seed).permutation(labels.size) % PARTS
    alone = [_auc_alone(matrix[:, i], labels, part, is_text=c.kind == "text") for i, c in enumerate(encoding.columns)]
    others = _auc_of_the_rest(matrix, labels, encoding, alone, part)
    refused = []
    for i, name in enumerate(encoding.names):
        found = _judge(name, alone[i], others, matrix[:, i], labels)
        refused += [found] if found and name not in allow else []
    return tuple(refused)


def _judge(name: str, alone: float, others: float, values: Values, labels: Labels) -> Refusal | None:
    figure = round(alone, 3)
    if alone >= NEVER_ABOVE:
        return Refusal(name, f"alone it reaches an AUC of {figure}: nothing known beforehand does (limit {NEVER_ABOVE})", figure)
    if alone >= ALONE_AT_MOST and alone > others:
        why = f"alone it reaches an AUC of {figure} (limit {ALONE_AT_MOST}), more than the other columns together ({others:.3f})"
        return Refusal(name, why, figure)
    purest = max(_pure_values(values, labels), default=None)
    if purest is None:
        return None
    bound, share, rows, where = purest
    return Refusal(name, f"{where}, {share:.1%} of {rows} rows are positive, of all {labels.mean():.1%}", round(bound, 3))


def _auc_alone(values: Values, labels: Labels, part: NDArray[np.int64], *, is_text: bool) -> float:
    """AUC of the column alone, out of fold: each value is scored by the share of positives in its bin in the other parts.

    Of a number also the AUC of the number itself, whichever way it points, if that is more: bins blur.
    """
    from sklearn.metrics import roc_auc_score  # a second to import, which only those pay who train

    bins = _bins(values, is_text=is_text)
    straight = 0.5 if is_text or np.isnan(values).any() else float(roc_auc_score(labels, values))
    scores = np.empty(labels.size)
    count = int(bins.max()) + 1
    for i in range(PARTS):
        away = part != i
        base = labels[away].mean()
        rows = np.bincount(bins[away], minlength=count)
        positives = np.bincount(bins[away], weights=labels[away], minlength=count)
        scores[~away] = ((positives + 5 * base) / (rows + 5))[bins[~away]]
    return max(float(roc_auc_score(labels, scores)), straight, 1 - straight)


def _bins(values: Values, *, is_text: bool) -> NDArray[np.int64]:
    """Missing is bin 0; a text's codes are bins; numbers fall into bins of equal count, in which a frequent value has its own."""
    missing = np.isnan(values)
    if is_text:
        return np.where(missing, 0, np.nan_to_num(values) + 1).astype(np.int64)
    edges = np.unique(
        np.quantile(values[~missing], np.linspace(0, 1, int(np.clip(values.size // ROWS_OF_A_BIN, 8, BINS))), method="lower")
    )
    bins = np.searchsorted(edges, values, side="right") + np.searchsorted(edges, values, side="left")  # edges apart from between
    return np.where(missing, 0, bins + 1).astype(np.int64)


def _auc_of_the_rest(
    matrix: NDArray[np.float32], labels: Labels, encoding: Encoding, alone: list[float], part: NDArray[np.int64]
) -> float:
    """AUC of all columns that are above no suspicion, together, out of fold; 0.5 where there is none, or none is suspected."""
    rest = [i for i, auc in enumerate(alone) if auc < ALONE_AT_MOST]
    if len(rest) == len(alone) or not rest:
        return 0.5
    from sklearn.metrics import roc_auc_score  # a second to import, which only those pay who train

    inner = np.asfortranarray(matrix[:, rest])
    texts = encoding.keep(rest).text_positions
    scores = np.empty(labels.size)
    for i in range(PARTS):
        away = part != i
        booster = fit(np.asfortranarray(inner[away]), labels[away], texts, QUICK, seed=0, num_threads=1)
        scores[~away] = margins([booster], inner[~away], num_threads=1)
    return float(roc_auc_score(labels, scores))


def _pure_values(values: Values, labels: Labels) -> Iterator[tuple[float, float, int, str]]:
    """Values, and being filled or above zero at all, that are nearly always positive: bound, share, rows, in words."""
    if labels.mean() > 0.5:
        return
    missing = np.isnan(values)
    found = [(missing, "where it is missing"), (~missing, "where it is filled")]
    found.append((~missing & (values != 0), "where it is filled and not 0"))
    levels, counts = np.unique(values[~missing], return_counts=True)
    frequent = levels[np.argsort(-counts, kind="stable")][:BINS]
    found += [(values == level, "at one of its values") for level in frequent]
    for rows, where in found:
        count, positives = int(rows.sum()), int(labels[rows].sum())
        if FEWEST_PURE <= count < labels.size and wilson_lower(positives, count) >= PURE_FROM:
            yield wilson_lower(positives, count), positives / count, count, where


def wilson_lower(positives: int, rows: int, z: float = 1.959964) -> float:
    """Lower bound of a share (Wilson 1927), 95 %."""
    share = positives / rows
    centre = share + z * z / (2 * rows)
    spread = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return float((centre - spread) / (1 + z * z / rows))
