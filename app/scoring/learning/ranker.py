"""How a ranker is trained: leaks refused, settings chosen, columns that do harm left out, probabilities calibrated."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.boosting import CANDIDATES, OF_FEW, PLAIN, Settings, threads_for, to_text
from app.scoring.learning.calibration import choose_calibration
from app.scoring.learning.drawing import drawn_by_key
from app.scoring.learning.encoding import Encoding, NoFeatures, fit_encode, keep_columns
from app.scoring.learning.evaluate import Evaluation, evaluate
from app.scoring.learning.examples import Examples
from app.scoring.learning.features import feature_columns
from app.scoring.learning.labels import FEWEST_OF_A_CLASS, check_no_leak, check_trainable, enough_rows
from app.scoring.learning.leaks import Refusal, find_leaks
from app.scoring.learning.trained import Importance, TrainedRanker, Training, load_boosters, rank, score
from app.scoring.learning.tuning import FEW_FOR_CHOICE, MIX, Tuned, trials_for, tune
from app.scoring.learning.validation import (
    Folds,
    HeldOut,
    Task,
    Worth,
    column_worth,
    harmless_columns,
    held_out,
    held_out_mix,
    make_folds,
)
from app.scoring.learning.whole import FEWEST_JUDGED, Elsewhere, counted, fit_here, sampled, weights_of

if TYPE_CHECKING:
    import lightgbm

__all__ = ["Importance", "TrainedRanker", "Training", "learn", "load_boosters", "rank", "score", "train"]

MOST_JUDGED = 200_000  # rows that choices are made and probabilities calibrated on
MANY_ROWS = 1_000_000  # from here one booster is fitted, and choices are made on few rows: nothing is gained by more
JUDGED_OF_MANY = 25_000
TUNED_OF_MANY = 12_500
MOST_TUNED = 50_000
FEWEST_EXPLORED = 200


def train(examples: Examples, *, seed: int, **options: Any) -> TrainedRanker:
    """The ranker of `learn`, without what its report shows."""
    return learn(examples, seed=seed, **options).ranker


def learn(
    examples: Examples,
    *,
    seed: int,
    list_size: int | None = None,
    candidates: tuple[Settings, ...] | None = None,
    bags: int = MIX,
    num_threads: int = 2,
    label_window: int = 0,
    allow: Collection[str] = (),
    trials: int | None = None,
    budget_seconds: float | None = None,
    elsewhere: Elsewhere | None = None,
) -> Training:
    """Learn from examples; of contacted and control ones the contacted teach. The same arguments give the same bytes, unless
    `budget_seconds` ends the search. Leaking columns are refused, unless in `allow`. `list_size`: length of the list judged.
    `label_window`: days in which an outcome was open. `candidates`: nothing else is tried. `bags`: boosters. `elsewhere`: where
    all that teaches is, of which `examples` are the sample. Raises TrainingDataMissing, OneOutcomeOnly, FeatureLeak, NoFeatures.
    """
    places, taught = those_that_teach(examples)
    drawn = np.arange(taught.rows) if elsewhere else sampled(taught, seed=seed)
    some = taught if drawn.size == taught.rows else taught.at(drawn)
    many = (elsewhere.rows if elsewhere else taught.rows) > MANY_ROWS
    refused, encoding, matrix = _columns(some, allow, seed, num_threads)
    judging, at = _judging_task(some, encoding, matrix, seed, num_threads, label_window, many=many)
    with ThreadPoolExecutor(1) as beside:
        plain_held = _beside(beside, judging, lambda: held_out(judging, PLAIN))
        tuned = _tune(judging, candidates, bags, trials, budget_seconds, many=many)
        kept = harmless_columns(worth := column_worth(judging, tuned.mix[0]))
        held, plain = held_out_mix(judging.only(kept), tuned.mix), plain_held()
    chosen, whole = (
        encoding.keep(kept),
        keep_columns(matrix, kept) if some is taught else None,
    )  # nobody needs the others any more
    boosters = (elsewhere.fit if elsewhere else fit_here(taught, whole, num_threads))(chosen, tuned.mix, seed)
    scores, plain_scores = cross_calibrated(held, seed=seed), cross_calibrated(plain, seed=seed)
    ranker = TrainedRanker(
        boosters=tuple(to_text(booster) for booster in boosters),
        encoding=chosen,
        calibration=choose_calibration(held.margins, held.labels, held.weights, seed=seed),
        seed=seed,
        validation=judging.folds.kind,
        **_judged(held, scores, plain_scores, some.explored[at[held.rows]], list_size),
        **(elsewhere.counts if elsewhere else counted(taught)),
        **_chosen(tuned),
        refused=refused,
    )
    told = _importance(encoding, worth, kept, boosters)
    return _training(ranker, places[drawn[at[held.rows]]], held, scores, plain_scores, told, tuned.stopped_early)


def _columns(
    taught: Examples, allow: Collection[str], seed: int, num_threads: int
) -> tuple[tuple[Refusal, ...], Encoding, NDArray[np.float32]]:
    """What is refused as a leak, and the codes and the matrix of all else."""
    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(find_leaks, taught.frame, taught.labels, allow=allow, seed=seed)
        encoding, matrix = fit_encode(taught.frame, at_once=num_threads)
        refused = looking.result()
    names = {refusal.column for refusal in refused}
    if names.isdisjoint(encoding.names):
        return refused, encoding, matrix
    if allow:  # what is allowed may repeat what is refused, and was dropped for that
        return refused, *fit_encode(taught.frame.drop(names), at_once=num_threads)
    kept = [place for place, name in enumerate(encoding.names) if name not in names]
    if not kept:
        raise NoFeatures("features", f"at least one column that is no leak; refused are {', '.join(sorted(names))}")
    return refused, encoding.keep(kept), keep_columns(matrix, kept)


def _beside(pool: ThreadPoolExecutor, task: Task, work: Callable[[], HeldOut]) -> Callable[[], HeldOut]:
    """Done by another thread where this one has a core to spare, which LightGBM leaves on few rows; else when it is asked for."""
    spare = task.num_threads > 1 and threads_for(task.labels.size, task.num_threads) == 1
    return pool.submit(work).result if spare else work


def cross_calibrated(held: HeldOut, *, seed: int) -> NDArray[np.float64]:
    """Probabilities of held-out rows by a calibration fitted to the other half of them, both ways."""
    half = np.random.default_rng(seed).permutation(held.labels.size) % 2 == 0
    scores = np.empty(held.labels.size)
    for part in (half, ~half):
        weights = None if held.weights is None else held.weights[~part]
        fitted = choose_calibration(held.margins[~part], held.labels[~part], weights, seed=seed)
        scores[part] = fitted.apply(held.margins[part])
    return scores


def those_that_teach(examples: Examples) -> tuple[NDArray[np.int64], Examples]:
    """The contacted examples, where there are any, and their positions among all; what cannot teach is refused."""
    places = np.flatnonzero(examples.treated) if examples.treated.any() else np.arange(examples.rows)
    taught = examples if places.size == examples.rows else examples.only(examples.treated)
    check_no_leak(taught.frame)
    check_trainable(taught.labels)
    return places, taught


def _judging_task(
    examples: Examples,
    encoding: Encoding,
    matrix: NDArray[np.float32],
    seed: int,
    num_threads: int,
    label_window: int,
    *,
    many: bool,
) -> tuple[Task, NDArray[np.int64]]:
    """The examples that choices are made on, and their positions: all, or of very `many` a part drawn by key."""
    weights, labels, frame = weights_of(examples), examples.labels, examples.frame
    most = enough_rows(labels, JUDGED_OF_MANY if many else MOST_JUDGED, fewest=FEWEST_JUDGED)
    at = np.arange(examples.rows)
    if examples.rows > most:
        at = drawn_by_key(frame, most, seed=seed)
        frame, labels, matrix = frame[at.tolist()], labels[at], np.asfortranarray(matrix[at])
        weights = None if weights is None else weights[at]
    folds = make_folds(
        frame["as_of"].to_list(),
        labels,
        frame["customer_id"].to_numpy(),
        seed=seed,
        label_window=label_window,
        rows_hash=hash_rows(frame),
    )
    if many:
        folds = Folds(folds.kind, folds.pairs[-2:])
    return Task(matrix, labels, encoding.text_positions, folds, seed, num_threads, weights), at


def hash_rows(frame: pl.DataFrame) -> NDArray[np.uint64]:
    """A number per row that is equal where all figures are."""
    return frame.select(feature_columns(frame)).hash_rows(seed=0).to_numpy()


def _tune(
    task: Task, candidates: tuple[Settings, ...] | None, bags: int, trials: int | None, budget: float | None, *, many: bool
) -> Tuned:
    """Settings chosen on a part of the task, where it is large."""
    most = enough_rows(task.labels, TUNED_OF_MANY if many else MOST_TUNED, fewest=FEWEST_JUDGED // 2)
    wanted = trials or (len(candidates) if candidates else trials_for(task.labels.size, many=many))
    known = candidates or (CANDIDATES + OF_FEW if task.labels.size < FEW_FOR_CHOICE else CANDIDATES)
    return tune(task.part(most), known, trials=wanted, members=1 if many else bags, budget_seconds=budget)


def _chosen(tuned: Tuned) -> dict[str, Any]:
    return {"settings": tuned.mix[0], "mix": tuned.mix, "trials": tuned.trials, "tuned_loss": tuned.loss}


def _judged(
    held: HeldOut,
    scores: NDArray[np.float64],
    plain_scores: NDArray[np.float64],
    explored: NDArray[np.bool_],
    list_size: int | None,
) -> dict[str, Any]:
    """The figures of held-out scores, of the defaults' on the same rows, and of those rows that were contacted at random."""
    return {
        "metrics": evaluate(held.labels, scores, list_size=list_size, weights=held.weights),
        "plain_metrics": evaluate(held.labels, plain_scores, list_size=list_size, weights=held.weights),
        "explored_metrics": _of_explored(explored, held, scores),
    }


def _of_explored(explored: NDArray[np.bool_], held: HeldOut, scores: NDArray[np.float64]) -> Evaluation | None:
    """Figures of the judged rows that were contacted at random, where they are enough to say anything."""
    found = held.labels[explored]
    if found.size < FEWEST_EXPLORED or min(found.sum(), found.size - found.sum()) < FEWEST_OF_A_CLASS:
        return None
    return evaluate(found, scores[explored], weights=None if held.weights is None else held.weights[explored])


def _importance(
    encoding: Encoding, worth: list[Worth], kept: list[int], boosters: "list[lightgbm.Booster]"
) -> tuple[Importance, ...]:
    gains = np.zeros(len(worth))
    gains[kept] = np.sum([booster.feature_importance("gain") for booster in boosters], axis=0)
    shares = gains / max(gains.sum(), 1e-12)
    found = [
        Importance(name, float(shares[i]), worth[i].rise, worth[i].error, i in set(kept)) for i, name in enumerate(encoding.names)
    ]
    return tuple(sorted(found, key=lambda one: (-one.rise, one.column)))


def _training(
    ranker: TrainedRanker,
    rows: NDArray[np.int64],
    held: HeldOut,
    scores: NDArray[np.float64],
    plain_scores: NDArray[np.float64],
    importance: tuple[Importance, ...],
    stopped_early: bool,
) -> Training:
    weights = np.ones(held.labels.size) if held.weights is None else held.weights
    return Training(ranker, rows, held.labels, weights, held.margins, scores, plain_scores, importance, stopped_early)
