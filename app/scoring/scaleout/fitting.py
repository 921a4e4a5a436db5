"""Boosters fitted by several processes, each with a part of the rows (LightGBM's data-parallel learner over Dask).

There is one part for each worker. Trees differ a little from those of one process (bins are found and rows are drawn within
each part) and from run to run (sums are added in the order in which they come): see the tolerance in the tests.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.boosting import Fitter, Matrix, Settings, fit_mix, parameters
from app.scoring.scaleout.cluster import open_cluster

if TYPE_CHECKING:
    import lightgbm


@contextmanager
def chosen_fitter(address: str) -> Iterator[Fitter]:
    """What fits boosters: the cluster at this address, or this process where there is none."""
    if not address:
        yield fit_mix
        return
    with open_cluster(address) as client:
        yield fitter_on(client)


def fitter_on(client: Any) -> Fitter:
    """What `boosting.fit_mix` does, done by the workers of this cluster."""

    def fit(
        matrix: Matrix,
        labels: NDArray[np.int8],
        text_positions: list[int],
        mix: Sequence[Settings],
        *,
        seed: int,
        num_threads: int,
        weights: NDArray[np.float64] | None = None,
    ) -> "list[lightgbm.Booster]":
        rows, outcomes = _spread(client, matrix), _spread(client, labels)
        weighed = None if weights is None else _spread(client, weights)
        return [
            _fit_one(client, rows, outcomes, weighed, text_positions, settings, seed=seed * 1000 + i, num_threads=num_threads)
            for i, settings in enumerate(mix)
        ]

    return fit


def _fit_one(
    client: Any,
    matrix: Any,
    labels: Any,
    weights: Any,
    text_positions: list[int],
    settings: Settings,
    *,
    seed: int,
    num_threads: int,
) -> "lightgbm.Booster":
    import lightgbm

    given = parameters(settings, seed=seed, num_threads=num_threads)
    given = {name: value for name, value in given.items() if name != "num_threads"}  # each worker's own
    learner = lightgbm.DaskLGBMClassifier(client=client, n_estimators=settings.rounds, tree_learner="data", **given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it announces which ports it took
        learner.fit(matrix, labels, sample_weight=weights, categorical_feature=text_positions)
    return learner.booster_


def _spread(client: Any, values: NDArray[Any]) -> Any:
    """A Dask array with one part on each worker."""
    import dask.array
    from dask.delayed import delayed

    array: Any = dask.array
    workers = sorted(client.scheduler_info()["workers"])
    parts = []
    for worker, part in zip(workers, np.array_split(np.ascontiguousarray(values), len(workers)), strict=True):
        there = client.scatter(part, workers=[worker], hash=False)
        parts.append(array.from_delayed(delayed(there), shape=part.shape, dtype=part.dtype))
    return array.concatenate(parts)
