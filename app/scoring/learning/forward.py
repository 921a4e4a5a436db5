"""A ranker forward in time: each block of days is scored by what was known before it, with and without rolling recalibration."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import logit

from app.core.errors import Invalid
from app.scoring.learning.boosting import Settings
from app.scoring.learning.calibration import Calibration
from app.scoring.learning.contenders import as_examples
from app.scoring.learning.evaluate import Evaluation, calibration_error, evaluate
from app.scoring.learning.labels import FEWEST_OF_A_CLASS
from app.scoring.learning.ranker import Training, learn, score
from app.scoring.learning.rolling import roll
from app.scoring.learning.tuning import MOST_ROUNDS

Times = NDArray[np.int64]
FIRST_SHARE = 0.2
BLOCKS = 10
PSEUDO_DAYS = 200


class TooShort(Invalid):
    """There is too little time in the file to look forward."""

    code = "extract.too_short"


@dataclass(frozen=True)
class Block:
    """Rows between two times, both included. `error` and `rolled_error`: calibration error without and with rolling
    recalibration; `auc` and `rolled_auc` likewise, None where the block has one outcome only."""

    first: int
    last: int
    rows: int
    base_rate: float
    auc: float | None
    rolled_auc: float | None
    error: float
    rolled_error: float


@dataclass(frozen=True)
class Forward:
    """All blocks, and all their rows together without and with rolling recalibration. `taught`: rows before the first block."""

    blocks: tuple[Block, ...]
    plain: Evaluation
    rolled: Evaluation
    taught: int


def look_forward(
    frame: pl.DataFrame,
    labels: NDArray[np.int8],
    times: Times,
    *,
    seed: int,
    label_window: int = 0,
    budget_seconds: float | None = None,
) -> Forward:
    """Train on the first fifth, score the next of ten blocks, add it to what teaches, and so on.

    Rows are in the order of `times`. A row teaches a block (trees and calibration) only if its time plus `label_window` is
    before the block, and recalibrates a row only if it is before that row. Settings are searched for before the first block.
    Raises TooShort.
    """
    edges = _edges(times)
    odds, mix = np.empty(labels.size), None
    past: tuple[NDArray[np.float64], NDArray[np.int8], Times] | None = None
    for first, last in pairwise(edges):
        known = int(np.searchsorted(times, times[first] - label_window, side="left"))
        _check_enough(labels[:known])
        training = _learn(frame[:known], labels[:known], times[:known], seed, label_window, mix, budget_seconds)
        odds[first:last] = logit(np.clip(score(training.ranker, frame[first:last]), 1e-9, 1 - 1e-9))
        mix = training.ranker.mix
        past = past or (logit(np.clip(training.scores, 1e-9, 1 - 1e-9)), training.labels, times[training.rows])
    start = edges[0]
    seen, judged, when = past or (np.empty(0), labels[:0], times[:0])
    order = np.argsort(when, kind="stable")
    rolled = roll(
        np.concatenate([seen[order], odds[start:]]),
        np.concatenate([judged[order], labels[start:]]),
        np.concatenate([when[order], times[start:]]),
        base=Calibration(1.0, 0.0),
        delay=label_window,
    )[seen.size :]
    scores = Calibration(1.0, 0.0).apply(odds[start:])
    blocks = tuple(
        _block(labels[a:b], times[a:b], scores[a - start : b - start], rolled[a - start : b - start]) for a, b in pairwise(edges)
    )
    return Forward(blocks, evaluate(labels[start:], scores), evaluate(labels[start:], rolled), start)


def _edges(times: Times) -> list[int]:
    """Where blocks begin, and the end; a time is never divided."""
    wanted = (times.size * (FIRST_SHARE + (1 - FIRST_SHARE) * np.arange(BLOCKS) / BLOCKS)).astype(int)
    starts = np.unique(np.searchsorted(times, times[wanted], side="left"))
    starts = starts[starts > 0]
    if starts.size < 2:
        raise TooShort("time", "at least three different times, so that there is something to look forward to")
    return [*starts.tolist(), times.size]


def _check_enough(labels: NDArray[np.int8]) -> None:
    if min(int(labels.sum()), int(labels.size - labels.sum())) < FEWEST_OF_A_CLASS:
        raise TooShort("time", f"{FEWEST_OF_A_CLASS} rows of either outcome whose label was known before the first block")


def _learn(
    frame: pl.DataFrame,
    labels: NDArray[np.int8],
    times: Times,
    seed: int,
    label_window: int,
    mix: tuple[Settings, ...] | None,
    budget: float | None,
) -> Training:
    """A ranker validated forward in time; later blocks choose among the settings of the first only."""
    candidates = None if mix is None else tuple(dict.fromkeys(replace(settings, rounds=MOST_ROUNDS) for settings in mix))
    span = int(times[-1] - times[0]) + 1
    days = times - times[0] if span <= 20_000 else np.arange(times.size) * PSEUDO_DAYS // times.size
    window = label_window if span <= 20_000 else int(np.ceil(label_window * PSEUDO_DAYS / span))
    examples = as_examples(frame, labels, days)
    return learn(examples, seed=seed, candidates=candidates, allow=frame.columns, label_window=window, budget_seconds=budget)


def _block(labels: NDArray[np.int8], times: Times, scores: NDArray[np.float64], rolled: NDArray[np.float64]) -> Block:
    both = 0 < labels.mean() < 1
    return Block(
        first=int(times[0]),
        last=int(times[-1]),
        rows=labels.size,
        base_rate=float(labels.mean()),
        auc=evaluate(labels, scores).auc if both else None,
        rolled_auc=evaluate(labels, rolled).auc if both else None,
        error=calibration_error(labels, scores),
        rolled_error=calibration_error(labels, rolled),
    )
