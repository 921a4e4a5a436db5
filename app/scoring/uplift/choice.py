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

from app.scoring.uplift.crossfit import balanced_weights, cross_fit
from app.scoring.uplift.curves import Floats, Order, autoc, gain_by_decile, order_of, qini, qini_curve, thinned
from app.scoring.uplift.learners import Sample
from app.scoring.uplift.report import ORDERINGS, PROPENSITY, UPLIFT, Interval, OrderingFigures, UpliftReport

FOLDS, REPEATS, DRAWS = 5, 3, 400
LEVEL = 0.95
PAIRED_LEVEL = 0.90  # "better than propensity" is a question with one side: 5 % for being wrong


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
