"""How sure the accuracy of a manager is: its 95 % interval, and the rate drawn toward the grid's where little was judged (pure).

The rate itself is formula.accuracy: truthful / judged, each weighted by 1 / probability of being judged.

Interval: Wilson's (1927) on an effective number n of independent judgements, as Franco, Little, Louis and Slud (2019, J. Survey
Statistics and Methodology 7) recommend for weighted samples. n is the smaller of Kish's (sum w)^2 / sum w^2 and of what the
variance of the weighted ratio says (Hajek; linearised), which is smaller where heavy judgements are the untruthful ones.

Near the grid: (n a + k g) / (n + k), the mean of a beta-binomial whose k comes from how much the managers of the grid differ
(Kleinman 1973, method of moments). Shown beside the rate; pay does not depend on colleagues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.numbers import share
from app.core.wilson import wilson
from app.points.formula import ONE, ZERO, AccuracyFigures, accuracy

STEP = Decimal("0.0001")
LEAST_K, MOST_K = Decimal(2), Decimal(50)


@dataclass(frozen=True)
class Interval:
    """Between which rates the true one is with 95 % certainty; `effective`: how many independent judgements say so."""

    low: Decimal
    high: Decimal
    effective: Decimal


def interval_of(figures: AccuracyFigures) -> Interval | None:
    """The interval of a manager's accuracy, to 4 places; None where nothing was judged."""
    rate, n = accuracy(figures), effective_judged(figures)
    if rate is None or n is None:
        return None
    low, high = wilson(rate, n)
    return Interval(low.quantize(STEP), high.quantize(STEP), n.quantize(Decimal("0.1")))


def effective_judged(figures: AccuracyFigures) -> Decimal | None:
    """n: as many independent judgements would say as much; None where nothing was judged."""
    rate = accuracy(figures)
    if rate is None or figures.judged_squares == 0:
        return None
    whole = figures.judged_weight**2
    kish = whole / figures.judged_squares
    untruthful = figures.judged_squares - figures.truthful_squares
    spread = figures.truthful_squares * (1 - rate) ** 2 + untruthful * rate**2
    return kish if spread == 0 else min(kish, max(rate * (1 - rate) * whole / spread, ONE))


@dataclass(frozen=True)
class GridRate:
    """The accuracy of a grid, and k: as how many judgements of a manager it counts."""

    rate: Decimal
    k: Decimal


def grid_rate(managers: Sequence[AccuracyFigures]) -> GridRate | None:
    """The rate of a grid from its managers, each by the effective number of judgements; None where nothing was judged."""
    known = [(rate, n) for one in managers if (rate := accuracy(one)) is not None and (n := effective_judged(one)) is not None]
    total = sum((n for _, n in known), ZERO)
    rate = share(sum((rate * n for rate, n in known), ZERO), total)
    if rate is None:
        return None
    within = rate * (1 - rate)
    apart = sum((n * (one - rate) ** 2 for one, n in known), ZERO) - (len(known) - 1) * within
    room = total - sum((n * n for _, n in known), ZERO) / total
    if apart <= 0 or room <= 0:
        return GridRate(rate, MOST_K)  # the managers differ no more than chance has it
    return GridRate(rate, min(max(within * room / apart - 1, LEAST_K), MOST_K).quantize(STEP))


def near_grid(figures: AccuracyFigures, grid: GridRate) -> Decimal:
    """The rate drawn toward the grid's, the more so the less was judged; the grid's own where nothing was. To 4 places."""
    rate, n = accuracy(figures), effective_judged(figures)
    if rate is None or n is None:
        return grid.rate.quantize(STEP)
    return ((n * rate + grid.k * grid.rate) / (n + grid.k)).quantize(STEP)
