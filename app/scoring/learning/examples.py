"""What a ranker learns from: rows of figures with their outcome, and how each row came to be (pure)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Examples:
    """n examples, one row each, in one order.

    frame: customer_id, as_of (day), snapshot_date (day before it), then features. labels: 0 or 1. weights: above 0, of mean
    about 1 (inverse of the probability of having been selected, clipped). treated: contacted; False is a control, whom nobody
    contacted. explored: the contact was drawn at random, so that this slice shows no choice of ours.
    """

    frame: pl.DataFrame
    labels: NDArray[np.int8]
    weights: NDArray[np.float64]
    treated: NDArray[np.bool_]
    explored: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for values in (self.labels, self.weights, self.treated, self.explored):
            if values.shape != (self.frame.height,):
                raise ValueError(f"expected one value per row, got {values.shape} for {self.frame.height} rows")

    @property
    def rows(self) -> int:
        """How many."""
        return self.frame.height

    def only(self, kept: NDArray[np.bool_]) -> "Examples":
        """Those rows."""
        return self._with(self.frame.filter(pl.Series(kept)), kept)

    def at(self, places: NDArray[np.int64]) -> "Examples":
        """The rows at these positions, in their order."""
        return self._with(self.frame.select(pl.all().gather(places)), places)

    def _with(self, frame: pl.DataFrame, rows: NDArray[Any]) -> "Examples":
        return Examples(frame, self.labels[rows], self.weights[rows], self.treated[rows], self.explored[rows])


def plain_examples(frame: pl.DataFrame, labels: NDArray[np.int8]) -> Examples:
    """Examples that were all contacted, none of them at random, each of weight 1."""
    n = frame.height
    return Examples(frame, labels, np.ones(n), np.ones(n, dtype=bool), np.zeros(n, dtype=bool))
