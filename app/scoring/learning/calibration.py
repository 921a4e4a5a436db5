"""From a booster's margin (log-odds) to a probability that holds on customers it has not seen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]

FEWEST_FOR_SLOPE = 50
FEWEST_FOR_BETA = 200  # of the rarer outcome
FEWEST_FOR_ISOTONIC = 2_000
FLATTEST = 0.05  # a flatter slope would say that the margins know nothing
TIE_BREAK = 0.01  # what of the margin an isotonic step keeps, so that no ties are made
KNOTS = 50
WORTH_IT = 2e-5  # of log loss: less is no reason to leave Platt's two figures
PARTS = 5


@dataclass(frozen=True)
class Calibration:
    """log-odds = g(margin), strictly rising: order is kept and no ties are made. Probability = 1 / (1 + exp(-log-odds)).

    platt: slope * m + intercept. beta: slope for low margins that bends into upper_slope for high ones. isotonic: straight
    lines through `knots` (margin, log-odds), `slope` beyond them. What follows it, `outer`, is a later recalibration:
    outer[0] * g(m) + outer[1].
    """

    slope: float
    intercept: float
    kind: Literal["platt", "beta", "isotonic"] = "platt"
    upper_slope: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()
    outer: tuple[float, float] = (1.0, 0.0)

    def log_odds(self, margins: Floats) -> Floats:
        """Calibrated log-odds of these margins."""
        if self.kind == "beta":
            low, high = _beta_terms(margins)
            inner = self.slope * low + self.upper_slope * high + self.intercept
        elif self.kind == "isotonic":
            inner = self._between_knots(margins)
        else:
            inner = self.slope * margins + self.intercept
        return np.asarray(self.outer[0] * inner + self.outer[1], dtype=np.float64)

    def apply(self, margins: Floats) -> Floats:
        """Margins to probabilities."""
        return np.asarray(expit(self.log_odds(margins)), dtype=np.float64)

    def then(self, slope: float, intercept: float) -> "Calibration":
        """This one, recalibrated once more: slope * log-odds + intercept."""
        return replace(self, outer=(self.outer[0] * slope, self.outer[1] * slope + intercept))

    @property
    def steepness(self) -> float:
        """Calibrated log-odds per unit of margin, on the whole: what a contribution to the margin is multiplied by."""
        return self.outer[0] * ((self.slope + self.upper_slope) / 2 if self.kind == "beta" else self.slope)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Calibration":
        """The calibration `dataclasses.asdict` wrote, also by way of JSON."""
        knots = tuple((float(m), float(z)) for m, z in stored.get("knots", ()))
        first, second = stored.get("outer", (1.0, 0.0))
        return cls(**{**stored, "knots": knots, "outer": (first, second)})

    def _between_knots(self, margins: Floats) -> Floats:
        at, odds = np.array(self.knots).T
        inside = np.interp(margins, at, odds)
        return np.asarray(inside + self.slope * (margins - np.clip(margins, at[0], at[-1])), dtype=np.float64)


def fit_calibration(margins: Floats, labels: Labels, weights: Floats | None = None) -> Calibration:
    """Platt scaling (Platt 1999, "Probabilistic outputs for support vector machines") by maximum likelihood.

    `margins` must come from boosters that did not see these rows. With fewer than 50 of an outcome, or when the fitted
    slope would turn the ranking round, only the intercept is fitted.
    """
    if _rarer(labels) >= FEWEST_FOR_SLOPE:
        slope, intercept = fit_logistic(margins[:, None], labels, weights)
        if slope > FLATTEST:
            return Calibration(slope, intercept)
    return Calibration(1.0, fit_logistic(np.empty((labels.size, 0)), labels, weights, offset=margins)[0])


def choose_calibration(margins: Floats, labels: Labels, weights: Floats | None = None, *, seed: int) -> Calibration:
    """Platt, beta (Kull, Silva Filho, Flach 2017) or isotonic (Zadrozny, Elkan 2002), by log loss on parts held out.

    Each needs enough of the rarer outcome; a kind of more freedom must be better than Platt by more than noise.
    """
    fits: list[Callable[[Floats, Labels, Floats | None], Calibration]] = [fit_calibration]
    if _rarer(labels) >= FEWEST_FOR_BETA:
        fits.append(_fit_beta)
    if _rarer(labels) >= FEWEST_FOR_ISOTONIC:
        fits.append(_fit_isotonic)
    if len(fits) == 1:
        return fit_calibration(margins, labels, weights)
    part = np.random.default_rng(seed).permutation(labels.size) % PARTS
    losses = [0.0] * len(fits)
    for i in range(PARTS):
        away, judged = part != i, part == i
        for place, fit in enumerate(fits):
            found = fit(margins[away], labels[away], None if weights is None else weights[away])
            inside = None if weights is None else weights[judged]
            losses[place] += log_loss(found.log_odds(margins[judged]), labels[judged], inside) / PARTS
    best = int(np.argmin([loss - (WORTH_IT if place == 0 else 0.0) for place, loss in enumerate(losses)]))
    return fits[best](margins, labels, weights)


def log_loss(log_odds: Floats, labels: Labels, weights: Floats | None = None) -> float:
    """Mean log loss of these log-odds."""
    return float(np.average(np.logaddexp(0.0, log_odds) - labels * log_odds, weights=weights))


def fit_logistic(
    columns: Floats, labels: Labels, weights: Floats | None = None, *, offset: Floats | None = None, towards: float = 0.0
) -> list[float]:
    """Coefficients of `columns` (n, k) and last the intercept, by Newton's method (IRLS) on mean log loss.

    `offset` is added to the log-odds; `towards` > 0 is a ridge, in rows, that holds everything near 0.
    """
    design = np.column_stack([columns, np.ones(labels.size)])
    weight = np.ones(labels.size) if weights is None else weights
    start = np.zeros(design.shape[1])
    base = np.zeros(labels.size) if offset is None else offset
    ridge = (towards + 1e-9) * np.eye(start.size)
    for _ in range(50):
        chance = expit(design @ start + base)
        slope = design.T @ (weight * (chance - labels)) + ridge @ start
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + ridge
        step = np.linalg.solve(curve + 1e-9 * np.eye(start.size) * np.trace(curve), slope)
        start = start - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-10:
            break
    return [float(value) for value in np.clip(start, -50, 50)]


def _fit_beta(margins: Floats, labels: Labels, weights: Floats | None) -> Calibration:
    slope, upper, intercept = fit_logistic(np.column_stack(_beta_terms(margins)), labels, weights)
    if min(slope, upper) <= FLATTEST:
        return fit_calibration(margins, labels, weights)
    return Calibration(slope, intercept, kind="beta", upper_slope=upper)


def _fit_isotonic(margins: Floats, labels: Labels, weights: Floats | None) -> Calibration:
    """Isotonic regression at the middles of bins of equal count, in log-odds, kept strictly rising by a little of the margin."""
    from sklearn.isotonic import IsotonicRegression  # a second to import, which only those pay who train

    plain = fit_calibration(margins, labels, weights)
    rising = IsotonicRegression(y_min=1e-6, y_max=1 - 1e-6, out_of_bounds="clip").fit(margins, labels, sample_weight=weights)
    at = np.unique(np.quantile(margins, (np.arange(KNOTS) + 0.5) / KNOTS))
    if at.size < 3:
        return plain
    odds = np.clip(logit(rising.predict(at)), -9.0, 9.0)
    mixed = odds + TIE_BREAK * (at - at.mean())
    knots = tuple(zip(at.tolist(), mixed.tolist(), strict=True))
    return replace(plain, kind="isotonic", knots=knots)


def _beta_terms(margins: Floats) -> tuple[Floats, Floats]:
    """ln s and -ln(1 - s) of s = 1 / (1 + exp(-margin)): their sum is the margin."""
    return -np.logaddexp(0.0, -margins), np.logaddexp(0.0, margins)


def _rarer(labels: Labels) -> int:
    positives = int(labels.sum())
    return min(positives, labels.size - positives)
