"""Boosters fitted by several processes, each with a part of the rows (LightGBM's data-parallel learner over Dask).

Each worker reads the figures of its own parts: this process never has them. Trees differ a little from those of one process
(bins are found and rows are drawn within each worker's rows) and from run to run (sums are added in the order in which they
come): see the tolerance in the tests.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.boosting import Matrix, Settings, parameters
from app.scoring.learning.encoding import Encoding
from app.scoring.scaleout.cluster import workers_of

if TYPE_CHECKING:
    import lightgbm

READ_AHEAD = 2  # shares for each worker whose keys and history are on their way or there


@dataclass(frozen=True, eq=False)
class Share:
    """Examples that go to one worker: outcomes, weights (None: all the same), and what `read` there makes their matrix from."""

    labels: NDArray[np.int8]
    weights: NDArray[np.float64] | None
    task: Any

    @property
    def rows(self) -> int:
        """How many."""
        return int(self.labels.size)


Read = Callable[[Any, Encoding], Matrix]


def fit_shares(
    client: Any,
    read: Read,
    shares: Iterable[Share],
    encoding: Encoding,
    mix: Sequence[Settings],
    *,
    seed: int,
) -> "list[lightgbm.Booster]":
    """What `boosting.fit_mix` does, of examples that the workers of this cluster read. Raises what `read` raises."""
    found = _spread(client, read, shares, encoding)
    width = len(encoding.columns)
    matrix = _joined([(matrix, (rows, width), np.float32) for rows, matrix, _, _ in found])
    labels = _joined([(labels, (rows,), np.int8) for rows, _, labels, _ in found])
    weighed = [(weights, (rows,), np.float64) for rows, _, _, weights in found if weights is not None]
    weights = _joined(weighed) if weighed else None
    return [
        _fit_one(client, matrix, labels, weights, encoding.text_positions, settings, seed=seed * 1000 + i)
        for i, settings in enumerate(mix)
    ]


def _spread(client: Any, read: Read, shares: Iterable[Share], encoding: Encoding) -> list[tuple[int, Any, Any, Any]]:
    """Rows of each share, with its matrix, labels and weights on the worker that has the fewest rows so far."""
    load = dict.fromkeys(workers_of(client), 0)
    found: list[tuple[int, Any, Any, Any]] = []
    for share in shares:
        worker = min(load, key=lambda name: (load[name], name))
        load[worker] += share.rows
        labels, weights = (
            None if values is None else client.scatter(values, workers=[worker], hash=False)
            for values in (share.labels, share.weights)
        )
        there = client.scatter(share.task, workers=[worker], hash=False)
        matrix = client.submit(read, there, encoding, workers=[worker], pure=False)
        found.append((share.rows, matrix, labels, weights))
        if len(found) > READ_AHEAD * len(load):
            _wait(found[-1 - READ_AHEAD * len(load)][1])
    for _, matrix, _, _ in found:
        _wait(matrix)
    return found


def _wait(matrix: Any) -> None:
    """Until it is there, without fetching it; raises what went wrong there."""
    import distributed

    distributed.wait([matrix])  # type: ignore[no-untyped-call]  # the library is not typed here
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
