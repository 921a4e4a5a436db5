"""Rates, normalisation and points."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.points.formula import (
    DEFAULT_PLAN,
    SUCCESS,
    AccuracyFigures,
    ComponentRule,
    Pays,
    SuccessFigures,
    accuracy,
    company_ratio,
    earn,
    earn_accuracy,
    earn_existing,
    earn_success,
    normalise,
    success_index,
    success_rate,
)

ONE = Decimal(1)
shares = st.decimals(0, 1, places=8)
weights = st.decimals(0, 1000, places=4)


@st.composite
def rules(draw):
    floor = draw(st.decimals(0, 1, places=4))
    return ComponentRule(
        "success",
        weight=draw(weights),
        floor=floor,
        target=floor + draw(st.decimals("0.0001", 1, places=4)),
        cap=draw(st.decimals(0, 2, places=2)),
        fallback=draw(shares),
    )


def test_three_of_twenty_between_2_and_20_percent_are_14_points_and_a_half():
    earned = earn_success(SuccessFigures(successes=3, matured=20), DEFAULT_PLAN, ONE)
    assert (earned.value, earned.normalised, earned.points) == (Decimal("0.15"), Decimal("0.72222222"), Decimal("14.4444"))


@pytest.mark.parametrize(("successes", "points"), [(0, 0), (2, 0), (20, 20), (60, 20)])
def test_nothing_is_paid_up_to_the_floor_and_no_more_than_all_from_the_target_on(successes, points):
    assert earn_success(SuccessFigures(successes=successes, matured=100), DEFAULT_PLAN, ONE).points == points


def test_four_of_five_true_reports_are_11_points_and_a_half():
    figures = AccuracyFigures(confirmed=4, contradicted=1, truthful_weight=Decimal(4), judged_weight=Decimal(5))
    assert earn_accuracy(figures, DEFAULT_PLAN).points == Decimal("11.4286")


def test_too_few_judged_reports_pay_the_fallback():
    figures = AccuracyFigures(confirmed=4, truthful_weight=Decimal(4), judged_weight=Decimal(4))
    earned = earn_accuracy(figures, DEFAULT_PLAN)
    assert earned.fell_back
    assert earned.points == 10


def test_no_matured_work_order_pays_the_fallback():
    assert earn_success(SuccessFigures(left_out=3), DEFAULT_PLAN, ONE).points == 10


def test_the_existing_scheme_is_scaled_from_0_to_100():
    assert earn_existing([Decimal("80"), Decimal("4.2")], DEFAULT_PLAN).points == Decimal("50.52")
    assert earn_existing([], DEFAULT_PLAN).points == 0
    assert earn_existing([Decimal("130")], DEFAULT_PLAN).points == 60
    assert earn_existing([Decimal("-5")], DEFAULT_PLAN).points == 0


def test_the_weights_of_back_checks_count():
    """One confirmed by the feeds, one contradicted that stands for four: 1 of 5."""
    figures = AccuracyFigures(confirmed=1, contradicted=1, truthful_weight=Decimal(1), judged_weight=Decimal(5))
    assert accuracy(figures) == Decimal("0.2")


def test_the_index_shrinks_towards_the_company():
    """(3 + 5 * 0.8) / (2 + 5) = 1."""
    figures = SuccessFigures(successes=3, matured=20, expected=Decimal(2))
    assert success_index(figures, ratio=Decimal("0.8"), prior=Decimal(5)) == 1


def test_a_plan_may_pay_the_index():
    plan = replace(DEFAULT_PLAN, pays=Pays.SUCCESS_INDEX)
    plan = replace(plan, components=(replace(plan.rule_of(SUCCESS), floor=Decimal("0.5"), target=Decimal("1.5")),))
    figures = SuccessFigures(successes=3, matured=20, expected=Decimal(2))
    assert earn_success(figures, plan, Decimal("0.8")).points == 10


def test_the_company_s_ratio_is_actual_over_expected():
    managers = [SuccessFigures(2, 10, 0, Decimal(1)), SuccessFigures(0, 10, 0, Decimal(3))]
    assert company_ratio(managers) == Decimal("0.5")
    assert company_ratio([SuccessFigures(0, 10, 0, Decimal(3))]) == 0
    assert company_ratio([]) == 1


@given(value=st.decimals(-10, 10, places=8), rule=rules())
def test_points_are_never_negative_and_never_above_the_cap(value, rule):
    earned = earn(value, rule)
    assert 0 <= earned.normalised <= rule.cap
    assert 0 <= earned.points <= rule.weight * rule.cap + Decimal("0.0001")


@given(one=st.decimals(-10, 10, places=8), other=st.decimals(-10, 10, places=8), rule=rules())
def test_a_better_value_never_pays_less(one, other, rule):
    low, high = sorted((one, other))
    assert earn(low, rule).points <= earn(high, rule).points


@given(rule=rules())
def test_the_floor_pays_nothing_and_the_target_pays_all(rule):
    assert normalise(rule.floor, rule) == 0
    assert normalise(rule.target, rule) == min(ONE, rule.cap)


@given(matured=st.integers(1, 10_000), data=st.data())
def test_a_success_rate_lies_between_0_and_1(matured, data):
    successes = data.draw(st.integers(0, matured))
    rate = success_rate(SuccessFigures(successes=successes, matured=matured))
    assert 0 <= rate <= 1
    assert abs(rate * matured - successes) <= Decimal("0.00000001") * matured


@given(matured=st.integers(1, 500), path=st.lists(st.integers(0, 500), min_size=1, max_size=20))
def test_differences_along_any_path_of_corrections_sum_to_the_difference_of_its_ends(matured, path):
    points = [earn_success(SuccessFigures(min(s, matured), matured), DEFAULT_PLAN, ONE).points for s in path]
    assert sum((b - a for a, b in pairwise(points)), Decimal(0)) == points[-1] - points[0]


def test_a_rule_whose_floor_is_its_target_pays_all_or_nothing():
    rule = ComponentRule("success", Decimal(20), Decimal("0.1"), Decimal("0.1"), ONE, ONE)
    assert earn(Decimal("0.09"), rule).points == 0
    assert earn(Decimal("0.1"), rule).points == 20
