"""All examples that teach, here or in other processes, and the sample of them on which all is decided but the trees (pure)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.boosting import Matrix, Settings, fit_mix
from app.scoring.learning.drawing import drawn_by_key
from app.scoring.learning.encoding import Encoding, encode
from app.scoring.learning.examples import Examples
from app.scoring.learning.labels import enough_rows

if TYPE_CHECKING:
    import lightgbm

MOST_SAMPLED = 200_000
MOST_OF_RARE = 500_000  # the same where an outcome is rare
FEWEST_JUDGED = 2_000  # of the rarer outcome, where there are so many
Fit = Callable[[Encoding, Sequence[Settings], int], "list[lightgbm.Booster]"]


@dataclass(frozen=True)
class Elsewhere:
    """All that teaches, in other processes. `counts`: as of `counted`. `fit`: a booster for each of the settings, from these
    columns and a seed."""

    counts: dict[str, Any]
    fit: Fit

    @property
    def rows(self) -> int:
        """How many."""
        return int(self.counts["rows"])


def sampled(examples: Examples, *, seed: int) -> NDArray[np.int64]:
    """Positions, rising, of the sample of examples that teach: of the same ones the same sample, in whatever order they are."""
    most = min(enough_rows(examples.labels, MOST_SAMPLED, fewest=FEWEST_JUDGED), MOST_OF_RARE)
    return drawn_by_key(examples.frame, most, seed=seed)


def counted(examples: Examples) -> dict[str, Any]:
    """What a ranker says of the examples that taught it."""
    days = examples.frame["as_of"]
    positives = int(examples.labels.sum())
    return {"rows": examples.rows, "positives": positives, "first_day": days.min(), "last_day": days.max()}


def weights_of(examples: Examples) -> NDArray[np.float64] | None:
    """None where all weigh the same, which LightGBM then need not read."""
    return None if (examples.weights == examples.weights[0]).all() else examples.weights


def fit_here(examples: Examples, matrix: Matrix | None, num_threads: int) -> Fit:
    """A fit to all of these examples in this process. `matrix`: theirs, where it is made already."""

    def fit(encoding: Encoding, mix: Sequence[Settings], seed: int) -> "list[lightgbm.Booster]":
        made = encode(examples.frame, encoding, at_once=num_threads) if matrix is None else matrix
        options: dict[str, Any] = {"seed": seed, "num_threads": num_threads, "weights": weights_of(examples)}
        return fit_mix(made, examples.labels, encoding.text_positions, mix, **options)

    return fit
