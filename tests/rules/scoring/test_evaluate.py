import numpy as np
import pytest

from app.scoring.learning.calibration import fit_calibration
from app.scoring.learning.evaluate import calibration_error, evaluate, precision_at_k

LABELS = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0], dtype=np.int8)
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])


def test_figures_of_a_small_list_by_hand() -> None:
    found = evaluate(LABELS, SCORES, list_size=3)
    assert found.precision_at_list == pytest.approx(2 / 3)
    assert found.lift_at_list == pytest.approx(2 / 3 / 0.2)
    assert found.auc == pytest.approx(15 / 16)
    assert found.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert found.brier == pytest.approx(float(np.mean((SCORES - LABELS) ** 2)))


def test_calibration_error_by_hand() -> None:
    assert calibration_error(LABELS, SCORES, bins=2) == pytest.approx((abs(3.5 - 2) + abs(1.05 - 0)) / 10)
    assert calibration_error(np.array([0, 1], dtype=np.int8), np.array([0.4, 1.0]), equal_width=True) == pytest.approx(0.2)


def test_of_equal_scores_the_earlier_row_goes_first() -> None:
    assert precision_at_k(np.array([1, 0, 0, 0], dtype=np.int8), np.full(4, 0.5), 1) == 1.0


def test_one_outcome_only_has_no_auc_and_nothing_at_all_is_refused() -> None:
    found = evaluate(np.zeros(4, dtype=np.int8), np.full(4, 0.1))
    assert (found.auc, found.average_precision, found.lift_at_list) == (None, None, None)
    with pytest.raises(ValueError, match="expected as many scores as labels"):
        evaluate(np.array([], dtype=np.int8), np.array([]))


def test_calibration_corrects_margins_that_are_too_bold_and_too_high() -> None:
    draws = np.random.default_rng(1)
    truth = draws.normal(-2, 1, 5000)
    labels = (draws.random(5000) < 1 / (1 + np.exp(-truth))).astype(np.int8)
    bold = truth * 3 + 4
    fitted = fit_calibration(bold, labels)
    assert calibration_error(labels, fitted.apply(bold)) < 0.02 < calibration_error(labels, 1 / (1 + np.exp(-bold)))


def test_calibration_never_turns_or_ties_the_ranking() -> None:
    labels = np.array([1] * 100 + [0] * 100, dtype=np.int8)
    margins = np.linspace(-1, 1, 200)
    fitted = fit_calibration(margins, labels)
    assert fitted.slope == 1.0
    assert (np.diff(fitted.apply(margins)) > 0).all()


def test_with_few_outcomes_only_the_level_is_calibrated() -> None:
    labels = np.array([1] * 10 + [0] * 90, dtype=np.int8)
    fitted = fit_calibration(np.linspace(1, -1, 100), labels)
    assert fitted.slope == 1.0
    assert fitted.apply(np.linspace(1, -1, 100)).mean() == pytest.approx(0.1, abs=1e-4)
