"""The rows a ranker was judged on, which no fitting saw: kept beside it, so that later rankers are compared on the same (pure).

A frame of them: customer_id, as_of, snapshot_date, the figures, and `_label` (0 or 1), `_weight`, `_score` (held out,
calibrated), `_plain` (LightGBM's own defaults on the same rows). No figure's name begins with an underscore.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.encoding import Encoding, fit_encoding
from app.scoring.learning.encoding import encode as encode_frame
from app.scoring.learning.intervals import Interval, paired_auc_difference
from app.scoring.learning.ranker import TrainedRanker, Training, score
from app.scoring.learning.validation import Task, held_out_mix, make_folds

MOST_ROWS = 200_000
MOST_COMPARED = 20_000  # both recipes are fitted on each fold: more would say little more and take minutes
FEWEST_LATER = 500
FEWEST_OF_AN_OUTCOME = 30
OURS = ("_label", "_weight", "_score", "_plain")


@dataclass(frozen=True)
class Comparison:
    """A candidate's AUC less the champion's on the same rows, and how that was found; `difference` None: it was not."""

    difference: Interval | None
    rows: int
    how: str


def judged_frame(
    frame: pl.DataFrame,
    labels: NDArray[np.int8],
    weights: NDArray[np.float64],
    scores: NDArray[np.float64],
    plain: NDArray[np.float64],
    *,
    seed: int,
) -> pl.DataFrame:
    """These rows as they are kept, in the order of their days; of very many a part drawn at random."""
    whole = frame.with_columns(
        pl.Series("_label", labels), pl.Series("_weight", weights), pl.Series("_score", scores), pl.Series("_plain", plain)
    ).sort("as_of", "customer_id")
    return _some(whole, MOST_ROWS, seed)


def judged_of(training: Training, frame: pl.DataFrame) -> pl.DataFrame:
    """What `learn` judged, of the frame of all its examples."""
    return judged_frame(
        frame.select(pl.all().gather(training.rows)),
        training.labels,
        training.weights,
        training.scores,
        training.plain_scores,
        seed=training.ranker.seed,
    )


def column(judged: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """One of ours, as numbers."""
    return judged[name].cast(pl.Float64).to_numpy()


def labels_of(judged: pl.DataFrame) -> NDArray[np.int8]:
    """0 or 1."""
    return judged["_label"].cast(pl.Int8).to_numpy()


def compare(
    judged: pl.DataFrame, ranker: TrainedRanker, champion: TrainedRanker, *, champion_saw_until: date, label_window: int = 0
) -> Comparison:
    """The candidate against the champion on rows that neither was fitted to.

    On rows later than all that the champion saw, where there are enough of them: its own scores there against the
    candidate's held-out ones. Else both recipes (settings and columns) are fitted anew on the same folds of the judged rows.
    """
    later = judged.filter(pl.col("as_of") > champion_saw_until)
    if _are_enough(later, FEWEST_LATER):
        on_later = score(champion, with_columns_of(later, champion.encoding))
        return _difference(later, column(later, "_score"), on_later, "later than all that the champion saw")
    rows = _some(judged, MOST_COMPARED, ranker.seed).select(pl.exclude("_score", "_plain"))
    if not _are_enough(rows, 2 * FEWEST_OF_AN_OUTCOME):
        return Comparison(None, rows.height, f"{rows.height} judged rows are too few")
    ours, theirs = (_cross_validated(rows, each, ranker.seed, label_window) for each in (ranker, champion))
    if ours is None or theirs is None:
        return Comparison(None, rows.height, "no column of one of them is left in the features")
    places, margins = ours
    return _difference(rows[places.tolist()], margins, theirs[1], "both recipes cross-validated on the same folds")


def with_columns_of(frame: pl.DataFrame, encoding: Encoding) -> pl.DataFrame:
    """The frame with every column the ranker learned from; what is absent or of another kind is missing for everybody."""
    lost = [c.name for c in encoding.columns if c.name not in frame.columns or not _fits(frame[c.name].dtype, c.kind)]
    return frame.with_columns(pl.lit(None).alias(name) for name in lost)


def _fits(found: pl.DataType, kind: str) -> bool:
    return kind == "digits" or found == pl.Null or (found in (pl.String, pl.Categorical)) == (kind == "text")


def _cross_validated(
    rows: pl.DataFrame, recipe: TrainedRanker, seed: int, label_window: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    figures = rows.select(pl.exclude(*OURS))
    known = [name for name in recipe.encoding.names if name in figures.columns]
    whole = fit_encoding(figures)
    encoding = whole.keep([i for i, name in enumerate(whole.names) if name in known])
    if not encoding.columns:
        return None
    labels = labels_of(rows)
    people = rows["customer_id"].to_numpy()
    folds = make_folds(rows["as_of"].to_list(), labels, people, seed=seed, label_window=label_window)
    task = Task(encode_frame(figures, encoding), labels, encoding.text_positions, folds, seed, 1, column(rows, "_weight"))
    found = held_out_mix(task, recipe.mix or (recipe.settings,))
    return found.rows, found.margins


def _difference(rows: pl.DataFrame, ours: NDArray[np.float64], theirs: NDArray[np.float64], how: str) -> Comparison:
    found = paired_auc_difference(labels_of(rows), ours, theirs, weights=column(rows, "_weight"))
    return Comparison(found, rows.height, how)


def _are_enough(rows: pl.DataFrame, fewest: int) -> bool:
    positives = int(rows["_label"].sum())
    return rows.height >= fewest and min(positives, rows.height - positives) >= FEWEST_OF_AN_OUTCOME


def _some(frame: pl.DataFrame, most: int, seed: int) -> pl.DataFrame:
    if frame.height <= most:
        return frame
    places = np.sort(np.random.default_rng(seed).choice(frame.height, most, replace=False))
    return frame.select(pl.all().gather(places))
