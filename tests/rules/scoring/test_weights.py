"""Weights by clipped inverse propensity, by hand."""

import numpy as np
import pytest

from app.scoring.learning.weights import effective_rows, inverse_propensity


def test_a_contact_weighs_the_inverse_of_its_probability_and_the_mean_is_one():
    found = inverse_propensity(np.array([1.0, 0.5, 0.5, 0.25]))
    assert found.values.tolist() == pytest.approx([4 / 9, 8 / 9, 8 / 9, 16 / 9])
    assert (found.clip, found.clipped) == (4.0, 0)
    assert found.effective_rows == pytest.approx(81 / 25)


def test_all_alike_weigh_one_each():
    found = inverse_propensity(np.full(7, 0.95))
    assert found.values.tolist() == [1.0] * 7
    assert (found.clipped, found.effective_rows) == (0, pytest.approx(7.0))
    assert inverse_propensity(np.empty(0)).effective_rows == 0


def test_a_few_rare_contacts_are_clipped_until_half_of_the_rows_worth_is_left():
    found = inverse_propensity(np.array([0.95] * 980 + [0.001] * 20))
    assert found.values.mean() == pytest.approx(1.0)
    assert found.effective_rows == pytest.approx(500, abs=0.01)
    assert found.clipped == 20
    assert found.values[-1] / found.values[0] == pytest.approx(found.clip * 0.95)
    assert 5 < found.clip < 15


def test_without_that_bound_the_clip_is_that_of_ionides():
    inverse = np.array([1.0] * 99 + [10_000.0])
    found = inverse_propensity(1 / inverse, least_effective_share=0.0)
    assert found.clip == pytest.approx(10 * inverse.mean())
    assert found.clipped == 1


def test_clipping_keeps_the_mean_of_a_population_that_was_drawn_unevenly_closer_than_no_weights():
    draws = np.random.default_rng(1)
    value = draws.normal(size=200_000)
    p = np.clip(1 / (1 + np.exp(-value)), 0.05, 1)
    taken = draws.random(value.size) < p
    weighed = inverse_propensity(p[taken])
    assert abs(np.mean(value[taken] * weighed.values)) < 0.02 < 0.3 < value[taken].mean()


@pytest.mark.parametrize("wrong", [0.0, -0.1, 1.1, float("nan")])
def test_a_probability_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        inverse_propensity(np.array([0.5, wrong]))


def test_effective_rows_are_those_of_kish():
    assert effective_rows(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert effective_rows(np.zeros(0)) == 0
