"""What a list is expected to bring, against what simulated lists bring."""

import numpy as np
import pytest

from app.dispatch.preview.expectation import expected_gross, expected_successes


def test_nothing_is_expected_of_nobody():
    found = expected_successes(np.zeros(0), calibrated_on=100)
    assert (found.expected, found.low, found.high) == (0, 0, 0)


def test_an_interval_lies_within_what_is_possible():
    found = expected_successes(np.array([0.9, 0.95]), calibrated_on=1)
    assert (found.low, found.high) == (0, 2)


def test_more_evidence_makes_it_narrower_and_chance_remains():
    probability = np.full(1_000, 0.1)
    widths = [found.high - found.low for found in (expected_successes(probability, calibrated_on=n) for n in (50, 500, 10**9))]
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] == pytest.approx(2 * 1.645 * np.sqrt(1_000 * 0.09), rel=1e-3)


@pytest.mark.parametrize("calibrated_on", [40, 400])
def test_nine_of_ten_lists_end_within_it(calibrated_on):
    """The true level is off by what a calibration on so many successes may be off; then every customer decides."""
    chance = np.random.default_rng(7)
    probability = chance.beta(1, 12, 600)
    found = expected_successes(probability, calibrated_on=calibrated_on)
    level = chance.gamma(calibrated_on, 1 / calibrated_on, 4_000)
    ended = np.array([(chance.random(600) < np.clip(probability * each, 0, 1)).sum() for each in level])
    assert 0.87 < np.mean((ended >= found.low) & (ended <= found.high)) < 0.93


def test_money_is_the_successes_times_their_worth():
    probability = np.array([0.1, 0.2, 0.05])
    successes, gross = (
        expected_successes(probability, calibrated_on=10**9),
        expected_gross(probability, 40.0, calibrated_on=10**9),
    )
    assert gross.expected == pytest.approx(40 * successes.expected)
    assert gross.high - gross.expected == pytest.approx(40 * 1.6448536 * np.sqrt((probability * (1 - probability)).sum()))


def test_a_contact_that_puts_off_takes_from_the_money():
    assert expected_gross(np.array([-0.1, 0.1]), 10.0, calibrated_on=100).expected == pytest.approx(0)
