"""Why a customer stands where they stand: the features that moved the score most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl

from app.scoring.learning.boosting import contributions
from app.scoring.learning.encoding import encode
from app.scoring.learning.ranker import TrainedRanker, load_boosters

LOW_SHARE, HIGH_SHARE = 0.25, 0.75  # "most customers" are three in four
SAMPLED_EVERY = 50
SAMPLED_FROM = 5_000


class Standing(StrEnum):
    """Where a customer's number stands among all customers."""

    LOW = "low"
    USUAL = "usual"
    HIGH = "high"


@dataclass(frozen=True)
class Reason:
    """One feature of one customer. `contribution` is in calibrated log-odds: above 0 it raises the score.

    `standing` is None for what is no number, is missing, or where the other customers' numbers are not known.
    """

    feature: str
    value: float | int | bool | str | None
    contribution: float
    standing: Standing | None = None

    @property
    def raises(self) -> bool:
        """Does it speak for this customer?"""
        return self.contribution > 0


Bounds = Mapping[str, tuple[float, float]]


def explain(
    ranker: TrainedRanker, frame: pl.DataFrame, rows: Sequence[int], *, factors: int = 3, bounds: Bounds | None = None
) -> list[tuple[Reason, ...]]:
    """For these row positions of `frame`, in their order, the strongest factors, strongest first.

    Meant for the top of a list: contributions (LightGBM's pred_contrib) cost far more than scores. `bounds`: see `bounds_of`.
    """
    part = frame[list(rows)]
    values = contributions(load_boosters(ranker.boosters), encode(part, ranker.encoding)) * ranker.calibration.steepness
    strongest = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :factors]
    names = ranker.encoding.names
    known = bounds or {}
    return [
        tuple(_reason(names[c], part[names[c]][i], values[i, c], known) for c in columns if values[i, c])
        for i, columns in enumerate(strongest.tolist())
    ]


def sample_rows(frame: pl.DataFrame, ranker: TrainedRanker) -> pl.DataFrame:
    """The numbers of some of the customers, for `bounds_of`: all where they are few, else every fiftieth."""
    names = [column.name for column in ranker.encoding.columns if column.kind == "number" and column.name in frame.columns]
    part = frame.select(names)
    part = part.gather_every(SAMPLED_EVERY) if part.height >= SAMPLED_FROM else part
    return part.with_columns(pl.col(names).cast(pl.Float64, strict=False))


def bounds_of(sample: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """By column, below which number the lowest quarter of the customers is, and above which the highest."""
    found = {}
    for name in sample.columns:
        values = sample[name].drop_nulls().drop_nans()
        if values.len():
            low, high = values.quantile(LOW_SHARE, "lower"), values.quantile(HIGH_SHARE, "higher")
            found[name] = (float(low or 0), float(high or 0))
    return found


def standing_of(value: Any, bounds: tuple[float, float] | None) -> Standing | None:
    """Strictly outside the bounds is low or high: of equal numbers none is more than most."""
    if bounds is None or value is None or isinstance(value, bool | str):
        return None
    low, high = bounds
    return Standing.LOW if value < low else Standing.HIGH if value > high else Standing.USUAL


def _reason(feature: str, value: Any, contribution: float, bounds: Bounds) -> Reason:
    plain = _plain(value)
    return Reason(feature, plain, round(float(contribution), 6), standing_of(plain, bounds.get(feature)))


def _plain(value: Any) -> float | int | bool | str | None:
    """As JSON holds it; float32 without the tail that makes 0.1 a 0.10000000149."""
    if isinstance(value, float):
        return float(f"{value:.7g}") if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
