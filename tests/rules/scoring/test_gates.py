"""Gates: what passes, what does not, and in which words it is refused."""

import pytest

from app.scoring.gates import (
    GateFailed,
    auc_gate,
    bytes_gate,
    calibration_gate,
    champion_gate,
    check_passed,
    damaged_champion_gate,
    data_gate,
    leak_gate,
    uplift_gate,
)
from app.scoring.learning.intervals import Interval

QINI = {"estimate": 0.6, "low": 0.1, "high": 1.1}


@pytest.mark.parametrize(
    ("rows", "positives", "passed"),
    [(200, 30, True), (199, 100, False), (200, 29, False), (200, 170, True), (200, 171, False), (0, 0, False)],
)
def test_enough_examples_of_both_outcomes_are_asked_for(rows, positives, passed):
    assert data_gate(rows, positives).passed is passed


@pytest.mark.parametrize(("low", "passed"), [(0.5001, True), (0.5, False), (0.3, False)])
def test_the_whole_interval_of_auc_lies_above_chance(low, passed):
    assert auc_gate(Interval(0.6, low, 0.7)).passed is passed


@pytest.mark.parametrize(("error", "passed"), [(0.05, True), (0.0501, False), (None, False)])
def test_the_calibration_error_is_at_most_the_limit(error, passed):
    assert calibration_gate(error, 0.05).passed is passed


def test_a_refused_column_in_use_or_a_snapshot_of_a_later_day_is_a_leak():
    assert leak_gate(["usage"], ["duration"], late_rows=0).passed
    leaking = leak_gate(["usage", "duration"], ["duration", "churn_score"], late_rows=0)
    assert (leaking.passed, leaking.says) == (False, "It uses duration, which was refused.")
    assert not leak_gate(["usage"], [], late_rows=1).passed


@pytest.mark.parametrize(
    ("low", "estimate", "high", "passed"),
    [
        (-0.02, 0.01, 0.04, True),
        (-0.05, -0.02, 0.01, True),  # not shown to be worse
        (-0.05, -0.03, -0.01, False),
        (-0.004, -0.003, -0.002, True),  # shown to be worse by next to nothing
    ],
)
def test_a_candidate_is_refused_where_the_interval_shows_it_worse(low, estimate, high, passed):
    found = champion_gate(Interval(estimate, low, high), champion=3, rows=1000, how="later rows")
    assert found.passed is passed
    assert "champion 3 on 1000 rows (later rows)" in found.says


def test_without_a_champion_there_is_nothing_to_compare_and_without_rows_it_is_refused():
    assert champion_gate(None, champion=None, rows=0, how="").passed
    assert not champion_gate(None, champion=3, rows=9, how="9 judged rows are too few").passed


@pytest.mark.parametrize(
    ("found", "passed"),
    [
        (None, False),
        ({"chosen": "uplift", "orderings": []}, False),
        ({"chosen": "propensity", "orderings": [{"name": "uplift", "qini": QINI, "qini_gain": None}]}, False),
        ({"chosen": "uplift", "orderings": [{"name": "uplift", "qini": QINI | {"low": -0.1}, "qini_gain": None}]}, False),
        ({"chosen": "uplift", "orderings": [{"name": "uplift", "qini": QINI, "qini_gain": QINI}]}, True),
    ],
)
def test_an_order_by_uplift_is_sure_of_it(found, passed):
    assert uplift_gate(found).passed is passed


def test_the_first_gate_that_refuses_is_named_with_its_figure_and_all_are_told():
    gates = [bytes_gate(None), data_gate(300, 12), calibration_gate(0.2, 0.05)]
    with pytest.raises(
        GateFailed, match=r"^gate data \(12, limit 30\): It learned from 300 examples, 12 of the rarer"
    ) as refused:
        check_passed(gates)
    assert [(gate["name"], gate["passed"]) for gate in refused.value.context["gates"]] == [
        ("bytes", True),
        ("data", False),
        ("calibration", False),
    ]
    check_passed([bytes_gate(None)])


def test_damage_is_told():
    with pytest.raises(GateFailed, match=r"^gate bytes: The stored bytes are damaged: checksum$"):
        check_passed([bytes_gate("checksum")])


def test_a_damaged_champion_is_named_and_no_hurdle() -> None:
    gate = damaged_champion_gate(3)
    assert (gate.passed, gate.says) == (True, "Champion 3 is damaged and cannot be compared with.")
