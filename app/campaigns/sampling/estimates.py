"""From a part that was drawn to the whole: how many, and between which numbers the truth is (pure).

n of N customers were drawn without replacement and k of them match. The share is estimated by k / n with the interval of
E. B. Wilson (1927), in which n is raised to n (N - 1) / (N - n) because what was drawn is known (the finite population
correction, Cochran 1977, "Sampling techniques", 2.8). k customers are certain, and so are the n - k who do not match.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.core.wilson import wilson


@dataclass(frozen=True)
class Estimate:
    """So many customers, with the 95 % interval; where all were counted the three are the same."""

    about: int
    low: int
    high: int


def estimate(matching: int, *, sampled: int, customers: int) -> Estimate:
    """How many of `customers` match where `matching` of the `sampled` do."""
    if sampled >= customers:
        return Estimate(matching, matching, matching)
    if sampled == 0:
        return Estimate(0, 0, customers)
    effective = Decimal(sampled) * (customers - 1) / (customers - sampled)
    low, high = wilson(Decimal(matching) / sampled, effective)
    return Estimate(
        round(matching * customers / sampled),
        max(matching, int(low * customers)),
        min(customers - (sampled - matching), int(high * customers) + 1),
    )
