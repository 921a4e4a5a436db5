import numpy as np

from app.scoring.learning.boosting import dataset
from app.scoring.learning.tuning import _folds
from app.scoring.learning.validation import Task, grouped_folds

ROWS = 300


def test_whatever_is_binned_uses_the_threads_that_are_asked_for() -> None:
    """LightGBM by default takes all cores, for the whole process, where another thread of ours may fit on one."""
    draws = np.random.default_rng(3)
    matrix, labels = np.asfortranarray(draws.random((ROWS, 3)), dtype=np.float32), (draws.random(ROWS) < 0.3).astype(np.int8)
    task = Task(matrix, labels, [], grouped_folds(labels, np.arange(ROWS), folds=3, seed=1), 1, 1)
    assert dataset(matrix, labels, [], None, num_threads=1).params["num_threads"] == 1
    assert [fold.data.params["num_threads"] for fold in _folds(task)] == [1, 1, 1]
