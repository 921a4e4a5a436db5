"""What follows from what was seen: the gravest consequence, and nothing from chance or from too few labels."""

import numpy as np
import polars as pl
import pytest

from app.scoring.watching.consequences import Labels, consequence_of, figures_of, find_alarms, judge_labels
from app.scoring.watching.drift import Drift, compare, part


def outcomes(rate, count=2000, seed=1):
    """Outcomes at these probabilities."""
    chances = np.clip(np.random.default_rng(seed).normal(rate, rate / 4, count), 0.001, 0.999)
    return chances, (np.random.default_rng(seed + 1).random(count) < chances).astype(np.int8)


def kinds(drifts=(), scores=None, labels=None, limit=0.05):
    return [(alarm.kind, alarm.consequence) for alarm in find_alarms(drifts, scores, labels, calibration_limit=limit)]


def test_what_is_as_it_was_alarms_nobody():
    chances, labels = outcomes(0.1)
    assert kinds([Drift("x", 0.05, 0.01)], Drift("score", 0.02, 0.01), judge_labels(labels, chances, expected_rate=0.1)) == []


def test_a_base_rate_that_moved_and_probabilities_that_no_longer_hold_ask_for_a_new_calibration():
    chances, labels = outcomes(0.3)
    found = judge_labels(labels, chances / 3, expected_rate=0.1)
    assert kinds(labels=found) == [("base_rate", "recalibrated"), ("calibration", "recalibrated")]
    assert "31.3% had success" in find_alarms((), None, found, calibration_limit=0.05)[0].says


def test_an_error_that_chance_explains_is_no_alarm():
    chances, labels = outcomes(0.5, count=250)
    found = judge_labels(labels, chances, expected_rate=0.5)
    assert found.calibration_error > 0.02
    assert kinds(labels=found, limit=0.02) == []


@pytest.mark.parametrize(("rows", "positives"), [(0, 0), (199, 100), (5000, 19), (5000, 4990)])
def test_too_few_labels_say_nothing(rows, positives):
    labels = np.zeros(rows, dtype=np.int8)
    labels[:positives] = 1
    assert kinds(labels=judge_labels(labels, np.full(rows, 0.5), expected_rate=0.5)) == []


def test_drift_of_a_column_or_of_the_scores_asks_for_a_candidate():
    assert kinds([Drift("usage", 0.3, 0.01, None, "999", 0.9, 0.5)]) == [("input_drift", "retrained")]
    assert kinds((), Drift("score", 0.3, 0.01)) == [("score_drift", "retrained")]
    assert kinds([Drift("usage", 0.3, 0.4)]) == []


@pytest.mark.parametrize("broken", ["gone", "changed", "empty"])
def test_a_broken_column_blocks(broken):
    (alarm,) = find_alarms([Drift("usage", None, None, broken)], None, None, calibration_limit=0.05)
    assert (alarm.consequence, alarm.feature) == ("blocked", "usage")
    assert "usage" in alarm.says


def test_scores_that_fell_together_block():
    then = part(pl.Series("score", np.random.default_rng(1).random(1000)))
    collapsed = compare({"score": then}, pl.DataFrame({"score": np.full(1000, 0.2)}))[0]
    assert kinds((), collapsed)[0] == ("scores_collapsed", "blocked")
    always = part(pl.Series("score", np.full(1000, 0.2)))
    assert kinds((), compare({"score": always}, pl.DataFrame({"score": np.full(1000, 0.2)}))[0]) == []


def test_the_gravest_consequence_is_drawn_unless_it_was_already():
    broken, moved = Drift("a", None, None, "gone"), Drift("b", 0.9, 0.1)
    labels = Labels(1000, 300, 0.1, 0.0, 0.2, 0.0)
    all_of_it = find_alarms([broken, moved], None, labels, calibration_limit=0.05)
    assert consequence_of(all_of_it, may_retrain=True, may_recalibrate=True) == "blocked"
    without = find_alarms([moved], None, labels, calibration_limit=0.05)
    assert consequence_of(without, may_retrain=True, may_recalibrate=True) == "retrained"
    assert consequence_of(without, may_retrain=False, may_recalibrate=True) == "recalibrated"
    assert consequence_of(without, may_retrain=False, may_recalibrate=False) == "none"
    assert consequence_of([], may_retrain=True, may_recalibrate=True) == "none"


def test_what_was_seen_is_kept_with_its_state():
    drifts = [Drift("a", None, None, "gone"), Drift("b", 0.9, 0.1), Drift("c", 0.2, 0.1), Drift("d", 0.2, 0.3)]
    found = figures_of(drifts, None, None, rows=10)
    assert [each["state"] for each in found["drift"]] == ["broken", "alarm", "moved", "calm"]
