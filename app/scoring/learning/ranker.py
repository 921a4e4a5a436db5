"""The ranker: trained on past contacts, it gives each customer the calibrated probability of buying when contacted."""

from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.boosting import CANDIDATES, PLAIN, Settings, fit_bag, from_text, margins, to_text
from app.scoring.learning.calibration import Calibration, fit_calibration
from app.scoring.learning.encoding import Encoding, encode, fit_encoding
from app.scoring.learning.evaluate import Evaluation, evaluate
from app.scoring.learning.examples import Examples
from app.scoring.learning.labels import check_no_leak, check_trainable
from app.scoring.learning.validation import HeldOut, Task, choose_settings, harmless_columns, held_out, make_folds

if TYPE_CHECKING:
    import lightgbm

MOST_TUNING_ROWS = 200_000


@dataclass(frozen=True)
class TrainedRanker:
    """All that is needed to score, and what it was made from. `metrics` and `plain_metrics` (LightGBM's own defaults)
    are of the same held-out rows; `validation` is forward or stratified. Settings and columns were chosen on those rows
    too, so `metrics` are a little kinder than what follows."""

    boosters: tuple[str, ...]
    encoding: Encoding
    calibration: Calibration
    settings: Settings
    seed: int
    validation: str
    metrics: Evaluation
    plain_metrics: Evaluation
    rows: int
    positives: int
    first_day: date
    last_day: date

    @property
    def parameters(self) -> dict[str, Any]:
        """What it was trained with, for people to read."""
        return {**asdict(self.settings), "seed": self.seed, "bags": len(self.boosters), "columns": self.encoding.names}


def train(
    examples: Examples,
    *,
    seed: int,
    list_size: int | None = None,
    candidates: tuple[Settings, ...] = CANDIDATES,
    bags: int = 3,
    num_threads: int = 2,
) -> TrainedRanker:
    """Learn from `frame` (customer_id, as_of, snapshot_date, features) and `labels` (n,) of 0 and 1, in the same order.

    Settings and columns are chosen, and probabilities calibrated, on held-out examples; the boosters are then fitted to
    all. The same arguments give the same ranker to the byte. `list_size`: length of the list the metrics judge.
    Raises TrainingDataMissing, OneOutcomeOnly, FeatureLeak, NoFeatures.
    """
    frame, labels = examples.frame, examples.labels
    check_no_leak(frame)
    check_trainable(labels)
    encoding = fit_encoding(frame)
    task = _tuning_task(frame, labels, encoding, seed=seed, num_threads=num_threads)
    settings = choose_settings(task, candidates)
    plain = held_out(task, PLAIN)
    kept = harmless_columns(task, settings)
    encoding = encoding.keep(kept)
    judged = held_out(task.only(kept), settings, bags=bags)
    boosters = fit_bag(
        encode(frame, encoding), labels, encoding.text_positions, settings, seed=seed, bags=bags, num_threads=num_threads
    )
    days = frame["as_of"].to_list()
    return TrainedRanker(
        boosters=tuple(to_text(booster) for booster in boosters),
        encoding=encoding,
        calibration=fit_calibration(judged.margins, judged.labels),
        settings=settings,
        seed=seed,
        validation=task.folds.kind,
        metrics=_judge(judged, list_size),
        plain_metrics=_judge(plain, list_size),
        rows=labels.size,
        positives=int(labels.sum()),
        first_day=min(days),
        last_day=max(days),
    )


def score(ranker: TrainedRanker, frame: pl.DataFrame, *, num_threads: int = 2) -> NDArray[np.float64]:
    """Calibrated probability per row of `frame`. Raises SnapshotColumnsChanged when a trained column is absent."""
    raw = margins(load_boosters(ranker.boosters), encode(frame, ranker.encoding), num_threads=num_threads)
    return ranker.calibration.apply(raw)


def rank(scores: NDArray[np.float64], customer_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row positions from the best score to the least; of equal scores the smaller customer id goes first."""
    return np.lexsort((customer_ids, -scores)).astype(np.int64)


@lru_cache(maxsize=4)
def load_boosters(texts: tuple[str, ...]) -> list["lightgbm.Booster"]:
    """Boosters ready to predict."""
    return [from_text(text) for text in texts]


def _tuning_task(frame: pl.DataFrame, labels: NDArray[np.int8], encoding: Encoding, *, seed: int, num_threads: int) -> Task:
    """The examples that choices are made on: all, or a fixed random part of very many."""
    if frame.height > MOST_TUNING_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(frame.height, MOST_TUNING_ROWS, replace=False))
        frame, labels = frame[rows.tolist()], labels[rows]
    folds = make_folds(frame["as_of"].to_list(), labels, frame["customer_id"].to_numpy(), seed=seed)
    return Task(encode(frame, encoding), labels, encoding.text_positions, folds, seed, num_threads)


def _judge(judged: HeldOut, list_size: int | None) -> Evaluation:
    """Held-out figures. The calibration is fitted in one half and judged in the other, both ways."""
    half = np.arange(judged.labels.size) % 2 == 0
    scores = np.empty(judged.labels.size)
    for part in (half, ~half):
        scores[part] = fit_calibration(judged.margins[~part], judged.labels[~part]).apply(judged.margins[part])
    return evaluate(judged.labels, scores, list_size=list_size)
