"""Why a customer stands where they stand: the features that moved the score most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from app.scoring.learning.boosting import contributions
from app.scoring.learning.encoding import encode
from app.scoring.learning.ranker import TrainedRanker, load_boosters


@dataclass(frozen=True)
class Reason:
    """One feature of one customer. `contribution` is in calibrated log-odds: above 0 it raises the score."""

    feature: str
    value: str
    contribution: float

    @property
    def raises(self) -> bool:
        """Does it speak for this customer?"""
        return self.contribution > 0


def explain(ranker: TrainedRanker, frame: pl.DataFrame, rows: Sequence[int], *, factors: int = 3) -> list[tuple[Reason, ...]]:
    """For these row positions of `frame`, in their order, the strongest factors, strongest first.

    Meant for the top of a list: contributions (LightGBM's pred_contrib) cost far more than scores.
    """
    part = frame[list(rows)]
    values = contributions(load_boosters(ranker.boosters), encode(part, ranker.encoding)) * ranker.calibration.slope
    strongest = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :factors]
    names = ranker.encoding.names
    return [
        tuple(Reason(names[c], _as_text(part[names[c]][i]), round(float(values[i, c]), 6)) for c in columns if values[i, c])
        for i, columns in enumerate(strongest.tolist())
    ]


def _as_text(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)
