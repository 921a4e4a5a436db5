"""The whole judgement of an extract: what may teach, how good a ranker of it is, forward in time, and of whom a contact moves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from app.core.errors import Invalid
from app.scoring.learning.contenders import CrossValidation, cross_validate
from app.scoring.learning.encoding import NoFeatures
from app.scoring.learning.extract import PREFIX, Extract, LeftOut, prepare, shown
from app.scoring.learning.forward import Forward, look_forward
from app.scoring.learning.leaks import Refusal, find_leaks
from app.scoring.options import LARGEST_SEED, check_budget, check_within

FEWEST_FOLDS, MOST_FOLDS = 2, 20


@dataclass(frozen=True, eq=False)
class Judgement:
    """What was found. `extract` is what was learned from, without the refused columns."""

    extract: Extract
    refused: tuple[Refusal, ...]
    folds: CrossValidation | None
    forward: Forward | None

    @property
    def used(self) -> list[str]:
        """Columns that were learned from, as they are named in the file."""
        return [shown(name) for name in self.extract.frame.columns]

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Columns that cannot teach."""
        return self.extract.left_out


def judge_extract(
    table: pl.DataFrame,
    *,
    label: str,
    positive: str | None = None,
    treatment: str | None = None,
    time: str | None = None,
    label_window: int = 0,
    allow: Collection[str] = (),
    folds: int = 5,
    seed: int,
    budget_seconds: float | None = None,
    peer: bool = False,
    today: date,
) -> Judgement:
    """Judge a table: forward in time where `time` names a column, on random folds where it does not.

    `label_window`: so much later (days, or units of `time`) a label is known. Raises Invalid kinds.
    """
    if not FEWEST_FOLDS <= folds <= MOST_FOLDS:
        raise Invalid("folds", f"a whole number from {FEWEST_FOLDS} to {MOST_FOLDS}, got {folds}")
    check_within("seed", seed, 0, LARGEST_SEED)
    check_budget(budget_seconds)
    if label_window < 0:
        raise Invalid("label-window", f"0 or more, got {label_window}")
    if label_window and time is None:
        raise Invalid("label-window", "a column of --time with it, in whose days it is counted")
    extract = prepare(table, label=label, positive=positive, treatment=treatment, time=time, allow=allow, today=today)
    allowed = {*allow, *(PREFIX + name for name in allow)}
    refused = find_leaks(extract.frame, extract.labels, allow=allowed, seed=seed, columns=extract.frame.columns)
    extract = extract.without([refusal.column for refusal in refused])
    if not extract.frame.width:
        raise NoFeatures(
            "features", f"at least one column that can teach; of {table.width} columns {_why_none(extract, refused)}"
        )
    if extract.times is not None:
        found = look_forward(
            extract.frame, extract.labels, extract.times, seed=seed, label_window=label_window, budget_seconds=budget_seconds
        )
        return Judgement(extract, refused, None, found)
    cross = cross_validate(extract.frame, extract.labels, folds=folds, seed=seed, peer=peer, budget_seconds=budget_seconds)
    return Judgement(extract, refused, cross, None)


def _why_none(extract: Extract, refused: Collection[Refusal]) -> str:
    left_out = [(one.column, one.reason) for one in extract.left_out] + [(one.column, one.reason) for one in refused]
    return "; ".join(f"{shown(column)}: {reason}" for column, reason in left_out) or "there is but the label"


def choices(judgement: Judgement) -> list[dict[str, Any]]:
    """What each fold chose: settings of its boosters, how many were tried, how it is calibrated, columns that did harm."""
    rankers = judgement.folds.rankers if judgement.folds else ()
    names = judgement.extract.frame.columns
    return [
        {
            "trials": ranker.trials,
            "mix": [f"{s.rounds} x {s.num_leaves} leaves at {s.learning_rate:.3g}" for s in ranker.mix],
            "calibration": ranker.calibration.kind,
            "unused": [shown(name) for name in names if name not in ranker.encoding.names],
        }
        for ranker in rankers
    ]
