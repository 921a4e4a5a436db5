"""LightGBM as Gridwork uses it: small regularised trees, a few boosters averaged, the same bytes for the same input."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    bagging_fraction: float = 0.7


PLAIN = Settings(100, 0.1, 31, 20, 1.0, 0.0, 1.0)  # LightGBM's own defaults: what every choice is compared with
CANDIDATES = (  # good on sets of this kind; the search starts from them
    Settings(400, 0.04, 8, 20, 0.5, 5.0),
    Settings(500, 0.04, 4, 20, 0.3, 10.0),
    Settings(400, 0.03, 15, 20, 0.3, 1.0),
    Settings(400, 0.09, 2, 20, 0.4, 10.0),
    Settings(300, 0.04, 31, 20, 0.6, 1.0, 0.8),
    PLAIN,
)
OF_FEW = (  # slower ones, good where rows are few
    Settings(800, 0.05, 2, 50, 0.3, 10.0, 0.6),
    Settings(400, 0.03, 8, 60, 0.5, 5.0),
)
FEWEST_ROWS_FOR_THREADS = 50_000  # below this, threads waiting for each other cost more than they save


def fit(
    matrix: Matrix,
    labels: NDArray[np.int8],
    text_positions: list[int],
    settings: Settings,
    *,
    seed: int,
    num_threads: int,
    weights: NDArray[np.float64] | None = None,
) -> "lightgbm.Booster":
    """One booster of log-odds. Deterministic in its arguments, `num_threads` apart, which only changes the time taken."""
    import lightgbm  # a second to import, which only those pay who train or rank

    threads = threads_for(matrix.shape[0], num_threads)
    data = dataset(matrix, labels, text_positions, weights, num_threads=threads)
    return lightgbm.train(parameters(settings, seed=seed, num_threads=threads), data, settings.rounds)


def dataset(
    matrix: Matrix,
    labels: NDArray[np.int8],
    text_positions: list[int],
    weights: NDArray[np.float64] | None,
    *,
    num_threads: int,
) -> "lightgbm.Dataset":
    """LightGBM's form of the examples.

    It is binned by as many threads as are used for all else at that time. LightGBM keeps their number for the whole process: two
    of our threads must not change it between them (a process was seen to abort while both binned, one by the default).
    """
    import lightgbm  # a second to import, which only those pay who train or rank

    options = {"verbosity": -1, "feature_pre_filter": False, "num_threads": num_threads}
    return lightgbm.Dataset(matrix, labels, weight=weights, categorical_feature=text_positions, params=options)


def parameters(settings: Settings, *, seed: int, num_threads: int) -> dict[str, Any]:
    """LightGBM's parameters, all but the rounds."""
    plain = replace(settings, rounds=PLAIN.rounds) == PLAIN
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_data_in_leaf,
        "feature_fraction": settings.feature_fraction,
        "lambda_l2": settings.lambda_l2,
        "bagging_fraction": settings.bagging_fraction,
        "bagging_freq": 0 if settings.bagging_fraction == 1 else 1,
        "cat_smooth": 10 if plain else 50,
        "cat_l2": 10 if plain else 50,
        "seed": seed,
        "num_threads": num_threads,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }


def fit_mix(
    matrix: Matrix,
    labels: NDArray[np.int8],
    text_positions: list[int],
    mix: Sequence[Settings],
    *,
    seed: int,
    num_threads: int,
    weights: NDArray[np.float64] | None = None,
) -> list["lightgbm.Booster"]:
    """One booster per settings, each with a seed of its own; their mean moves less from seed to seed than one does."""
    return [
        fit(matrix, labels, text_positions, settings, seed=seed * 1000 + i, num_threads=num_threads, weights=weights)
        for i, settings in enumerate(mix)
    ]


def margins(boosters: Sequence["lightgbm.Booster"], matrix: Matrix, *, num_threads: int) -> NDArray[np.float64]:
    """Mean log-odds per row."""
    total = np.zeros(matrix.shape[0])
    for booster in boosters if matrix.shape[0] else ():
        total += booster.predict(matrix, raw_score=True, num_threads=threads_for(matrix.shape[0], num_threads))
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


def threads_for(rows: int, num_threads: int) -> int:
    """Threads that are worth it for so many rows."""
    return num_threads if rows >= FEWEST_ROWS_FOR_THREADS else 1
