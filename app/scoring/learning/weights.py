"""How much each contact counts in training, so that a ranker learns of all customers and not of our own choices (pure)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEAST_EFFECTIVE_SHARE = 0.5
_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Weights:
    """values: (n,) of mean 1. clip: the largest inverse probability let through. clipped: how many were above it.

    effective_rows: so many contacts of equal weight would tell as much (Kish 1965).
    """

    values: Numbers
    clip: float
    clipped: int
    effective_rows: float


def inverse_propensity(probabilities: Numbers, *, least_effective_share: float = LEAST_EFFECTIVE_SHARE) -> Weights:
    """Weights w = min(1 / p, clip), divided by their mean, for contacts whose probability (n,) of having been made was p.

    1 / p undoes the selection (Horvitz, Thompson 1952). A few rare contacts would then decide alone, so 1 / p is clipped
    (Bottou et al. 2013, "Counterfactual reasoning and learning systems", section 4.3): at sqrt(n) times the mean of 1 / p, the
    rate of Ionides 2008, "Truncated importance sampling", or lower where less than `least_effective_share` of the
    rows' worth would be left: then at the largest clip that leaves it. Raises ValueError unless every p is in (0, 1].
    """
    if not probabilities.size:
        return Weights(np.empty(0), 1.0, 0, 0.0)
    if not np.all((probabilities > 0) & (probabilities <= 1)):
        raise ValueError("probabilities: expected numbers above 0 and at most 1")
    inverse = 1.0 / probabilities
    clip = float(min(inverse.max(), np.sqrt(inverse.size) * inverse.mean()))
    clip = max(clip, float(inverse.min()))
    wanted = least_effective_share * inverse.size
    if effective_rows(np.minimum(inverse, clip)) < wanted:
        clip = _largest_clip(inverse, float(inverse.min()), clip, wanted)
    values = np.minimum(inverse, clip)
    return Weights(values / values.mean(), clip, int((inverse > clip).sum()), effective_rows(values))


def effective_rows(weights: Numbers) -> float:
    """(sum of w)^2 / sum of w^2 (Kish 1965, "Survey sampling"); 0 without rows."""
    squares = float(np.sum(weights**2))
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _largest_clip(inverse: Numbers, low: float, high: float, wanted: float) -> float:
    """By halving: at the least inverse all weights are equal and all rows count, and a greater clip leaves fewer."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if effective_rows(np.minimum(inverse, middle)) >= wanted:
            low = middle
        else:
            high = middle
    return low
