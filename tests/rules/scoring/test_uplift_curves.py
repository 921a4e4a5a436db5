"""Qini, AUTOC and doubly robust scores against examples worked out by hand."""

import numpy as np
import pytest

from app.scoring.uplift.curves import autoc, dr_scores, gain_by_decile, order_of, qini, qini_curve, thinned

LABELS = np.array([1.0, 0.0, 0.0, 1.0])
TREATED = np.array([True, False, True, False])
ONES = np.ones(4)
FALLING = np.array([4.0, 3.0, 2.0, 1.0])


def test_the_qini_curve_of_four():
    """Of the best two the treated one buys and the control does not; of all four one of each buys: nothing was brought."""
    share, gain = qini_curve(order_of(FALLING), LABELS, TREATED, ONES)
    assert share.tolist() == [0, 0.5, 0.75, 1]
    assert gain.tolist() == [0, 0.5, 0.5, 0]
    assert qini(order_of(FALLING), LABELS, TREATED, ONES) == pytest.approx(31.25)


def test_equal_scores_say_nothing():
    same = order_of(np.zeros(4))
    assert qini(same, LABELS, TREATED, ONES) == 0
    assert autoc(same, np.array([2.0, 0.0, 1.0, -1.0]), ONES) == pytest.approx(0)


def test_the_order_among_equal_scores_does_not_matter():
    draws = np.random.default_rng(1)
    scores, labels, effects = draws.integers(0, 5, 200).astype(float), draws.integers(0, 2, 200).astype(float), draws.random(200)
    treated, weights = draws.random(200) < 0.5, draws.random(200)
    other = draws.permutation(200)
    before, after = order_of(scores), order_of(scores[other])
    assert qini(before, labels, treated, weights) == pytest.approx(qini(after, labels[other], treated[other], weights[other]))
    assert autoc(before, effects, weights) == pytest.approx(autoc(after, effects[other], weights[other]))
    tenths = zip(
        gain_by_decile(before, labels, treated, weights),
        gain_by_decile(after, labels[other], treated[other], weights[other]),
        strict=True,
    )
    assert all(a == pytest.approx(b) for a, b in tenths)


def test_a_weight_of_two_is_a_row_twice():
    twice = np.array([0, 0, 1, 2, 3, 3])
    weights = np.array([2.0, 1.0, 1.0, 2.0])
    effects = np.array([2.0, 0.0, 1.0, -1.0])
    one, two = order_of(FALLING), order_of(FALLING[twice])
    assert qini(one, LABELS, TREATED, weights) == pytest.approx(qini(two, LABELS[twice], TREATED[twice], np.ones(6)))
    assert autoc(order_of(np.array([1.0, 1, 0, 0])), effects, np.array([1.0, 1, 2, 2])) == pytest.approx(
        autoc(order_of(np.array([1.0, 1, 0, 0, 0, 0])), np.array([2.0, 0, 1, 1, -1, -1]), np.ones(6))
    )


def test_autoc_is_the_mean_of_how_far_the_best_are_above_all():
    """One of 4 and one of 0: the best share q has a mean of 4 up to a half, then 2 / q; less 2, which is the mean of all."""
    order = order_of(np.array([2.0, 1.0]))
    assert autoc(order, np.array([4.0, 0.0]), np.ones(2)) == pytest.approx(100 * (4 / 2 + 2 * np.log(2) - 2))


def test_autoc_of_pairs_of_equals_is_that_of_their_means():
    found = autoc(order_of(np.array([1.0, 1.0, 0.0, 0.0])), np.array([8.0, 0.0, 1.0, -1.0]), ONES)
    assert found == pytest.approx(100 * (4 / 2 + 2 * np.log(2) - 2))


def test_doubly_robust_scores_of_a_buyer_in_each_arm():
    scores = dr_scores(np.ones(2), np.array([True, False]), np.full(2, 0.5), np.full(2, 0.5), np.full(2, 0.25))
    assert scores.tolist() == [0.25 + 0.5 / 0.5, 0.25 - 0.75 / 0.5]


def test_tenths_hold_the_effect_seen_in_them():
    """Forty rows, both arms in turn: the best tenth's treated all buy, nobody else does."""
    treated = np.arange(40) % 2 == 0
    labels = (treated & (np.arange(40) < 4)).astype(float)
    tenths = gain_by_decile(order_of(-np.arange(40.0)), labels, treated, np.ones(40))
    assert tenths == (pytest.approx(100), *[pytest.approx(0)] * 9)
    alone = gain_by_decile(order_of(-np.arange(40.0)), labels, np.arange(40) < 20, np.ones(40))
    assert alone == (None,) * 10


def test_a_curve_for_a_picture_keeps_its_ends():
    points = thinned(np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.04, 0.03]), points=4)
    assert points == ((0, 0), (0.25, 2), (0.5, 4), (0.75, 3.5), (1, 3))
