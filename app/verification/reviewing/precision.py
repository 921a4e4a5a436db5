"""How often a rule is right, by the decisions of people, and when it is no longer asked (pure).

Precision is upheld / decided, with Wilson's (1927) 95 % interval. A rule is switched off where even the upper bound is under its
floor: so not by a few unlucky decisions.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.core.wilson import wilson

DEFAULT_FLOOR = 0.3  # of decided cases that must have been upheld
LEAST_DECIDED = 10


@dataclass(frozen=True)
class Precision:
    """Of one rule: `rate` is None where nothing was decided; then low is 0 and high 1."""

    decided: int
    upheld: int
    rate: float | None
    low: float
    high: float


def precision_of(decided: int, upheld: int) -> Precision:
    """The precision with its interval."""
    if decided == 0:
        return Precision(0, 0, None, 0.0, 1.0)
    rate = Decimal(upheld) / decided
    low, high = wilson(rate, Decimal(decided))
    return Precision(decided, upheld, float(rate), float(low), float(high))


def is_under_floor(found: Precision, floor: float) -> bool:
    """Whether the rule is switched off: enough was decided, and the upper bound is below the floor."""
    return found.decided >= LEAST_DECIDED and found.high < floor


def words_of(found: Precision, floor: float) -> str:
    """Why it is switched off, in Chinese and English."""
    return (
        f"{found.decided} 个已决案件中仅 {found.upheld} 个成立，精确率上限 {found.high:.0%} 低于 {floor:.0%}"
        f" / only {found.upheld} of {found.decided} decided cases were upheld: at most {found.high:.0%}, under {floor:.0%}"
    )
