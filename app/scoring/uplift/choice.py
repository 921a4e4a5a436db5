"""Whether the next list should be ordered by uplift or by propensity: cross-fitted, with bootstrap intervals.

Who is judged was not learned from: every score comes from the other folds, as the share of its fold that it is above, and is
the mean of several divisions into folds. Among learners the mean of T, X and DR stands unless one of them is better by more
than a standard error (the rule of Breiman, Friedman, Olshen, Stone 1984); and since the best of several flatters itself on
the rows it was chosen on, the figures called `uplift` are of the choice made for each fold by the other folds (nested).
Intervals hold the fitted learners fixed and redraw the customers.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.scoring.uplift.curves import Floats, Order, autoc, dr_scores, gain_by_decile, order_of, qini, qini_curve, thinned
from app.scoring.uplift.learners import Sample, fit_learners, group_folds, predict
from app.scoring.uplift.report import LEARNERS, MEAN, ORDERINGS, PROPENSITY, RISK, UPLIFT, Interval, OrderingFigures, UpliftReport

FOLDS, REPEATS, DRAWS = 5, 3, 400
LEVEL = 0.95
PAIRED_LEVEL = 0.90  # "better than propensity" is a question with one side: 5 % for being wrong


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


@dataclass(frozen=True, eq=False)
class Draws:
    """Bootstrap figures, one per draw: Qini and AUTOC of each ordering, and the average effect."""

    qini: dict[str, Floats]
    autoc: dict[str, Floats]
    effect: Floats


def judge_uplift(
    sample: Sample,
    *,
    seed: int,
    known_shares: bool,
    treatment_auc: float,
    warnings: tuple[str, ...] = (),
    folds: int = FOLDS,
    repeats: int = REPEATS,
    draws: int = DRAWS,
    num_threads: int = 1,
) -> UpliftReport:
    """Score every ordering, choose, and say why. Uplift is chosen only if its Qini's interval excludes zero, its AUTOC is
    above zero too, and it beats propensity by a paired interval that excludes zero; else propensity."""
    judged = cross_fit(sample, seed=seed, folds=folds, repeats=repeats, num_threads=num_threads)
    weights = balanced_weights(sample)
    orders = {name: order_of(judged.scores[name]) for name in ORDERINGS}
    # By chance alike, the arms are compared as they are; otherwise the doubly robust scores are averaged.
    per_row = None if known_shares else judged.effects
    redrawn = _draw(sample, judged.effects, orders, weights, per_row=per_row, seed=seed, draws=draws)
    figures = tuple(_figures(name, sample, judged.effects, orders, weights, redrawn) for name in ORDERINGS)
    chosen, reason = decide({each.name: each for each in figures})
    control = ~sample.treated
    return UpliftReport(
        rows=sample.rows,
        treated=int(sample.treated.sum()),
        control=int(control.sum()),
        treated_rate=float(np.average(sample.labels[sample.treated], weights=weights[sample.treated])),
        control_rate=float(np.average(sample.labels[control], weights=weights[control])),
        effect=_interval(_effect(sample, np.ones(sample.rows), per_row), redrawn.effect, LEVEL),
        known_shares=known_shares,
        treatment_auc=treatment_auc,
        orderings=figures,
        chosen=chosen,
        learner=judged.learner,
        reason=reason,
        warnings=warnings,
        folds=folds,
        repeats=repeats,
        draws=draws,
        seed=seed,
    )


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


def decide(figures: dict[str, OrderingFigures]) -> tuple[Literal["uplift", "propensity"], str]:
    """(chosen, the reason in a sentence)."""
    uplift, propensity = figures[UPLIFT], figures[PROPENSITY]
    assert uplift.qini_gain is not None
    sure, agreed, better = uplift.qini.low > 0, uplift.autoc.estimate > 0, uplift.qini_gain.low > 0
    own = f"its Qini x100 of {_said(uplift.qini)}"
    paired = f"the paired difference to propensity's {propensity.qini.estimate:.2f} is {_said(uplift.qini_gain)}"
    if sure and agreed and better:
        return "uplift", f"Uplift ranks better and is used: {own} excludes zero, and {paired}, which excludes zero too."
    against = [
        *([] if sure else [f"{own} does not exclude zero"]),
        *([] if agreed else [f"its AUTOC x100 is {_said(uplift.autoc)}"]),
        *([] if better else [paired if uplift.qini_gain.estimate < 0 else f"{paired}, which does not exclude zero"]),
    ]
    ranks = "Propensity ranks better than uplift" if uplift.qini_gain.estimate < 0 else "Uplift is not surely better"
    return "propensity", f"{ranks}, so propensity is used: for uplift, {'; '.join(against)}."


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


def _draw(
    sample: Sample,
    effects: Floats,
    orders: dict[str, Order],
    weights: Floats,
    *,
    per_row: Floats | None,
    seed: int,
    draws: int,
) -> Draws:
    """Poisson bootstrap over groups: each is drawn as often as Poisson(1) says (Hanley, MacGibbon 2006). All orderings see
    the same draws, so that their differences are paired."""
    chance = np.random.default_rng(seed)
    groups, group = np.unique(sample.groups, return_inverse=True)
    qinis = {name: np.empty(draws) for name in orders}
    autocs = {name: np.empty(draws) for name in orders}
    effect = np.empty(draws)
    for i in range(draws):
        times = chance.poisson(1.0, groups.size)[group].astype(np.float64)
        drawn = weights * times
        effect[i] = _effect(sample, times, per_row)
        for name, order in orders.items():
            qinis[name][i] = qini(order, sample.labels, sample.treated, drawn)
            autocs[name][i] = autoc(order, effects, drawn)
    return Draws(qinis, autocs, effect)


def _figures(
    name: str, sample: Sample, effects: Floats, orders: dict[str, Order], weights: Floats, redrawn: Draws
) -> OrderingFigures:
    def one(order: Order) -> tuple[float, float]:
        return qini(order, sample.labels, sample.treated, weights), autoc(order, effects, weights)

    here, there = one(orders[name]), one(orders[PROPENSITY])
    other = name != PROPENSITY
    by_qini, by_autoc = redrawn.qini[name], redrawn.autoc[name]
    return OrderingFigures(
        name=name,
        qini=_interval(here[0], by_qini, LEVEL),
        autoc=_interval(here[1], by_autoc, LEVEL),
        qini_gain=_interval(here[0] - there[0], by_qini - redrawn.qini[PROPENSITY], PAIRED_LEVEL) if other else None,
        autoc_gain=_interval(here[1] - there[1], by_autoc - redrawn.autoc[PROPENSITY], PAIRED_LEVEL) if other else None,
        qini_curve=thinned(*qini_curve(orders[name], sample.labels, sample.treated, weights)),
        deciles=gain_by_decile(orders[name], sample.labels, sample.treated, weights),
    )


def _effect(sample: Sample, times: Floats, per_row: Floats | None) -> float:
    weights = sample.weights * times
    if per_row is not None:
        return float(np.average(per_row, weights=weights))
    arms = (sample.treated, ~sample.treated)
    with_contact, without = (float(np.average(sample.labels[arm], weights=weights[arm])) for arm in arms)
    return with_contact - without


def _interval(estimate: float, drawn: Floats, level: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), level)


def _said(interval: Interval) -> str:
    return f"{interval.estimate:.2f} ({interval.low:.2f} to {interval.high:.2f})"
