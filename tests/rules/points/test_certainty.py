"""The interval of a manager's accuracy covers the true rate as often as it says, by the draw as it is done."""

from decimal import Decimal

import numpy as np
import pytest

from app.points.certainty import LEAST_K, MOST_K, GridRate, effective_judged, grid_rate, interval_of, near_grid
from app.points.formula import AccuracyFigures
from app.verification.sampling import DEFAULT_SHARE, RISK_SHARE, core_probability, joint_probability

# (rate among what the feeds can judge, among the rest): alike, the rest worse, the rest better; near 1 too.
RATES = [(p, p) for p in (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)] + [(0.98, 0.8), (0.95, 0.6), (0.99, 0.9), (0.7, 0.95)]
MONTHS = [(reports, by_feeds) for reports in (24, 60, 120, 240) for by_feeds in (0, 0.3, 0.6, 0.85)]
PARTS, RISKY = 4, 0.1


def of(truthful, untruthful=()):
    """Figures of judged feedback by weight."""
    weights = [Decimal(str(w)) for w in (*truthful, *untruthful)]
    true = [Decimal(str(w)) for w in truthful]
    return AccuracyFigures(
        confirmed=len(true),
        contradicted=len(weights) - len(true),
        truthful_weight=sum(true, Decimal(0)),
        judged_weight=sum(weights, Decimal(0)),
        truthful_squares=sum((w * w for w in true), Decimal(0)),
        judged_squares=sum((w * w for w in weights), Decimal(0)),
    )


def simulate(rng, months, reports, by_feeds, rates):
    """Figures of so many months of one manager: a part judged by the feeds, the rest by the draw of each part of the month."""
    shape = (months, PARTS, reports // PARTS)
    judged_by_feeds = rng.random(shape) < by_feeds
    true = rng.random(shape) < np.where(judged_by_feeds, *rates)
    numbers = rng.random(shape)
    rank = numbers.argsort(axis=2).argsort(axis=2)
    least = np.array([2, 1, 1, 1]).reshape(1, PARTS, 1)
    core = np.array([core_probability(shape[2], DEFAULT_SHARE, int(m)) for m in least.flat]).reshape(1, PARTS, 1)
    risk = np.where(rng.random(shape) < np.where(true, RISKY / 2, RISKY * 4), RISK_SHARE, 0.0)
    drawn = (numbers < DEFAULT_SHARE) | (rank < least) | (rng.random(shape) < risk)
    weight = np.where(judged_by_feeds, 1.0, drawn / joint_probability(core, risk))
    sums = [(kept * power).sum(axis=(1, 2)) for power in (weight, weight**2) for kept in (true, np.ones(shape))]
    for truthful, judged, truthful_squares, judged_squares in zip(*sums, strict=True):
        if judged:
            values = (truthful, judged, truthful_squares, judged_squares)
            yield AccuracyFigures(0, 0, 0, *(Decimal(float(value)) for value in values))


def coverage(rng, rates, months):
    """The share of months whose interval holds the true rate."""
    covered = []
    for reports, by_feeds in MONTHS:
        truth = Decimal(str(round(by_feeds * rates[0] + (1 - by_feeds) * rates[1], 6)))
        for figures in simulate(rng, months // len(MONTHS), reports, by_feeds, rates):
            found = interval_of(figures)
            covered.append(found.low <= truth <= found.high)
    return sum(covered) / len(covered), len(covered)


def test_the_95_percent_interval_covers_the_true_rate_in_93_to_97_percent_of_2000_months_and_more():
    rng = np.random.default_rng(20261)
    found = {rates: coverage(rng, rates, 640) for rates in RATES}
    months = sum(n for _, n in found.values())
    mean = sum(share * n for share, n in found.values()) / months
    for rates, (share, n) in found.items():
        print(f"feeds {rates[0]:.2f}, rest {rates[1]:.2f}: covered {share:.1%} of {n} months")  # noqa: T201 - seen with -s
    print(f"all: {mean:.2%} of {months} months")  # noqa: T201 - seen with -s
    assert months >= 2_000
    assert 0.93 <= mean <= 0.97
    assert all(0.92 <= share <= 0.98 for share, _ in found.values())


def test_equal_weights_give_wilson_s_interval():
    found = interval_of(of([1] * 8, [1] * 2))
    assert (found.low, found.high, found.effective) == (Decimal("0.4902"), Decimal("0.9433"), Decimal("10.0"))


def test_heavy_weights_say_less_than_their_number_and_heavy_contradictions_even_less():
    alike = of([1] * 50 + [20] * 2)
    assert effective_judged(alike) == Decimal(90) ** 2 / (50 + 800)
    assert effective_judged(of([1] * 50 + [20], [20])) < effective_judged(alike) < 10
    assert interval_of(of([1] * 50 + [20], [20])).low < Decimal("0.5")


def test_nothing_judged_has_no_interval_and_one_judgement_says_next_to_nothing():
    assert interval_of(AccuracyFigures()) is None
    assert interval_of(of([1])).low < Decimal("0.21")
    assert interval_of(of([], [1])).high > Decimal("0.79")


def test_where_little_was_judged_the_rate_is_drawn_toward_the_grid_and_much_stands_by_itself():
    grid = GridRate(Decimal("0.9"), Decimal(10))
    assert near_grid(AccuracyFigures(), grid) == Decimal("0.9000")
    assert near_grid(of([], [1] * 2), grid) == Decimal("0.7500")
    assert near_grid(of([], [1] * 990), grid) == Decimal("0.0090")


def test_a_grid_of_managers_alike_counts_much_and_one_of_liars_and_saints_little():
    alike = grid_rate([of([1] * 9, [1])] * 10)
    mixed = grid_rate([of([1] * 10), of([], [1] * 10)] * 5)
    assert (alike.rate, alike.k) == (Decimal("0.9"), MOST_K)
    assert (mixed.rate, mixed.k) == (Decimal("0.5"), LEAST_K)
    assert grid_rate([AccuracyFigures()]) is None


@pytest.mark.parametrize("figures", [of([1] * 3), of([17.3] * 5, [1]), of([1] * 400, [3])])
def test_the_rate_lies_within_its_interval(figures):
    found = interval_of(figures)
    assert found.low <= figures.truthful_weight / figures.judged_weight <= found.high
