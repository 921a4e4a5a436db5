"""A ranker of ours beside plain LightGBM on any extract: the same rows, the same folds, every figure out of fold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit

from app.scoring.learning.boosting import CANDIDATES, FEWEST_ROWS_FOR_THREADS, PLAIN, fit_mix, margins
from app.scoring.learning.encoding import encode, fit_encode
from app.scoring.learning.evaluate import Evaluation, evaluate
from app.scoring.learning.examples import Examples, plain_examples
from app.scoring.learning.intervals import Interval, auc_interval, calibration_interval, lift_interval, paired_auc_difference
from app.scoring.learning.ranker import TrainedRanker, hash_rows, learn, score
from app.scoring.learning.tuning import tune
from app.scoring.learning.validation import Task, connected, grouped_folds

Labels = NDArray[np.int8]
Scores = NDArray[np.float64]
GRIDWORK, PLAIN_NAME, PEER = "gridwork", "LightGBM defaults", "LightGBM tuned"
PEER_TRIALS = 20
FIRST_DAY, DAY_BEFORE = date(2000, 1, 2), date(2000, 1, 1)


@dataclass(frozen=True)
class Contender:
    """One way to score, judged out of fold. `fold_auc`: the AUC inside each fold. `behind`: ours' AUC less this one's on the same
    rows (DeLong's paired interval), None for ours."""

    name: str
    figures: Evaluation
    auc: Interval
    lift: Interval
    calibration_error: Interval
    fold_auc: tuple[float, ...]
    behind: Interval | None = None


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The contenders, the ranker of each fold (for what it chose) and ours' scores (n,). `repeats`: rows kept together
    with an equal one."""

    contenders: tuple[Contender, ...]
    rankers: tuple[TrainedRanker, ...]
    scores: Scores
    repeats: int


def cross_validate(
    frame: pl.DataFrame, labels: Labels, *, folds: int, seed: int, peer: bool = False, budget_seconds: float | None = None
) -> CrossValidation:
    """Judge on stratified folds in which equal rows stay together.

    Settings, columns and calibration of a fold are chosen inside its own training part, so that nothing judged was ever
    seen. `budget_seconds` is for the search of all folds together.
    """
    groups = connected(np.arange(labels.size), hash_rows(frame))
    pairs = grouped_folds(labels, groups, folds=folds, seed=seed).pairs
    threads = 2 if labels.size >= FEWEST_ROWS_FOR_THREADS else 1
    budget = None if budget_seconds is None else budget_seconds / len(pairs)
    ways: dict[str, Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[Scores, TrainedRanker | None]]] = {
        GRIDWORK: lambda a, b: _ours(frame, labels, a, b, seed, threads, budget),
        PLAIN_NAME: lambda a, b: (_plain(frame, labels, a, b, seed, threads), None),
    }
    if peer:
        ways[PEER] = lambda a, b: (_peer(frame, labels, a, b, seed, threads), None)
    work = [(name, i) for name in ways for i in range(len(pairs))]
    with ThreadPoolExecutor(1 if threads > 1 else 2) as pool:  # many rows use both cores inside LightGBM
        done = list(pool.map(lambda task: ways[task[0]](*pairs[task[1]]), work))
    found = dict(zip(work, done, strict=True))
    scores = {name: np.empty(labels.size) for name in ways}
    for (name, i), (values, _) in found.items():
        scores[name][pairs[i][1]] = values
    rankers = tuple(ranker for i in range(len(pairs)) if (ranker := found[GRIDWORK, i][1]) is not None)
    judged = [b for _, b in pairs]
    contenders = tuple(_judge(name, labels, scores[name], scores[GRIDWORK], judged, seed) for name in ways)
    return CrossValidation(contenders, rankers, scores[GRIDWORK], labels.size - int(np.unique(groups).size))


def as_examples(frame: pl.DataFrame, labels: Labels, days: NDArray[np.int64] | None = None) -> Examples:
    """Rows of an extract as examples of their own customers, all of one day or of these days."""
    when = pl.lit(FIRST_DAY) if days is None else pl.lit(FIRST_DAY) + pl.duration(days=pl.lit(pl.Series(days)))
    ours = {"customer_id": pl.int_range(pl.len()), "as_of": when.cast(pl.Date), "snapshot_date": pl.lit(DAY_BEFORE)}
    return plain_examples(frame.with_columns(**ours), labels)


def _ours(
    frame: pl.DataFrame,
    labels: Labels,
    teaching: NDArray[np.int64],
    judged: NDArray[np.int64],
    seed: int,
    threads: int,
    budget: float | None,
) -> tuple[Scores, TrainedRanker]:
    examples = as_examples(frame[teaching.tolist()], labels[teaching])
    ranker = learn(examples, seed=seed, num_threads=threads, allow=frame.columns, budget_seconds=budget).ranker
    return score(ranker, frame[judged.tolist()], num_threads=threads), ranker


def _plain(
    frame: pl.DataFrame, labels: Labels, teaching: NDArray[np.int64], judged: NDArray[np.int64], seed: int, threads: int
) -> Scores:
    encoding, matrix = fit_encode(frame[teaching.tolist()])
    boosters = fit_mix(matrix, labels[teaching], encoding.text_positions, [PLAIN], seed=seed, num_threads=threads)
    return np.asarray(expit(margins(boosters, encode(frame[judged.tolist()], encoding), num_threads=threads)))


def _peer(
    frame: pl.DataFrame, labels: Labels, teaching: NDArray[np.int64], judged: NDArray[np.int64], seed: int, threads: int
) -> Scores:
    """The best single settings of a search as anyone would make it, without our mix, choice of columns or calibration."""
    encoding, matrix = fit_encode(frame[teaching.tolist()])
    inner = grouped_folds(labels[teaching], np.arange(teaching.size), folds=4, seed=seed)
    task = Task(matrix, labels[teaching], encoding.text_positions, inner, seed, threads)
    best = tune(task, CANDIDATES, trials=PEER_TRIALS, members=1).mix
    boosters = fit_mix(matrix, labels[teaching], encoding.text_positions, best, seed=seed, num_threads=threads)
    return np.asarray(expit(margins(boosters, encode(frame[judged.tolist()], encoding), num_threads=threads)))


def _judge(name: str, labels: Labels, scores: Scores, ours: Scores, folds: list[NDArray[np.int64]], seed: int) -> Contender:
    from sklearn.metrics import roc_auc_score  # a second to import, which only those pay who train

    return Contender(
        name=name,
        figures=evaluate(labels, scores),
        auc=auc_interval(labels, scores),
        lift=lift_interval(labels, scores, seed=seed),
        calibration_error=calibration_interval(labels, scores, seed=seed),
        fold_auc=tuple(float(roc_auc_score(labels[fold], scores[fold])) for fold in folds if 0 < labels[fold].mean() < 1),
        behind=None if name == GRIDWORK else paired_auc_difference(labels, ours, scores),
    )
