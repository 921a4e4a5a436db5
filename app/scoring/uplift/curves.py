"""How well an ordering puts first whom the contact moves: Qini, AUTOC and the effect by tenths, with ties and weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Order:
    """Rows from the highest score down, and where each run of equal scores ends in that order.

    Curves are read at such ends, with straight lines between, and means are those of the run: equal scores count as shuffled.
    """

    rows: NDArray[np.int64]
    ends: NDArray[np.int64]


def order_of(scores: Floats) -> Order:
    """The order in which these scores take the customers."""
    rows = np.argsort(-scores, kind="stable")
    falling = scores[rows]
    return Order(rows, np.flatnonzero(np.append(falling[1:] != falling[:-1], True)))


def qini_curve(order: Order, labels: Floats, treated: Bools, weights: Floats) -> tuple[Floats, Floats]:
    """(share, gain): having targeted the best `share` of all, what the contact brought, per treated customer.

    gain = (Yt - Yc * Nt / Nc) / Nt_total with Yt, Yc the weighted sums of labels and Nt, Nc the weights of the treated and
    the controls among them, Nt_total the weight of all treated (Radcliffe 2007, "Using control groups to target on predicted
    lift"). From (0, 0) to (1, effect of treating all); shares that hold but one arm are left out.
    """
    share, with_treated, with_control, from_treated, from_control = _sums(order, labels, treated, weights)
    both = (with_treated > 0) & (with_control > 0)
    ratio = np.divide(with_treated, with_control, out=np.zeros_like(share), where=both)
    gain = (from_treated - from_control * ratio) / with_treated[-1]
    return np.append(0.0, share[both]), np.append(0.0, gain[both])


def qini(order: Order, labels: Floats, treated: Bools, weights: Floats) -> float:
    """Area between the Qini curve and the random line that joins its ends, x100, per treated customer."""
    share, gain = qini_curve(order, labels, treated, weights)
    return 100 * float(np.trapezoid(gain, share) - gain[-1] / 2)


def autoc(order: Order, effects: Floats, weights: Floats) -> float:
    """Area under the targeting operator characteristic, x100.

    `effects` are doubly robust scores, one per row (`dr_scores`). TOC(q) = mean of them among the best share q minus the mean
    of all; AUTOC = mean of TOC over q in (0, 1] (Yadlowsky, Fleming, Shah, Brunskill, Wager 2021, "Evaluating treatment
    prioritization rules via rank-weighted average treatment effects"), the integral taken exactly where the mean changes
    evenly within a row or a run of equals. It looks harder at the very best than Qini does.
    """
    weight = np.cumsum(weights[order.rows])[order.ends]
    total = np.cumsum((weights * effects)[order.rows])[order.ends]
    before, total_before = np.append(0.0, weight[:-1]), np.append(0.0, total[:-1])
    step = weight - before
    of_run = np.divide(total - total_before, step, out=np.zeros_like(step), where=step > 0)
    rise = np.log(np.divide(weight, before, out=np.ones_like(step), where=before > 0))
    area = np.sum(total - total_before + (total_before - of_run * before) * rise)
    return 100 * float((area - total[-1]) / weight[-1])


def gain_by_decile(order: Order, labels: Floats, treated: Bools, weights: Floats) -> tuple[float | None, ...]:
    """Mean label of treated minus that of controls in each tenth x100, best tenth first; None where one arm is missing."""
    share, *sums = _sums(order, labels, treated, weights)
    tenths = np.linspace(0, 1, 11)
    nt, nc, yt, yc = (np.diff(np.interp(tenths, np.append(0.0, share), np.append(0.0, each))) for each in sums)
    return tuple(100 * float(a / b - c / d) if b > 1e-9 and d > 1e-9 else None for a, b, c, d in zip(yt, nt, yc, nc, strict=True))


def thinned(share: Floats, gain: Floats, points: int = 100) -> tuple[tuple[float, float], ...]:
    """The curve at `points` + 1 even shares, for a picture."""
    at = np.linspace(0, 1, points + 1)
    return tuple((round(float(x), 4), round(100 * float(y), 5)) for x, y in zip(at, np.interp(at, share, gain), strict=True))


def dr_scores(labels: Floats, treated: Bools, chance: Floats, if_treated: Floats, if_not: Floats) -> Floats:
    """A doubly robust score of the effect on each row; its mean estimates the average effect.

    m1 - m0 + W (Y - m1) / e - (1 - W) (Y - m0) / (1 - e) with e the chance of treatment and m1, m0 the outcome expected with
    and without it, from rows that are not this one (augmented inverse propensity: Robins, Rotnitzky, Zhao 1994).
    """
    return np.asarray(
        if_treated
        - if_not
        + np.where(treated, (labels - if_treated) / chance, 0.0)
        - np.where(treated, 0.0, (labels - if_not) / (1 - chance))
    )


def _sums(order: Order, labels: Floats, treated: Bools, weights: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """At each end: share of all weight; weight of treated, of controls; labels of treated, of controls."""
    weight, wins, arm = weights[order.rows], (weights * labels)[order.rows], treated[order.rows]
    sums = [np.cumsum(each)[order.ends] for each in (weight, weight * arm, weight * ~arm, wins * arm, wins * ~arm)]
    return sums[0] / sums[0][-1], sums[1], sums[2], sums[3], sums[4]
