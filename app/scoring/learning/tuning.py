"""The choice of LightGBM's settings by cross-validation: known good ones first, then Optuna's search, then a mix of the best."""

from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.boosting import Matrix, Settings, dataset, parameters, threads_for
from app.scoring.learning.calibration import Floats, log_loss
from app.scoring.learning.validation import HeldOut, Task, judged_rows

if TYPE_CHECKING:
    import lightgbm
    import optuna

STEP = 50  # rounds between two looks at the held-out loss
PATIENCE = 2  # looks without a better one, after which a fold stops
FEWEST_TRIALS = 7
MOST_TRIALS = 8
ROWS_TIMES_TRIALS = 160_000
TRIALS_OF_MANY = 3
FEW_ROWS = 1_000  # fewer cannot tell settings apart: a long search would follow noise
TRIALS_OF_FEW = 5
MIX = 4  # boosters of a ranker
MOST_MIXED = 8  # of the best trials, from which the mix is chosen
MOST_ROUNDS = 600
ALIKE = 1.005  # a held-out loss so near to the best one's tells nothing on few rows
FEW_FOR_CHOICE = 10_000
HOPELESS = 1.004  # a trial whose folds so far lose so much more than the best trial's is given up


@dataclass(frozen=True)
class Tuned:
    """What was found: a booster of each of `mix`, after `trials` settings. `loss`: held-out log loss of the best single one."""

    mix: tuple[Settings, ...]
    trials: int
    loss: float
    stopped_early: bool = False


@dataclass(frozen=True)
class Trial:
    """Settings with the rounds that were best for them, and the margins they gave the judged rows."""

    settings: Settings
    held: HeldOut
    loss: float
    fold_losses: tuple[float, ...]


@dataclass(frozen=True)
class Fold:
    """One fold: what teaches, binned, and the matrix, labels and weights of what is judged."""

    data: "lightgbm.Dataset"
    matrix: Matrix
    labels: NDArray[np.int8]
    weights: Floats | None


def trials_for(rows: int, *, many: bool = False) -> int:
    """How many settings are tried on so many rows; of very `many` only good ones, or the search costs more than the fit."""
    if many:
        return TRIALS_OF_MANY
    if rows < FEW_ROWS:
        return TRIALS_OF_FEW
    return int(np.clip(ROWS_TIMES_TRIALS // max(1, rows), FEWEST_TRIALS, MOST_TRIALS))


def tune(
    task: Task,
    candidates: tuple[Settings, ...],
    *,
    trials: int,
    members: int = MIX,
    budget_seconds: float | None = None,
) -> Tuned:
    """The mix of least held-out log loss among `trials` settings: the candidates, then what TPE (Bergstra et al. 2011) proposes.

    Of each the rounds are chosen too. The same arguments give the same mix, unless `budget_seconds` ends the search before
    its last trial; the first candidate is always tried.
    """
    end = None if budget_seconds is None else monotonic() + budget_seconds
    study, folds = _study(task.seed), _folds(task)
    found: list[Trial] = []
    wanted = max(trials, 1)
    tried = 0
    while tried < wanted and not (tried and end is not None and monotonic() > end):
        asked = None if tried < len(candidates) else study.ask(_space())
        settings = candidates[tried] if asked is None else Settings(rounds=MOST_ROUNDS, **asked.params)
        trial, loss = _try(task, folds, settings, found)
        found += [trial] if trial else []
        _tell(study, settings, asked, loss)
        tried += 1
    best = min(found, key=lambda one: one.loss)
    alike = _alike(found) if task.labels.size < FEW_FOR_CHOICE else ()
    return Tuned(alike if len(alike) > members > 1 else _mix(found, members), tried, best.loss, stopped_early=tried < wanted)


def _try(task: Task, folds: list[Fold], settings: Settings, found: list[Trial]) -> tuple[Trial | None, float]:
    """The settings on every fold with the rounds that are best for all; given up when a fold shows that others are better."""
    best = min(found, key=lambda one: one.loss, default=None)
    curves: list[Floats] = []
    for fold in folds:
        curves.append(_curve(task, fold, settings))
        if best and len(curves) < len(folds):
            so_far = sum(_losses(curve, f).min() for curve, f in zip(curves, folds, strict=False))
            ratio = so_far / sum(best.fold_losses[: len(curves)])
            if ratio > HOPELESS:
                return None, best.loss * ratio
    looks = min(curve.shape[0] for curve in curves)
    total = sum(_losses(curve[:looks], fold) * fold.labels.size for curve, fold in zip(curves, folds, strict=True))
    at = int(np.argmin(total))
    rounds = min(settings.rounds, (at + 1) * STEP)
    rows = judged_rows(task)
    held = HeldOut(rows, np.concatenate([curve[at] for curve in curves]), task.labels[rows], task.weights_of(rows))
    fold_losses = tuple(float(_losses(curve[at : at + 1], fold)[0]) for curve, fold in zip(curves, folds, strict=True))
    loss = held.loss
    return Trial(replace(settings, rounds=rounds), held, loss, fold_losses), loss


def _curve(task: Task, fold: Fold, settings: Settings) -> Floats:
    """Margins of the judged rows after every STEP rounds (looks, rows); it ends when the loss no longer falls."""
    import lightgbm  # a second to import, which only those pay who train or rank

    threads = threads_for(task.labels.size, task.num_threads)
    booster = lightgbm.Booster(parameters(settings, seed=task.seed, num_threads=threads), fold.data)
    looks: list[Floats] = []
    margin = np.zeros(fold.labels.size)
    losses: list[float] = []
    while len(looks) * STEP < settings.rounds and len(losses) - int(np.argmin(losses or [0.0])) <= PATIENCE:
        done = len(looks) * STEP
        for _ in range(min(STEP, settings.rounds - done)):
            booster.update()
        margin = margin + booster.predict(
            fold.matrix, raw_score=True, start_iteration=done, num_iteration=STEP, num_threads=threads
        )
        looks.append(margin)
        losses.append(log_loss(margin, fold.labels, fold.weights))
    return np.array(looks)


def _losses(curve: Floats, fold: Fold) -> Floats:
    return np.array([log_loss(margin, fold.labels, fold.weights) for margin in curve])


def _alike(found: list[Trial]) -> tuple[Settings, ...]:
    """All settings that lose about as little as the best: choosing among them would be choosing by chance, their mean is none."""
    least = min(one.loss for one in found)
    return tuple(one.settings for one in sorted(found, key=lambda one: one.loss) if one.loss <= ALIKE * least)


def _mix(found: list[Trial], members: int) -> tuple[Settings, ...]:
    """Settings to average, chosen one after the other, with replacement, so that the average of the margins loses least.

    Ensemble selection of Caruana, Niculescu-Mizil, Crew, Ksikes 2004. Settings chosen twice get two seeds.
    """
    best = sorted(found, key=lambda one: one.loss)[:MOST_MIXED]
    chosen = [best[0]]
    while len(chosen) < members:
        total = sum(one.held.margins for one in chosen)
        losses = [replace(one.held, margins=(total + one.held.margins) / (len(chosen) + 1)).loss for one in best]
        chosen.append(best[int(np.argmin(losses))])
    return tuple(one.settings for one in chosen)


def _folds(task: Task) -> list[Fold]:
    """The folds in LightGBM's form, binned once for all trials."""
    threads = threads_for(task.labels.size, task.num_threads)
    return [
        Fold(
            dataset(
                np.asfortranarray(task.matrix[a]), task.labels[a], task.text_positions, task.weights_of(a), num_threads=threads
            ),
            np.ascontiguousarray(task.matrix[b]),
            task.labels[b],
            task.weights_of(b),
        )
        for a, b in task.folds.pairs
    ]


def _study(seed: int) -> "optuna.Study":
    import optuna  # a second to import, which only those pay who train

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=1))


def _space() -> "dict[str, optuna.distributions.BaseDistribution]":
    from optuna.distributions import FloatDistribution, IntDistribution  # a second to import, which only those pay who train

    return {
        "learning_rate": FloatDistribution(0.03, 0.12, log=True),
        "num_leaves": IntDistribution(2, 64, log=True),
        "min_data_in_leaf": IntDistribution(5, 200, log=True),
        "feature_fraction": FloatDistribution(0.2, 1.0),
        "lambda_l2": FloatDistribution(0.01, 100.0, log=True),
        "bagging_fraction": FloatDistribution(0.5, 1.0),
    }


def _tell(study: "optuna.Study", settings: Settings, asked: "optuna.Trial | None", loss: float) -> None:
    """The search learns from every trial, also from the candidates it did not propose."""
    import optuna  # a second to import, which only those pay who train

    if asked is not None:
        study.tell(asked, loss)
        return
    space = _space()
    values = {name: getattr(settings, name) for name in space}
    if all(space[name].low <= value <= space[name].high for name, value in values.items()):  # type: ignore[attr-defined]
        study.add_trial(optuna.trial.create_trial(params=values, distributions=space, value=loss))
