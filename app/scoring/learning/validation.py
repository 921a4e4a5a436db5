"""Which settings and columns hold on examples that were not trained on: forward in time where the dates allow."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.boosting import Matrix, Settings, fit_bag, margins
from app.scoring.learning.calibration import fit_calibration
from app.scoring.learning.evaluate import evaluate
from app.scoring.learning.labels import FEWEST_OF_A_CLASS

if TYPE_CHECKING:
    import lightgbm

Rows = NDArray[np.int64]
BLOCKS = 5
HARMFUL_BELOW = -1.0


@dataclass(frozen=True)
class Folds:
    """Pairs of rows to train on and rows to judge on. `kind`: forward or stratified."""

    kind: str
    pairs: tuple[tuple[Rows, Rows], ...]


@dataclass(frozen=True)
class Task:
    """What is learned from: matrix (n, columns), labels (n,), positions of coded columns, folds, seed and threads."""

    matrix: Matrix
    labels: NDArray[np.int8]
    text_positions: list[int]
    folds: Folds
    seed: int
    num_threads: int

    def only(self, columns: list[int]) -> "Task":
        """The same task on some of its columns."""
        texts = [new for new, old in enumerate(columns) if old in self.text_positions]
        return Task(np.asfortranarray(self.matrix[:, columns]), self.labels, texts, self.folds, self.seed, self.num_threads)


@dataclass(frozen=True)
class HeldOut:
    """Margins of the rows some fold judged, made by boosters that had not seen them."""

    rows: Rows
    margins: NDArray[np.float64]
    labels: NDArray[np.int8]

    @property
    def loss(self) -> float:
        """Log loss after calibration: what candidates are compared by (a proper score, unlike AUC)."""
        return evaluate(self.labels, fit_calibration(self.margins, self.labels).apply(self.margins)).log_loss


def make_folds(dates: list[date], labels: NDArray[np.int8], customer_ids: NDArray[np.int64], *, seed: int) -> Folds:
    """Five blocks of days, each judged by what was known from the blocks before it; a day is never divided.

    Where days or outcomes are too few for that, stratified folds that keep a customer's examples together.
    """
    days = np.array(dates, dtype="datetime64[D]")
    edges = np.unique(np.sort(days)[[len(days) * i // BLOCKS for i in range(1, BLOCKS)]])
    block = np.searchsorted(edges, days, side="right")
    pairs = tuple((np.flatnonzero(block < i), np.flatnonzero(block == i)) for i in range(1, len(edges) + 1))
    if len(edges) == BLOCKS - 1 and all(_enough(labels[a]) and _enough(labels[b]) for a, b in pairs):
        return Folds("forward", pairs)
    from sklearn.model_selection import StratifiedGroupKFold  # a second to import, which only those pay who train or rank

    splitter = StratifiedGroupKFold(n_splits=BLOCKS - 1, shuffle=True, random_state=seed)
    splits = splitter.split(np.zeros(labels.size), labels, customer_ids)
    return Folds("stratified", tuple((np.asarray(a), np.asarray(b)) for a, b in splits))


def held_out(task: Task, settings: Settings, *, bags: int = 1) -> HeldOut:
    """Margins of every judged row."""
    parts = [
        margins(_fit_part(task, settings, a, bags), task.matrix[b], num_threads=task.num_threads) for a, b in task.folds.pairs
    ]
    rows = np.concatenate([b for _, b in task.folds.pairs])
    return HeldOut(rows, np.concatenate(parts), task.labels[rows])


def choose_settings(task: Task, candidates: tuple[Settings, ...]) -> Settings:
    """The candidate of least held-out loss; of equals the first. Two seeds each, so that luck decides less."""
    return min(candidates, key=lambda settings: held_out(task, settings, bags=2).loss)


def harmless_columns(task: Task, settings: Settings) -> list[int]:
    """Columns to keep: all but those whose shuffling makes held-out predictions better by more than a standard error.

    Permutation importance (Breiman 2001) on judged rows, in log loss.
    """
    draws = np.random.default_rng(task.seed)
    rises: list[list[float]] = []
    for train, judge in task.folds.pairs:
        boosters = _fit_part(task, settings, train, 1)
        judge = judge[:50_000]
        matrix, labels = task.matrix[judge].copy(order="F"), task.labels[judge]
        before = _loss(margins(boosters, matrix, num_threads=task.num_threads), labels)
        rises.append([])
        for column in range(matrix.shape[1]):
            kept = matrix[:, column].copy()
            matrix[:, column] = draws.permutation(kept)
            rises[-1].append(_loss(margins(boosters, matrix, num_threads=task.num_threads), labels) - before)
            matrix[:, column] = kept
    rise = np.array(rises)
    error = rise.std(axis=0, ddof=1) / np.sqrt(len(rises))
    kept_columns = np.flatnonzero(rise.mean(axis=0) >= HARMFUL_BELOW * error).tolist()
    return kept_columns or list(range(task.matrix.shape[1]))


def _fit_part(task: Task, settings: Settings, rows: Rows, bags: int) -> "list[lightgbm.Booster]":
    part = np.asfortranarray(task.matrix[rows])
    return fit_bag(
        part, task.labels[rows], task.text_positions, settings, seed=task.seed, bags=bags, num_threads=task.num_threads
    )


def _loss(margin: NDArray[np.float64], labels: NDArray[np.int8]) -> float:
    return float(np.mean(np.logaddexp(0.0, margin) - labels * margin))


def _enough(labels: NDArray[np.int8]) -> bool:
    positives = int(labels.sum())
    return min(positives, labels.size - positives) >= FEWEST_OF_A_CLASS
