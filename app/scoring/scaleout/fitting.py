"""Boosters fitted by several processes, each with a part of the rows (LightGBM's data-parallel learner over Dask).

Each worker reads the figures of its own parts: this process never has them. Trees differ a little from those of one process
(bins are found and rows are drawn within each worker's rows) and from run to run (sums are added in the order in which they
come): see the tolerance in the tests.
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from app.core.storage import Storage
from app.scoring.learning.boosting import Settings, parameters
from app.scoring.learning.encoding import Encoding
from app.scoring.learning.features import History
from app.scoring.scaleout.cluster import workers_of
from app.scoring.scaleout.parts import Part, read_part

if TYPE_CHECKING:
    import lightgbm

READ_AHEAD = 2  # parts for each worker whose keys and history are on their way or there


def fit_parts(
    client: Any,
    storage: Storage,
    tasks: Iterable[tuple[Part, History]],
    encoding: Encoding,
    mix: Sequence[Settings],
    *,
    seed: int,
) -> "list[lightgbm.Booster]":
    """What `boosting.fit_mix` does, of examples that the workers of this cluster read. Raises what `read_part` raises."""
    found = _read(client, storage, tasks, encoding)
    width = len(encoding.columns)
    matrix = _joined([(matrix, (part.rows, width), np.float32) for part, matrix, _, _ in found])
    labels = _joined([(labels, (part.rows,), np.int8) for part, _, labels, _ in found])
    weighed = [(weights, (part.rows,), np.float64) for part, _, _, weights in found if weights is not None]
    weights = _joined(weighed) if weighed else None
    return [
        _fit_one(client, matrix, labels, weights, encoding.text_positions, settings, seed=seed * 1000 + i)
        for i, settings in enumerate(mix)
    ]


def _read(
    client: Any, storage: Storage, tasks: Iterable[tuple[Part, History]], encoding: Encoding
) -> list[tuple[Part, Any, Any, Any]]:
    """Each part with its matrix, labels and weights on the worker that has the fewest rows so far."""
    load = dict.fromkeys(workers_of(client), 0)
    found: list[tuple[Part, Any, Any, Any]] = []
    for task in tasks:
        part = task[0]
        worker = min(load, key=lambda name: (load[name], name))
        load[worker] += part.rows
        labels, weights = (
            None if values is None else client.scatter(values, workers=[worker], hash=False)
            for values in (part.labels, part.weights)
        )
        there = client.scatter(task, workers=[worker], hash=False)
        matrix = client.submit(read_part, storage, there, encoding, workers=[worker], pure=False)
        found.append((part, matrix, labels, weights))
        if len(found) > READ_AHEAD * len(load):
            _wait(found[-1 - READ_AHEAD * len(load)][1])
    for _, matrix, _, _ in found:
        _wait(matrix)
    return found


def _wait(matrix: Any) -> None:
    """Until it is there, without fetching it; raises what went wrong there."""
    import distributed

    distributed.wait([matrix])  # type: ignore[no-untyped-call]
    if matrix.status != "finished":
        matrix.result()


def _joined(parts: Sequence[tuple[Any, tuple[int, ...], Any]]) -> Any:
    """A Dask array of what is on the workers, one block for each part."""
    import dask.array
    from dask.delayed import delayed

    array: Any = dask.array
    return array.concatenate([array.from_delayed(delayed(there), shape=shape, dtype=kind) for there, shape, kind in parts])


def _fit_one(
    client: Any, matrix: Any, labels: Any, weights: Any, text_positions: list[int], settings: Settings, *, seed: int
) -> "lightgbm.Booster":
    import lightgbm

    given = parameters(settings, seed=seed, num_threads=1)
    given = {name: value for name, value in given.items() if name != "num_threads"}  # each worker's own
    # not its classifier, which numbers the classes that a worker has: one with a single outcome would learn the opposite
    learner = lightgbm.DaskLGBMRegressor(client=client, n_estimators=settings.rounds, tree_learner="data", **given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it announces which ports it took
        learner.fit(matrix, labels, sample_weight=weights, categorical_feature=text_positions)
    return learner.booster_
