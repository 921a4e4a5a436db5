"""Whether the next list should be ordered by uplift or by propensity: cross-fitted, with bootstrap intervals.

Two traps are avoided. Who is judged was not learned from: every prediction comes from the other folds, averaged over
repeats with other folds. And the best of three learners flatters itself on the rows it was chosen on: the figures called
`uplift` are those of the choice, made for each fold by the Qini of the other folds (nested), never of the winner picked on
all rows. Intervals hold the fitted learners fixed and redraw the customers.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.scoring.uplift.curves import Floats, Order, autoc, dr_scores, gain_by_decile, order_of, qini, qini_curve, thinned
from app.scoring.uplift.learners import Sample, fit_learners, group_folds, predict
from app.scoring.uplift.report import LEARNERS, ORDERINGS, PROPENSITY, RISK, UPLIFT, Interval, OrderingFigures, UpliftReport

FOLDS, REPEATS, DRAWS = 5, 3, 400
LEVEL = 0.95
PAIRED_LEVEL = 0.90  # "better than propensity" is a question with one side: 5 % for being wrong


@dataclass(frozen=True, eq=False)
class Judged:
    """Scores of every row by each ordering, from learners that had not seen it, and doubly robust scores of the effect."""

    scores: dict[str, Floats]
    effects: Floats


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
    redrawn = _draw(sample, judged.effects, orders, weights, seed=seed, draws=draws)
    figures = tuple(_figures(name, sample, judged.effects, orders, weights, redrawn) for name in ORDERINGS)
    chosen, reason = decide({each.name: each for each in figures})
    control = ~sample.treated
    return UpliftReport(
        rows=sample.rows,
        treated=int(sample.treated.sum()),
        control=int(control.sum()),
        treated_rate=float(np.average(sample.labels[sample.treated], weights=weights[sample.treated])),
        control_rate=float(np.average(sample.labels[control], weights=weights[control])),
        effect=_interval(_effect(sample, weights), redrawn.effect, LEVEL),
        known_shares=known_shares,
        treatment_auc=treatment_auc,
        orderings=figures,
        chosen=chosen,
        learner=best_learner(sample, judged.scores, judged.effects, weights),
        reason=reason,
        warnings=warnings,
        folds=folds,
        repeats=repeats,
        draws=draws,
        seed=seed,
    )


def cross_fit(sample: Sample, *, seed: int, folds: int, repeats: int, num_threads: int = 1) -> Judged:
    """Predictions for every row by learners fitted to the other folds, the mean of `repeats` divisions into folds."""
    names = (*LEARNERS, PROPENSITY, RISK)
    totals = {name: np.zeros(sample.rows) for name in (UPLIFT, *names)}
    for repeat in range(repeats):
        fold = group_folds(sample.groups, folds, seed=seed * 1000 + repeat)
        found = {name: np.empty(sample.rows) for name in names}
        for here in (fold == i for i in range(folds)):
            fitted = fit_learners(sample.only(~here), seed=seed * 1000 + repeat, num_threads=num_threads)
            matrix = np.asfortranarray(sample.matrix[here])
            for name in names:
                found[name][here] = predict(fitted.terms[name], matrix, num_threads=num_threads)
        found[UPLIFT] = _nested(sample, fold, found)
        for name, values in found.items():
            totals[name] += values / repeats
    effects = dr_scores(sample.labels, sample.treated, sample.chance, totals[PROPENSITY], totals[RISK])
    return Judged(totals, effects)


def best_learner(sample: Sample, scores: dict[str, Floats], effects: Floats, weights: Floats) -> str:
    """The learner of the best Qini, of equals the better AUTOC; propensity and risk are none."""

    def worth(name: str) -> tuple[float, float]:
        order = order_of(scores[name])
        return qini(order, sample.labels, sample.treated, weights), autoc(order, effects, weights)

    return max(LEARNERS, key=worth)


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
    own = f"Qini x100 of uplift is {_said(uplift.qini)}"
    paired = f"{_said(uplift.qini_gain)} more than propensity's {propensity.qini.estimate:.2f}, paired"
    if sure and agreed and better:
        return "uplift", f"Uplift is used: {own}, which excludes zero, and {paired}, which excludes zero."
    because = [
        *([] if sure else [f"{own}, which does not exclude zero"]),
        *([] if agreed else [f"AUTOC x100 of uplift is {_said(uplift.autoc)}"]),
        *([] if better else [_not_better(uplift, propensity, paired)]),
    ]
    return "propensity", f"Propensity is used: {'; '.join(because)}."


def _not_better(uplift: OrderingFigures, propensity: OrderingFigures, paired: str) -> str:
    if uplift.qini.estimate <= propensity.qini.estimate:
        return f"propensity ranks better: uplift's Qini x100 is {paired}"
    return f"uplift does not surely rank better: its Qini x100 is {paired}, which does not exclude zero"


def _nested(sample: Sample, fold: NDArray[np.int64], found: dict[str, Floats]) -> Floats:
    """Of each fold the scores by the learner that was best on the others, as shares (rank / rows), alike for all learners."""
    scores, weights = np.empty(sample.rows), balanced_weights(sample)
    effects = dr_scores(sample.labels, sample.treated, sample.chance, found[PROPENSITY], found[RISK])
    for here in (fold == i for i in range(int(fold.max()) + 1)):
        others = {name: found[name][~here] for name in LEARNERS}
        learner = best_learner(sample.only(~here), others, effects[~here], weights[~here])
        values = found[learner][here]
        scores[here] = np.searchsorted(np.sort(values), values, side="right") / values.size
    return scores


def _draw(sample: Sample, effects: Floats, orders: dict[str, Order], weights: Floats, *, seed: int, draws: int) -> Draws:
    """Poisson bootstrap over groups: each is drawn as often as Poisson(1) says (Hanley, MacGibbon 2006). All orderings see
    the same draws, so that their differences are paired."""
    chance = np.random.default_rng(seed)
    groups, group = np.unique(sample.groups, return_inverse=True)
    qinis = {name: np.empty(draws) for name in orders}
    autocs = {name: np.empty(draws) for name in orders}
    effect = np.empty(draws)
    for i in range(draws):
        drawn = weights * chance.poisson(1.0, groups.size)[group]
        effect[i] = _effect(sample, drawn)
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


def _effect(sample: Sample, weights: Floats) -> float:
    arms = (sample.treated, ~sample.treated)
    with_contact, without = (float(np.average(sample.labels[arm], weights=weights[arm])) for arm in arms)
    return with_contact - without


def _interval(estimate: float, drawn: Floats, level: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), level)


def _said(interval: Interval) -> str:
    return f"{interval.estimate:.2f} ({interval.low:.2f} to {interval.high:.2f})"
