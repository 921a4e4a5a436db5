"""Which examples judge and which teach: forward in time where the dates allow, never one customer or one row on both sides."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.core.errors import Invalid
from app.scoring.learning.boosting import Matrix, Settings, fit_mix, margins
from app.scoring.learning.calibration import fit_calibration, log_loss
from app.scoring.learning.labels import FEWEST_OF_A_CLASS

if TYPE_CHECKING:
    import lightgbm

Rows = NDArray[np.int64]
Weights = NDArray[np.float64]
BLOCKS = 5
FEWEST_FORWARD = 2
HARMFUL_BELOW = -1.0
ENOUGH_FOR_TWO_FOLDS = 10_000  # rows: what two folds judge tells settings apart, for half the time
MOST_SHUFFLED = 2_000_000  # values (rows x columns) shuffled in a fold to see what a column is worth


class PeriodsOverlap(Invalid):
    """An outcome was not known yet when what it is to teach was judged."""

    code = "periods_overlap"


@dataclass(frozen=True)
class Folds:
    """Pairs of rows to train on and rows to judge on. `kind`: forward or stratified."""

    kind: str
    pairs: tuple[tuple[Rows, Rows], ...]


@dataclass(frozen=True)
class Task:
    """What is learned from: matrix (n, columns), labels (n,), positions of coded columns, folds, seed, threads, weights (n,)."""

    matrix: Matrix
    labels: NDArray[np.int8]
    text_positions: list[int]
    folds: Folds
    seed: int
    num_threads: int
    weights: Weights | None = None

    def only(self, columns: list[int]) -> "Task":
        """The same task on some of its columns."""
        texts = [new for new, old in enumerate(columns) if old in self.text_positions]
        matrix = np.asfortranarray(self.matrix[:, columns])
        return Task(matrix, self.labels, texts, self.folds, self.seed, self.num_threads, self.weights)

    def part(self, most: int) -> "Task":
        """The same with at most so many rows, drawn at random, and two folds where they judge enough: the latest, if forward."""
        if self.labels.size >= ENOUGH_FOR_TWO_FOLDS:
            self = replace(self, folds=Folds(self.folds.kind, self.folds.pairs[-2:]))
        if self.labels.size <= most:
            return self
        draws = np.random.default_rng(self.seed)
        share = most / self.labels.size
        pairs = tuple(
            tuple(np.sort(draws.permutation(rows)[: int(rows.size * share)]) for rows in pair) for pair in self.folds.pairs
        )
        return replace(self, folds=Folds(self.folds.kind, tuple((a, b) for a, b in pairs)))

    def weights_of(self, rows: Rows) -> Weights | None:
        """Their weights, None where all are 1."""
        return None if self.weights is None else self.weights[rows]


@dataclass(frozen=True)
class HeldOut:
    """Margins of the rows some fold judged, made by boosters that had not seen them."""

    rows: Rows
    margins: NDArray[np.float64]
    labels: NDArray[np.int8]
    weights: Weights | None = None

    @property
    def loss(self) -> float:
        """Log loss after calibration: what candidates are compared by (a proper score, unlike AUC)."""
        fitted = fit_calibration(self.margins, self.labels, self.weights)
        return log_loss(fitted.log_odds(self.margins), self.labels, self.weights)


@dataclass(frozen=True)
class Worth:
    """What a column does: loss when it is shuffled less loss when it is not, in held-out log loss, with its standard error."""

    rise: float
    error: float


def make_folds(
    dates: list[date],
    labels: NDArray[np.int8],
    customer_ids: NDArray[np.int64],
    *,
    seed: int,
    label_window: int = 0,
    rows_hash: NDArray[np.uint64] | None = None,
) -> Folds:
    """Blocks of days, each judged by what was known before its first day; a day is never divided.

    An example teaches only where its label window of so many days ended before that first day. Where days or outcomes are
    too few for two such blocks, stratified folds that keep a customer's examples, and exact repeats of a row, together.
    """
    days = np.array(dates, dtype="datetime64[D]")
    edges = np.unique(np.sort(days)[[len(days) * i // BLOCKS for i in range(1, BLOCKS)]])
    block = np.searchsorted(edges, days, side="right")
    window = np.timedelta64(label_window, "D")
    pairs = [(np.flatnonzero(days + window < edges[i - 1]), np.flatnonzero(block == i)) for i in range(1, len(edges) + 1)]
    able = tuple((a, b) for a, b in pairs if _enough(labels[a]) and _enough(labels[b]))
    if len(edges) == BLOCKS - 1 and len(able) >= FEWEST_FORWARD:
        check_apart(days, able, label_window)
        return Folds("forward", able)
    return grouped_folds(labels, connected(customer_ids, rows_hash), folds=BLOCKS - 1, seed=seed)


def check_apart(days: NDArray[np.datetime64], pairs: tuple[tuple[Rows, Rows], ...], label_window: int) -> None:
    """Raise PeriodsOverlap where an example that teaches had an open label window on the first day that is judged."""
    for teaching, judged in pairs:
        last = days[teaching].max() + np.timedelta64(label_window, "D")
        if last >= days[judged].min():
            raise PeriodsOverlap("periods", f"windows that end before {days[judged].min()}, got one that ends on {last}")


def grouped_folds(labels: NDArray[np.int8], groups: Rows, *, folds: int, seed: int) -> Folds:
    """scikit-learn's stratified folds of this seed; all rows of a group go where its first row goes."""
    from sklearn.model_selection import StratifiedKFold  # a second to import, which only those pay who train or rank

    fold = np.empty(labels.size, dtype=np.int64)
    for i, (_, judged) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros(labels.size), labels)):
        fold[judged] = i
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    fold = fold[first][group]
    pairs = ((np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(folds))
    return Folds("stratified", tuple((a, b) for a, b in pairs if a.size and b.size))


def connected(customer_ids: Rows, rows_hash: NDArray[np.uint64] | None) -> Rows:
    """One group per customer; customers who share an exact row are one group.

    Where more than half of the rows repeat another, the table is coarse: equal rows are different people and no repeats.
    """
    _, customer = np.unique(customer_ids, return_inverse=True)
    if rows_hash is None:
        return customer
    _, row = np.unique(rows_hash, return_inverse=True)
    if 2 * (row.max() + 1) < row.size or row.max() + 1 == row.size:
        return customer
    from scipy.sparse import coo_matrix  # a second to import, which only those pay who train or rank
    from scipy.sparse.csgraph import connected_components

    count = int(customer.max()) + 1
    size = count + int(row.max()) + 1
    links = coo_matrix((np.ones(row.size, dtype=np.int8), (customer, count + row)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1][customer], dtype=np.int64)


def held_out(task: Task, settings: Settings, *, bags: int = 1) -> HeldOut:
    """Margins of every judged row."""
    return held_out_mix(task, (settings,) * bags)


def held_out_mix(task: Task, mix: tuple[Settings, ...]) -> HeldOut:
    """Margins of every judged row, averaged over a booster of each of these settings."""
    parts = [margins(fit_part(task, mix, a), task.matrix[b], num_threads=task.num_threads) for a, b in task.folds.pairs]
    rows = judged_rows(task)
    return HeldOut(rows, np.concatenate(parts), task.labels[rows], task.weights_of(rows))


def judged_rows(task: Task) -> Rows:
    """The rows that are judged, fold by fold."""
    return np.concatenate([b for _, b in task.folds.pairs])


def column_worth(task: Task, settings: Settings) -> list[Worth]:
    """What each column is worth by shuffling it among judged rows (permutation importance, Breiman 2001)."""
    draws = np.random.default_rng(task.seed)
    most = max(500, MOST_SHUFFLED // (task.matrix.shape[1] ** 2))
    rises: list[list[float]] = []
    for train, judge in task.folds.pairs:
        boosters = fit_part(task, (settings,), train)
        judge = np.sort(draws.permutation(judge)[:most])
        matrix, labels, weights = task.matrix[judge].copy(order="F"), task.labels[judge], task.weights_of(judge)
        before = log_loss(margins(boosters, matrix, num_threads=task.num_threads), labels, weights)
        rises.append([])
        for column in range(matrix.shape[1]):
            kept = matrix[:, column].copy()
            matrix[:, column] = draws.permutation(kept)
            rises[-1].append(log_loss(margins(boosters, matrix, num_threads=task.num_threads), labels, weights) - before)
            matrix[:, column] = kept
    rise = np.array(rises)
    error = rise.std(axis=0, ddof=1) / np.sqrt(len(rises))
    return [Worth(float(r), float(e)) for r, e in zip(rise.mean(axis=0), error, strict=True)]


def harmless_columns(worth: list[Worth]) -> list[int]:
    """Columns to keep: all but those whose shuffling makes held-out predictions better by more than a standard error."""
    kept = [i for i, column in enumerate(worth) if column.rise >= HARMFUL_BELOW * column.error]
    return kept or list(range(len(worth)))


def fit_part(task: Task, mix: tuple[Settings, ...], rows: Rows) -> "list[lightgbm.Booster]":
    """Boosters of these rows only."""
    return fit_mix(
        np.asfortranarray(task.matrix[rows]),
        task.labels[rows],
        task.text_positions,
        mix,
        seed=task.seed,
        num_threads=task.num_threads,
        weights=task.weights_of(rows),
    )


def _enough(labels: NDArray[np.int8]) -> bool:
    positives = int(labels.sum())
    return min(positives, labels.size - positives) >= FEWEST_OF_A_CLASS
