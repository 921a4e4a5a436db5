"""LightGBM as Gridwork uses it: small regularised trees, a few seeds averaged, the same bytes for the same input."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import lightgbm

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """What of LightGBM is varied; names as there (`rounds` = trees)."""

    rounds: int
    learning_rate: float
    num_leaves: int
    min_data_in_leaf: int
    feature_fraction: float
    lambda_l2: float


PLAIN = Settings(100, 0.1, 31, 20, 1.0, 0.0)  # LightGBM's own defaults: what every choice is compared with
CANDIDATES = (
    Settings(250, 0.03, 4, 20, 0.5, 5.0),
    Settings(150, 0.03, 15, 20, 0.3, 1.0),
    Settings(200, 0.05, 15, 20, 0.8, 1.0),
)
FEWEST_ROWS_FOR_THREADS = 50_000  # below this, threads waiting for each other cost more than they save


def fit(
    matrix: Matrix, labels: NDArray[np.int8], text_positions: list[int], settings: Settings, *, seed: int, num_threads: int
) -> "lightgbm.Booster":
    """One booster of log-odds. Deterministic in its arguments, `num_threads` apart, which only changes the time taken."""
    plain = settings == PLAIN
    parameters: dict[str, Any] = {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_data_in_leaf,
        "feature_fraction": settings.feature_fraction,
        "lambda_l2": settings.lambda_l2,
        "bagging_fraction": 1.0 if plain else 0.7,
        "bagging_freq": 0 if plain else 1,
        "cat_smooth": 10 if plain else 50,
        "cat_l2": 10 if plain else 50,
        "seed": seed,
        "num_threads": _threads(matrix, num_threads),
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    import lightgbm  # a second to import, which only those pay who train or rank

    data = lightgbm.Dataset(matrix, labels, categorical_feature=text_positions, params={"verbosity": -1})
    return lightgbm.train(parameters, data, settings.rounds)


def fit_bag(
    matrix: Matrix,
    labels: NDArray[np.int8],
    text_positions: list[int],
    settings: Settings,
    *,
    seed: int,
    bags: int,
    num_threads: int,
) -> list["lightgbm.Booster"]:
    """Boosters that differ in their seed only; their mean moves less from seed to seed than one does."""
    return [fit(matrix, labels, text_positions, settings, seed=seed * 1000 + i, num_threads=num_threads) for i in range(bags)]


def margins(boosters: Sequence["lightgbm.Booster"], matrix: Matrix, *, num_threads: int) -> NDArray[np.float64]:
    """Mean log-odds per row."""
    total = np.zeros(matrix.shape[0])
    for booster in boosters if matrix.shape[0] else ():
        total += booster.predict(matrix, raw_score=True, num_threads=_threads(matrix, num_threads))
    return total / len(boosters)


def contributions(boosters: Sequence["lightgbm.Booster"], matrix: Matrix) -> NDArray[np.float64]:
    """Mean contribution to the log-odds, rows x columns (TreeSHAP: Lundberg, Erion, Lee 2018; without its bias column)."""
    total = np.zeros(matrix.shape)
    for booster in boosters if matrix.shape[0] else ():
        total += np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=1))[:, :-1]
    return total / len(boosters)


def to_text(booster: "lightgbm.Booster") -> str:
    """LightGBM's own text without its list of parameters, which names the number of threads."""
    return re.sub(r"\nparameters:\n.*?\nend of parameters\n", "\n", booster.model_to_string(), flags=re.DOTALL)


def from_text(text: str) -> "lightgbm.Booster":
    """The booster `to_text` wrote."""
    import lightgbm  # a second to import, which only those pay who train or rank

    return lightgbm.Booster(model_str=text)


def _threads(matrix: Matrix, num_threads: int) -> int:
    return num_threads if matrix.shape[0] >= FEWEST_ROWS_FOR_THREADS else 1
