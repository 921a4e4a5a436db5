"""From a booster's margin (log-odds) to a probability that holds on customers it has not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

FEWEST_FOR_SLOPE = 50


@dataclass(frozen=True)
class Calibration:
    """probability = 1 / (1 + exp(-(slope * margin + intercept))), strictly rising in the margin: no ties are made."""

    slope: float
    intercept: float

    def apply(self, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Margins to probabilities."""
        return np.asarray(expit(self.slope * margins + self.intercept), dtype=np.float64)


def fit_calibration(margins: NDArray[np.float64], labels: NDArray[np.int8]) -> Calibration:
    """Platt scaling (Platt 1999, "Probabilistic outputs for support vector machines") by maximum likelihood.

    `margins` must come from boosters that did not see these rows. With fewer than 50 of an outcome, or when the fitted
    slope would turn the ranking round, only the intercept is fitted.
    """
    if min(labels.sum(), labels.size - labels.sum()) >= FEWEST_FOR_SLOPE:
        slope, intercept = _maximise(margins, labels, np.array([1.0, 0.0]))
        if slope > 0.05:  # a flatter one would say the margins know nothing
            return Calibration(float(slope), float(intercept))
    return Calibration(1.0, float(_maximise(margins, labels, np.array([0.0]))[0]))


def _maximise(margins: NDArray[np.float64], labels: NDArray[np.int8], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Start of length 2: slope and intercept; of length 1: intercept at slope 1."""
    with_slope = start.size == 2

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = (values[0] * margins if with_slope else margins) + values[-1]
        error = expit(z) - labels
        gradient = [np.mean(error * margins), np.mean(error)] if with_slope else [np.mean(error)]
        return float(np.mean(np.logaddexp(0.0, z) - labels * z)), np.array(gradient)

    from scipy.optimize import minimize  # a second to import, which only those pay who train or rank

    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    return np.asarray(found.x, dtype=np.float64)
