"""Scores of every row by learners that had not seen it, and which learner an order by uplift should use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.uplift.curves import Floats, autoc, dr_scores, order_of, qini
from app.scoring.uplift.learners import Sample, fit_learners, group_folds, predict
from app.scoring.uplift.report import LEARNERS, MEAN, ORDERINGS, PROPENSITY, RISK, UPLIFT


@dataclass(frozen=True, eq=False)
class Judged:
    """Scores of every row by each ordering, from learners that had not seen it, doubly robust scores of the effect,
    and the learner that an uplift ordering should use."""

    scores: dict[str, Floats]
    effects: Floats
    learner: str


@dataclass(frozen=True, eq=False)
class Worth:
    """Qini and AUTOC of each learner in each fold: (folds, learners), in the order of LEARNERS, the mean last."""

    qini: Floats
    autoc: Floats


def cross_fit(sample: Sample, *, seed: int, folds: int, repeats: int, num_threads: int = 1) -> Judged:
    """Scores of every row by learners fitted to the other folds, the mean of `repeats` divisions into folds."""
    names = tuple(name for name in ORDERINGS if name not in (UPLIFT, MEAN))
    totals = {name: np.zeros(sample.rows) for name in ORDERINGS}
    expected = {name: np.zeros(sample.rows) for name in (PROPENSITY, RISK)}
    worths: list[Worth] = []
    for repeat in range(repeats):
        fold = group_folds(sample.groups, folds, seed=seed * 1000 + repeat)
        found = {name: np.empty(sample.rows) for name in names}
        for here in (fold == i for i in range(folds)):
            fitted = fit_learners(sample.only(~here), seed=seed * 1000 + repeat, num_threads=num_threads)
            matrix = np.asfortranarray(sample.matrix[here])
            for name in names:
                found[name][here] = predict(fitted.terms[name], matrix, num_threads=num_threads)
        found[MEAN] = np.mean([found[name] for name in LEARNERS if name != MEAN], axis=0)
        for name, values in expected.items():
            values += found[name] / repeats
        worths.append(_worth(sample, fold, found))
        scores = {name: _share_above(values, fold) for name, values in found.items()}
        scores[UPLIFT] = _nested(scores, fold, worths[-1])
        for name, values in scores.items():
            totals[name] += values / repeats
    effects = dr_scores(sample.labels, sample.treated, sample.chance, expected[PROPENSITY], expected[RISK])
    together = Worth(*(np.mean([getattr(worth, figure) for worth in worths], axis=0) for figure in ("qini", "autoc")))
    return Judged(totals, effects, choose_learner(together))


def choose_learner(worth: Worth) -> str:
    """The mean of all, unless the learner of the best Qini beats it by more than a standard error, and its AUTOC no less."""
    gain, agrees = worth.qini - worth.qini[:, [-1]], (worth.autoc - worth.autoc[:, [-1]]).mean(axis=0) >= 0
    error = gain.std(axis=0, ddof=1) / np.sqrt(gain.shape[0])
    best = int(np.argmax(np.where(agrees, gain.mean(axis=0), -np.inf)))
    return LEARNERS[best] if gain[:, best].mean() > error[best] else MEAN


def balanced_weights(sample: Sample) -> Floats:
    """The rows' weights, times share / e for the treated and (1 - share) / (1 - e) for the controls: 1 in a random test."""
    share = float(np.average(sample.treated, weights=sample.weights))
    by_chance = np.where(sample.treated, share / sample.chance, (1 - share) / (1 - sample.chance))
    return np.asarray(sample.weights * by_chance)


def _worth(sample: Sample, fold: NDArray[np.int64], found: dict[str, Floats]) -> Worth:
    weights = balanced_weights(sample)
    effects = dr_scores(sample.labels, sample.treated, sample.chance, found[PROPENSITY], found[RISK])
    folds = int(fold.max()) + 1
    worth = Worth(np.empty((folds, len(LEARNERS))), np.empty((folds, len(LEARNERS))))
    for i in range(folds):
        here = fold == i
        for j, name in enumerate(LEARNERS):
            order = order_of(found[name][here])
            worth.qini[i, j] = qini(order, sample.labels[here], sample.treated[here], weights[here])
            worth.autoc[i, j] = autoc(order, effects[here], weights[here])
    return worth


def _share_above(values: Floats, fold: NDArray[np.int64]) -> Floats:
    """The share of its fold that each value is not below: the level of a fold's own learners does not count."""
    shares = np.empty(values.size)
    for here in (fold == i for i in range(int(fold.max()) + 1)):
        shares[here] = np.searchsorted(np.sort(values[here]), values[here], side="right") / here.sum()
    return shares


def _nested(scores: dict[str, Floats], fold: NDArray[np.int64], worth: Worth) -> Floats:
    """Of each fold the scores by the learner that the other folds would choose."""
    nested = np.empty(fold.size)
    for i in range(int(fold.max()) + 1):
        others = Worth(np.delete(worth.qini, i, axis=0), np.delete(worth.autoc, i, axis=0))
        nested[fold == i] = scores[choose_learner(others)][fold == i]
    return nested
