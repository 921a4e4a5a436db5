"""95 % intervals of the success rate and of the success index (pure, Decimal only, so that they are the same everywhere).

Rate: Wilson's.
Index: actual successes are taken as Poisson around index x expected, with the gamma prior of k expected and k*m actual ones. The
index (A + k*m) / (E + k) is then the mean of a gamma distribution of shape A + k*m and rate E + k; its quantiles are those of
E. B. Wilson and M. M. Hilferty (1931), as in Byar's limits: within 1 % for a shape from 2 on. Orders that succeed with
probability p vary less than Poisson does (by 1 - p), so the interval is a little too wide rather than too narrow. m is taken as
known.
"""

from decimal import Decimal
from typing import NamedTuple

from app.core.numbers import share
from app.core.wilson import Z, wilson

ONE, ZERO = Decimal(1), Decimal(0)


class Interval(NamedTuple):
    """Lower and upper end, to 8 places."""

    low: Decimal
    high: Decimal


def rate_interval(won: Decimal, orders: Decimal) -> Interval | None:
    """Of won / orders; credit that is shared counts as that part of a work order. None where none matured."""
    if orders <= 0:
        return None
    low, high = wilson(Decimal(won) / orders, Decimal(orders))
    return Interval(_cut(low), _cut(high))


def index_interval(shape: Decimal, rate: Decimal) -> Interval | None:
    """Of shape / rate = (actual + k*m) / (expected + k). None where there is neither expectation nor prior.

    Nothing sold and nothing expected of the company (shape 0) says nothing of how high it may be: 0 to 3.7 / rate, which is
    where one would see nothing in 2.5 % of cases.
    """
    if rate <= 0:
        return None
    if shape <= 0:
        return Interval(ZERO, _cut(Decimal("3.688879454") / rate))
    step = Z / (3 * Decimal(shape).sqrt())
    middle = ONE - ONE / (9 * Decimal(shape))
    return Interval(*(_cut(shape / rate * max(middle + sign * step, ZERO) ** 3) for sign in (-1, 1)))


def _cut(value: Decimal) -> Decimal:
    return share(value, ONE) or ZERO
