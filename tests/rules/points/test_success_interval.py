"""95 % intervals of rate and index, against SciPy's exact distributions."""

from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from app.points.formula import SuccessFigures, success_index, success_index_interval, success_rate, success_rate_interval
from app.points.success_interval import index_interval, rate_interval

ONE = Decimal(1)


@pytest.mark.parametrize(("successes", "matured"), [(0, 1), (1, 8), (0, 40), (40, 40), (12, 100), (240, 2_000)])
def test_the_interval_of_the_rate_is_wilson_s(successes, matured):
    ours = rate_interval(Decimal(successes), Decimal(matured))
    theirs = stats.binomtest(successes, matured).proportion_ci(0.95, method="wilson")
    assert [float(end) for end in ours] == pytest.approx([theirs.low, theirs.high], abs=1e-7)


@pytest.mark.parametrize("shape", ["2", "2.6", "5", "12.4", "80", "2000"])
def test_the_interval_of_the_index_is_that_of_a_gamma_distribution_to_within_one_percent_of_the_index(shape):
    ours = index_interval(Decimal(shape), Decimal("6.6"))
    theirs = stats.gamma.ppf([0.025, 0.975], float(shape), scale=1 / 6.6)
    assert [float(end) for end in ours] == pytest.approx(list(theirs), abs=0.01 * float(shape) / 6.6)


def test_the_interval_of_the_index_holds_the_true_index_in_about_95_of_100_months():
    """Poisson successes of managers whose true index is drawn from the prior that the plan assumes."""
    chance = np.random.default_rng(6)
    true = chance.gamma(5, 1 / 5, 2_000)
    actual = chance.poisson(true * 14)
    held = [
        low <= index <= high
        for index, found in zip(true, actual, strict=True)
        for low, high in [index_interval(int(found) + Decimal(5), Decimal(19))]
    ]
    print(f"\nthe index interval held the true index in {np.mean(held):.1%} of 2,000 months")  # noqa: T201 - seen with -s
    assert 0.93 <= np.mean(held) <= 0.97


def test_where_nothing_matured_there_is_no_rate_and_no_interval():
    assert rate_interval(Decimal(0), Decimal(0)) is None
    assert index_interval(Decimal(0), Decimal(0)) is None
    assert success_rate_interval(SuccessFigures()) is None


def test_nothing_sold_and_nothing_expected_still_leaves_room_above():
    low, high = index_interval(Decimal(0), Decimal(2))
    assert (low, round(high, 3)) == (0, Decimal("1.844"))


def test_rate_and_index_lie_within_their_intervals():
    figures = SuccessFigures(successes=Decimal("3.6"), matured=Decimal(20), expected=Decimal("2.4"))
    low, high = success_rate_interval(figures)
    assert low < success_rate(figures) < high
    low, high = success_index_interval(figures, ratio=ONE, prior=Decimal(5))
    assert low < success_index(figures, ratio=ONE, prior=Decimal(5)) < high
