import numpy as np
import pytest

from app.scoring.learning.evaluate import evaluate, lift_curve, reliability
from app.scoring.learning.intervals import auc_interval, calibration_interval, lift_interval, paired_auc_difference

DRAWS = np.random.default_rng(6)
LABELS = (DRAWS.random(3_000) < 0.2).astype(np.int8)
GOOD = np.clip(0.2 + 0.15 * (LABELS - 0.2) + DRAWS.normal(0, 0.1, 3_000), 0.001, 0.999)
BETTER = np.clip(GOOD + 0.01 * (LABELS - 0.2), 0.001, 0.999)
WEIGHTS = DRAWS.uniform(0.5, 2.0, 3_000)


def test_the_interval_of_an_auc_is_delongs() -> None:
    found = auc_interval(LABELS, GOOD)
    assert found.estimate == pytest.approx(evaluate(LABELS, GOOD).auc)
    positives, negatives = GOOD[LABELS == 1], GOOD[LABELS == 0]
    placed = (positives[:, None] > negatives[None, :]).astype(float) + 0.5 * (positives[:, None] == negatives[None, :])
    error = np.sqrt(placed.mean(axis=1).var(ddof=1) / positives.size + placed.mean(axis=0).var(ddof=1) / negatives.size)
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * error, rel=1e-6)


def test_a_weight_counts_as_so_many_rows() -> None:
    twice = np.where(np.arange(3_000) < 1_000, 2.0, 1.0)
    repeated = np.repeat(np.arange(3_000), twice.astype(int))
    assert auc_interval(LABELS, GOOD, weights=twice).estimate == pytest.approx(
        auc_interval(LABELS[repeated], GOOD[repeated]).estimate
    )
    weighted, plain = evaluate(LABELS, GOOD, weights=twice), evaluate(LABELS[repeated], GOOD[repeated])
    assert weighted.auc == pytest.approx(plain.auc)
    assert weighted.brier == pytest.approx(plain.brier)
    assert weighted.base_rate == pytest.approx(plain.base_rate)


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    found = paired_auc_difference(LABELS, BETTER, GOOD, weights=WEIGHTS)
    assert 0 < found.low < found.estimate < found.high
    assert auc_interval(LABELS, BETTER).low < auc_interval(LABELS, GOOD).high
    assert paired_auc_difference(LABELS, GOOD, GOOD) == (same := paired_auc_difference(LABELS, GOOD, GOOD))
    assert (same.estimate, same.low, same.high) == (0.0, 0.0, 0.0)


def test_lift_and_calibration_error_have_an_interval_that_is_the_same_for_the_same_seed() -> None:
    for interval in (lift_interval, calibration_interval):
        found = interval(LABELS, GOOD, seed=3)
        assert found.low < found.estimate < found.high
        assert interval(LABELS, GOOD, seed=3) == found != interval(LABELS, GOOD, seed=4)


def test_one_outcome_has_no_interval() -> None:
    with pytest.raises(ValueError, match="expected both outcomes"):
        auc_interval(np.zeros(10, dtype=np.int8), GOOD[:10])
    with pytest.raises(ValueError, match="at least one positive"):
        lift_interval(np.zeros(10, dtype=np.int8), GOOD[:10], seed=1)


def test_the_reliability_curve_holds_what_was_promised_and_what_came() -> None:
    labels, scores = np.array([0, 0, 0, 1], dtype=np.int8), np.array([0.1, 0.3, 0.6, 0.8])
    low, high = reliability(labels, scores, bins=2, weights=np.array([1.0, 1.0, 1.0, 3.0]))
    assert (low.rows, low.weight, low.score, low.rate) == (2, 2.0, pytest.approx(0.2), 0.0)
    assert (high.rows, high.weight, high.score, high.rate) == (2, 4.0, pytest.approx(0.75), 0.75)


def test_the_lift_curve_ends_at_all_rows_with_lift_one() -> None:
    curve = lift_curve(LABELS, BETTER)
    assert len(curve) == 20
    assert (curve[-1].share, curve[-1].lift, curve[-1].gain) == (1.0, 1.0, 1.0)
    assert curve[1].lift == pytest.approx(evaluate(LABELS, BETTER).lift_at_list)
    assert lift_curve(np.zeros(5, dtype=np.int8), GOOD[:5]) == ()
