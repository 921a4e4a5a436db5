from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from app.scoring.learning.calibration import Calibration, choose_calibration, fit_calibration
from app.scoring.learning.evaluate import calibration_error
from app.scoring.learning.rolling import fit_rolling_calibration, roll

NONE = Calibration(1.0, 0.0)


def jump(before: int = 1_000, after: int = 1_000) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Margins that are right until the base rate jumps from about 7 % to about 34 %, of which they know nothing."""
    draws = np.random.default_rng(3)
    margins = draws.normal(-2.7, 0.6, before + after)
    level = np.where(np.arange(before + after) < before, 0.0, 2.0)
    return margins, (draws.random(margins.size) < expit(margins + level)).astype(np.int8)


def test_where_the_base_rate_jumps_the_error_stays_below_a_twentieth() -> None:
    margins, labels = jump(1_000, 2_000)
    rolled = roll(margins, labels, np.arange(margins.size), base=NONE)
    assert calibration_error(labels[1_000:], rolled[1_000:]) < 0.05 < calibration_error(labels[1_000:], expit(margins[1_000:]))


def test_where_nothing_moves_rolling_does_no_harm() -> None:
    margins, labels = jump(2_000, 0)
    assert calibration_error(labels, roll(margins, labels, np.arange(2_000), base=NONE)) < 0.02


def test_a_row_is_not_calibrated_by_labels_of_its_own_day_or_of_later_ones() -> None:
    margins, labels = jump()
    days = np.arange(margins.size) // 50
    changed = labels.copy()
    changed[750:] = 1 - changed[750:]
    before, after = (roll(margins, each, days, base=NONE) for each in (labels, changed))
    assert (before[:800] == after[:800]).all()
    assert (before[900:] != after[900:]).all()
    late = roll(margins, changed, days, base=NONE, delay=5)
    assert (late[:1_000] == roll(margins, labels, days, base=NONE, delay=5)[:1_000]).all()


def test_days_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="in the order of their days"):
        roll(np.zeros(2), np.array([0, 1], dtype=np.int8), np.array([2, 1]), base=NONE)


def test_a_champion_is_recalibrated_by_the_labels_known_before_a_day() -> None:
    margins, labels = jump()
    first = date(2026, 1, 1).toordinal()
    days = first + np.arange(margins.size) // 20
    shuffled = np.random.default_rng(1).permutation(margins.size)
    found = fit_rolling_calibration(margins[shuffled], labels[shuffled], days[shuffled], first + 100)
    assert found.outer[1] == pytest.approx(2.0, abs=0.4)
    early = fit_rolling_calibration(margins, labels, days, first + 50)
    assert early.outer[1] == pytest.approx(0.0, abs=0.2)
    assert fit_rolling_calibration(margins, labels, days, first) == NONE


@pytest.mark.parametrize("kind", ["platt", "beta", "isotonic"])
def test_the_kind_of_calibration_is_chosen_by_what_holds_on_rows_held_out(kind: str) -> None:
    draws = np.random.default_rng(2)
    margins = draws.normal(-1, 2, 30_000)
    truth = {"platt": 0.6 * margins, "beta": np.where(margins > 0, 0.2, 1.2) * margins, "isotonic": 3 * np.sin(margins / 2)}[kind]
    labels = (draws.random(margins.size) < expit(truth - 1)).astype(np.int8)
    found = choose_calibration(margins, labels, seed=1)
    assert found.kind == kind or kind == "beta"
    assert calibration_error(labels, found.apply(margins)) < 0.01
    assert (np.diff(found.apply(np.linspace(-9, 9, 2_000))) > 0).all()
    assert Calibration.from_dict(vars(found)) == found


def test_weights_are_what_calibration_is_right_for() -> None:
    draws = np.random.default_rng(4)
    margins = np.zeros(4_000)
    labels = (np.arange(4_000) % 4 == 0).astype(np.int8)
    weights = np.where(labels == 1, 3.0, 1.0)
    assert fit_calibration(margins + draws.normal(0, 1e-3, 4_000), labels, weights).apply(np.zeros(1))[0] == pytest.approx(
        0.5, abs=0.01
    )
