"""A trained ranker: it gives each customer the calibrated probability of buying when contacted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.boosting import Settings, from_text, margins
from app.scoring.learning.calibration import Calibration
from app.scoring.learning.encoding import Encoding, encode
from app.scoring.learning.evaluate import Evaluation
from app.scoring.learning.leaks import Refusal
from app.scoring.uplift.part import UpliftPart

if TYPE_CHECKING:
    import lightgbm

BLOCK_ROWS = 16_384  # whose matrix stays near the processor between its making and its reading


@dataclass(frozen=True)
class TrainedRanker:
    """All that is needed to score, and what it was made from. `metrics` and `plain_metrics` (LightGBM's own defaults)
    are of the same held-out rows, `explored_metrics` of those among them that were contacted at random; `validation` is
    forward or stratified. Settings and columns were chosen on those rows too, so `metrics` are a little kinder than what
    follows. One booster per settings of `mix`; `settings` is the first of them.
    `uplift` is there only if customers are to be put in order by it."""

    boosters: tuple[str, ...]
    encoding: Encoding
    calibration: Calibration
    settings: Settings
    seed: int
    validation: str
    metrics: Evaluation
    plain_metrics: Evaluation
    rows: int
    positives: int
    first_day: date
    last_day: date
    mix: tuple[Settings, ...] = ()
    refused: tuple[Refusal, ...] = ()
    trials: int = 0
    tuned_loss: float | None = None
    explored_metrics: Evaluation | None = None
    uplift: UpliftPart | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What it was trained with, for people to read."""
        return {
            **asdict(self.settings),
            "seed": self.seed,
            "bags": len(self.boosters),
            "mix": [asdict(settings) for settings in self.mix],
            "trials": self.trials,
            "tuned_loss": self.tuned_loss,
            "calibration": self.calibration.kind,
            "columns": self.encoding.names,
            "refused": [asdict(refusal) for refusal in self.refused],
        }


@dataclass(frozen=True)
class Importance:
    """What a column is worth: share of the gain in the boosters' splits, and rise of held-out log loss when it is shuffled
    (with its standard error; columns that did harm are `kept` False and not in the ranker, their gain is 0)."""

    column: str
    gain: float
    rise: float
    error: float
    kept: bool


@dataclass(frozen=True, eq=False)
class Training:
    """A ranker with what its report shows. `rows` (m,): positions in the examples of the rows that were judged; the other
    arrays (m,) are theirs. `scores` are held out of boosters and calibration both, `plain_scores` those of LightGBM's own
    defaults. `stopped_early`: the budget of time ended the search, so another run may find another ranker."""

    ranker: TrainedRanker
    rows: NDArray[np.int64]
    labels: NDArray[np.int8]
    weights: NDArray[np.float64]
    margins: NDArray[np.float64]
    scores: NDArray[np.float64]
    plain_scores: NDArray[np.float64]
    importance: tuple[Importance, ...]
    stopped_early: bool


def score(ranker: TrainedRanker, frame: pl.DataFrame, *, num_threads: int = 2) -> NDArray[np.float64]:
    """Calibrated probability per row of `frame`. Raises SnapshotColumnsChanged when a trained column is absent."""
    boosters = load_boosters(ranker.boosters)

    def probabilities(first: int) -> NDArray[np.float64]:
        matrix = np.ascontiguousarray(encode(frame.slice(first, BLOCK_ROWS), ranker.encoding))  # row by row is read faster
        return ranker.calibration.apply(margins(boosters, matrix, num_threads=1))

    blocks = range(0, max(frame.height, 1), BLOCK_ROWS)
    if num_threads == 1 or len(blocks) == 1:
        return np.concatenate([probabilities(first) for first in blocks])
    with ThreadPoolExecutor(num_threads) as pool:
        return np.concatenate([*pool.map(probabilities, blocks)])


def rank(scores: NDArray[np.float64], customer_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row positions from the best score to the least; of equal scores the smaller customer id goes first."""
    return np.lexsort((customer_ids, -scores)).astype(np.int64)


@lru_cache(maxsize=4)
def load_boosters(texts: tuple[str, ...]) -> list["lightgbm.Booster"]:
    """Boosters ready to predict."""
    return [from_text(text) for text in texts]
