"""The leak guard: columns that know the outcome they should foretell are refused by name, unless they are allowed by name.

Refused is a column that alone puts the outcomes in order better than a figure known beforehand can (a call's duration, a
churn score), and one of which a value, or being filled at all, is nearly always a positive (a churn reason, money spent).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.boosting import Settings, fit, margins
from app.scoring.learning.encoding import Column, Encoding, NoFeatures, fit_encode
from app.scoring.learning.features import feature_columns
from app.scoring.learning.labels import FEWEST_OF_A_CLASS, enough_rows

Labels = NDArray[np.int8]
Values = NDArray[np.float32]

ALONE_AT_MOST = 0.80  # AUC of one column, where all others together do not reach it
NEVER_ABOVE = 0.95  # AUC of one column, whatever the others reach
PURE_FROM = 0.90  # Wilson's lower bound of the share of positives
FEWEST_PURE = 30
MOST_OF_A_POCKET = 0.20  # share of the positives that pure values of an honest column may hold
MOST_ROWS = 50_000
MOST_COMPARED = 25_000  # rows on which all other columns are tried together
FEWEST_LOOKED_AT = 500  # of the rarer outcome
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

    Of more than 50,000 rows a random part is looked at, a larger one where an outcome is rare. Columns in `allow` are not
    looked at, but count among the others.
    """
    names = feature_columns(frame) if columns is None else list(columns)
    if set(names) <= set(allow) or min(int(labels.sum()), int(labels.size - labels.sum())) < FEWEST_OF_A_CLASS:
        return ()
    if labels.size > (most := enough_rows(labels, MOST_ROWS, fewest=FEWEST_LOOKED_AT)):
        rows = np.sort(np.random.default_rng(seed).choice(labels.size, most, replace=False))
        frame, labels = frame[rows.tolist()], labels[rows]
    try:
        encoding, matrix = fit_encode(frame.select(names))
    except NoFeatures:
        return ()
    part = np.random.default_rng(seed).permutation(labels.size) % PARTS
    seen = [_look(matrix[:, i], labels, part, column) for i, column in enumerate(encoding.columns)]
    others = _auc_of_the_rest(matrix, labels, encoding, [one.auc for one in seen], part)
    refused: dict[str, Refusal] = {}
    for name, one in zip(encoding.names, seen, strict=True):
        if name not in allow and (found := _judge(name, one, others, labels)):
            refused[name] = found
    refused |= _repeats(frame, encoding, matrix, set(names) - {*encoding.names, *allow}, refused)
    return tuple(refused[name] for name in names if name in refused)


def _judge(name: str, seen: "_Seen", others: float, labels: Labels) -> Refusal | None:
    alone, figure = seen.auc, round(seen.auc, 3)
    if alone >= NEVER_ABOVE:
        return Refusal(name, f"alone it reaches an AUC of {figure}: nothing known beforehand does (limit {NEVER_ABOVE})", figure)
    if alone >= ALONE_AT_MOST and alone > others:
        why = f"alone it reaches an AUC of {figure} (limit {ALONE_AT_MOST}), more than the other columns together ({others:.3f})"
        return Refusal(name, why, figure)
    purest = max(_pure(seen.places, labels), default=None)
    if purest is None:
        return None
    bound, share, rows, where = purest
    return Refusal(name, f"{where}, {share:.1%} of {rows} rows are positive, of all {labels.mean():.1%}", round(bound, 3))


def _repeats(
    frame: pl.DataFrame, encoding: Encoding, matrix: NDArray[np.float32], dropped: Collection[str], refused: Mapping[str, Refusal]
) -> dict[str, Refusal]:
    """Columns that were dropped because they are the same as one that is refused: without it they would be learned from."""
    found = {}
    for name in dropped if refused else ():
        try:
            values = fit_encode(frame.select(name))[1][:, 0]
        except NoFeatures:
            continue
        same = [kept for kept in refused if np.array_equal(values, matrix[:, encoding.names.index(kept)], equal_nan=True)]
        if same:
            found[name] = Refusal(name, f"it is the same as {same[0]}: {refused[same[0]].reason}", refused[same[0]].figure)
    return found


@dataclass(frozen=True, eq=False)
class _Seen:
    """What a column shows alone: its AUC, and how many rows and positives there are at some of its values, in words."""

    auc: float
    places: tuple[tuple[int, int, str], ...]


def _look(values: Values, labels: Labels, part: NDArray[np.int64], column: Column) -> _Seen:
    """AUC of the column alone, out of fold: each value is scored by the share of positives in its bin in the other parts.

    Of a number also the AUC of the number itself, whichever way it points, if that is more: bins blur.
    """
    missing, is_text = np.isnan(values), column.kind == "text"
    levels, level = np.unique(values[~missing], return_inverse=True)
    counts = np.bincount(level, minlength=levels.size)
    positives = np.bincount(level, weights=labels[~missing], minlength=levels.size)
    straight = 0.5 if is_text or missing.any() else _auc_of_groups(counts, positives)
    bins = np.zeros(values.size, dtype=np.int64)
    bins[~missing] = _bins(levels, counts, values.size, is_text=is_text)[level]
    groups = int(bins.max()) + 1
    cell = part * groups + bins
    rows, hits = (
        np.bincount(cell, weights=weights, minlength=PARTS * groups).reshape(PARTS, groups) for weights in (None, labels)
    )
    away_rows, away_hits = rows.sum(axis=0) - rows, hits.sum(axis=0) - hits
    base = away_hits.sum(axis=1, keepdims=True) / away_rows.sum(axis=1, keepdims=True)
    scores = (away_hits + 5 * base) / (away_rows + 5)
    _, place = np.unique(scores.ravel(), return_inverse=True)
    auc = _auc_of_groups(np.bincount(place, weights=rows.ravel()), np.bincount(place, weights=hits.ravel()))
    places = (*_sides(missing, levels, counts, positives, labels), *_pockets(missing, levels, counts, positives, column))
    return _Seen(max(auc, straight, 1 - straight), places)


def _auc_of_groups(rows: NDArray[Any], positives: NDArray[Any]) -> float:
    """AUC of scores of which each value has so many rows and positives, from the lowest value up (Mann, Whitney 1947)."""
    negatives = rows - positives
    below = np.cumsum(negatives) - negatives
    return float(positives @ (below + negatives / 2) / (positives.sum() * negatives.sum()))


def _bins(levels: Values, counts: NDArray[np.int64], rows: int, *, is_text: bool) -> NDArray[np.int64]:
    """Bin of each level, from 1 on: a text's codes are bins; numbers fall into bins of equal count, in which a frequent value
    has its own."""
    if is_text:
        return levels.astype(np.int64) + 1
    filled = int(counts.sum())
    at = np.floor(np.linspace(0, 1, int(np.clip(rows // ROWS_OF_A_BIN, 8, BINS))) * (filled - 1))
    edges = np.unique(levels[np.searchsorted(np.cumsum(counts), at, side="right")])
    return np.searchsorted(edges, levels, side="right") + np.searchsorted(edges, levels, side="left") + 1  # edges stand apart


def _auc_of_the_rest(
    matrix: NDArray[np.float32], labels: Labels, encoding: Encoding, alone: list[float], part: NDArray[np.int64]
) -> float:
    """AUC of all columns that are above no suspicion, together, out of fold; 0.5 where there is none, or none is suspected."""
    rest = [i for i, auc in enumerate(alone) if auc < ALONE_AT_MOST]
    if len(rest) == len(alone) or not rest:
        return 0.5
    from sklearn.metrics import roc_auc_score  # a second to import, which only those pay who train

    if labels.size > (most := enough_rows(labels, MOST_COMPARED, fewest=FEWEST_LOOKED_AT)):
        rows = np.sort(np.random.default_rng(0).choice(labels.size, most, replace=False))
        matrix, labels, part = matrix[rows], labels[rows], part[rows]
    inner = np.asfortranarray(matrix[:, rest])
    texts = encoding.keep(rest).text_positions
    scores = np.empty(labels.size)
    for i in range(PARTS):
        away = part != i
        booster = fit(np.asfortranarray(inner[away]), labels[away], texts, QUICK, seed=0, num_threads=1)
        scores[~away] = margins([booster], inner[~away], num_threads=1)
    return float(roc_auc_score(labels, scores))


def _sides(
    missing: NDArray[np.bool_], levels: Values, counts: NDArray[np.int64], positives: NDArray[Any], labels: Labels
) -> Iterator[tuple[int, int, str]]:
    """Rows and positives where the column is missing, filled, and filled and not 0."""
    gone, of_all = int(missing.sum()), int(labels.sum())
    there = int(positives.sum())
    yield gone, of_all - there, "where it is missing"
    yield labels.size - gone, there, "where it is filled"
    zero = levels == 0
    yield labels.size - gone - int(counts[zero].sum()), there - int(positives[zero].sum()), "where it is filled and not 0"


def _pockets(
    missing: NDArray[np.bool_], levels: Values, counts: NDArray[np.int64], positives: NDArray[Any], column: Column
) -> Iterator[tuple[int, int, str]]:
    """Rows and positives at each pure value of a column that may know the outcome by it.

    It may where all else is one value (it has not happened yet), or where its pure values hold many of the positives. An honest
    column's rate may rise to all at its end (the few customers of four products), where few of the positives are.
    """
    frequent = [int(i) for i in np.argsort(-counts, kind="stable")[:BINS] if counts[i] >= FEWEST_PURE]
    pure = [i for i in frequent if wilson_lower(int(positives[i]), int(counts[i])) >= PURE_FROM]
    others = len(frequent) - len(pure) + int(missing.sum() >= FEWEST_PURE)
    if others > 1 and positives[pure].sum() < MOST_OF_A_POCKET * positives.sum():
        return
    for i in pure:
        yield int(counts[i]), int(positives[i]), f"where it is {_said(levels[i], column)}"


def _said(level: np.float32, column: Column) -> str:
    if column.kind != "text":
        return f"{level:.6g}"
    return column.levels[int(level)] if level < len(column.levels) else "a rare text"


def _pure(places: Iterable[tuple[int, int, str]], labels: Labels) -> Iterator[tuple[float, float, int, str]]:
    """Those where nearly all rows are positive: bound, share, rows, in words."""
    for rows, positives, where in places if labels.mean() <= 0.5 else ():
        if FEWEST_PURE <= rows < labels.size and wilson_lower(positives, rows) >= PURE_FROM:
            yield wilson_lower(positives, rows), positives / rows, rows, where


def wilson_lower(positives: int, rows: int, z: float = 1.959964) -> float:
    """Lower bound of a share (Wilson 1927), 95 %."""
    share = positives / rows
    centre = share + z * z / (2 * rows)
    spread = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return float((centre - spread) / (1 + z * z / rows))
