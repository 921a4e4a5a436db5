"""Simulated campaigns: intervals hold what they say, and nothing is found where there is nothing. Figures are seen with -s."""
# ruff: noqa: T201 - figures are seen with -s

import numpy as np
import pytest

from app.evaluation.doing_well import Group, rank_groups
from app.evaluation.intervals import difference_interval, share_interval, sum_interval
from app.evaluation.looks import corrected_level, stand_out
from app.evaluation.ratio_check import check_ratio

CAMPAIGNS = 2_000
# Lists of the operation's sizes: all targets, share of controls, how many buy by themselves, what a contact adds.
WORLDS = [
    (2_000, 0.05, 0.12, 0.0),
    (2_000, 0.05, 0.09, 0.03),
    (13_300, 0.05, 0.09, 0.03),
    (13_300, 0.10, 0.02, 0.01),
    (100_000, 0.05, 0.01, 0.005),
    (1_000, 0.30, 0.05, 0.0),
]


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_the_interval_of_the_incremental_effect_holds_the_truth_in_93_to_97_campaigns_of_a_hundred(world):
    size, share, alone, added = world
    draws = np.random.default_rng(20261126)
    controls = draws.binomial(size, share, CAMPAIGNS)
    treated = size - controls
    bought, bought_alone = draws.binomial(treated, alone + added), draws.binomial(controls, alone)
    found = difference_interval(bought, treated, bought_alone, controls)
    held = float(np.mean((found.low <= added) & (added <= found.high)))
    print(f"{size:,} targets, {share:.0%} controls, {alone:.1%} buy alone, {added:.1%} added: held in {held:.2%}")
    assert 0.93 <= held <= 0.97


def test_wald_s_interval_would_not():
    size, share, alone, added = WORLDS[-2][0] // 40, 0.05, 0.02, 0.0
    draws = np.random.default_rng(1)
    controls = draws.binomial(size, share, CAMPAIGNS)
    treated = size - controls
    rates = draws.binomial(treated, alone + added) / treated, draws.binomial(controls, alone) / controls
    error = 1.96 * np.sqrt(rates[0] * (1 - rates[0]) / treated + rates[1] * (1 - rates[1]) / controls)
    assert np.mean(np.abs(rates[0] - rates[1] - added) <= error) < 0.9


def test_the_sum_of_several_campaigns_is_held_as_often():
    draws = np.random.default_rng(2)
    size = np.array([2_000, 8_000, 5_000])
    added, held = np.array([0.0, 0.02, 0.03]), 0
    for _ in range(CAMPAIGNS):
        controls = draws.binomial(size, 0.1)
        treated = size - controls
        one = difference_interval(draws.binomial(treated, 0.08 + added), treated, draws.binomial(controls, 0.08), controls)
        total = sum_interval(*(treated * bound for bound in one))
        held += total.low <= (treated * added).sum() <= total.high
    print(f"incremental sales of a programme: held in {held / CAMPAIGNS:.2%}")
    assert 0.93 <= held / CAMPAIGNS <= 0.97


@pytest.mark.parametrize(("size", "share"), [(2_000, 0.05), (300_000, 0.05), (150, 0.05)])
def test_the_sample_ratio_check_raises_hardly_any_false_alarm(size, share):
    draws = np.random.default_rng(3)
    checks = [check_ratio(size - int(c), int(c), share) for c in draws.binomial(size, share, CAMPAIGNS)]
    alarms, below = np.mean([c.alarms for c in checks]), np.mean([c.p < 0.05 for c in checks])
    print(f"{size:,} targets: {alarms:.2%} alarms, p < 5 % in {below:.2%}")
    assert alarms <= 0.003
    assert below <= 0.065


@pytest.mark.parametrize(("size", "share", "rate"), [(13_300, 0.05, 0.12), (100_000, 0.1, 0.02), (300_000, 0.05, 0.01)])
def test_where_nothing_was_added_some_group_stands_out_in_at_most_one_campaign_of_twenty(size, share, rate):
    draws = np.random.default_rng(4)
    groups, found, uncorrected = np.full(11, size // 11), 0, 0
    for _ in range(CAMPAIGNS):
        control = draws.binomial(groups, share)
        treated = groups - control
        counts = np.stack([treated, draws.binomial(treated, rate), control, draws.binomial(control, rate)], axis=1)
        level, enough = corrected_level(counts)
        look = difference_interval(counts[:, 1], counts[:, 0], counts[:, 3], counts[:, 2], level=level)
        plain = difference_interval(counts[:, 1], counts[:, 0], counts[:, 3], counts[:, 2])
        found += bool(((stand_out(counts, look, level) != 0) & enough).any())
        uncorrected += bool((((plain.low > 0) | (plain.high < 0)) & enough).any())
    print(f"{size:,} targets, {rate:.0%}: {found / CAMPAIGNS:.2%} corrected, {uncorrected / CAMPAIGNS:.2%} not")
    assert found / CAMPAIGNS <= 0.05
    assert uncorrected / CAMPAIGNS > 0.15


def test_managers_who_are_alike_are_called_different_in_at_most_one_campaign_of_twenty():
    draws = np.random.default_rng(5)
    differ = picked = 0
    for _ in range(CAMPAIGNS // 2):
        orders = draws.integers(60, 400, 40)
        won = draws.binomial(orders, 0.12)
        found = rank_groups(
            [Group(str(i), float(n), float(w), n * 0.1) for i, (n, w) in enumerate(zip(orders, won, strict=True))]
        )
        differ += found.differ
        picked += any(one.verdict in ("above", "below") for one in found.groups)
    print(f"managers alike: called different in {differ / (CAMPAIGNS // 2):.2%}, one picked out in {picked / 1000:.2%}")
    assert differ / (CAMPAIGNS // 2) <= 0.065
    assert picked <= differ


def test_the_interval_of_a_share_is_wilson_s():
    found = share_interval(10, 100)
    assert (round(float(found.low), 4), round(float(found.high), 4)) == (0.0552, 0.1744)
