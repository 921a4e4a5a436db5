"""When a rule of evidence is switched off."""

import pytest

from app.verification.reviewing.precision import DEFAULT_FLOOR, LEAST_DECIDED, is_under_floor, precision_of


@pytest.mark.parametrize(
    ("decided", "upheld", "off"),
    [(0, 0, False), (LEAST_DECIDED - 1, 0, False), (LEAST_DECIDED, 0, True), (10, 1, False), (40, 4, True), (40, 8, False)],
)
def test_it_is_where_enough_was_decided_and_even_the_upper_bound_is_under_the_floor(decided, upheld, off):
    assert is_under_floor(precision_of(decided, upheld), DEFAULT_FLOOR) is off


def test_the_bounds_are_wilson_s_and_nothing_decided_says_nothing():
    found = precision_of(10, 8)
    assert (found.rate, round(found.low, 4), round(found.high, 4)) == (0.8, 0.4902, 0.9433)
    nothing = precision_of(0, 0)
    assert (nothing.rate, nothing.low, nothing.high) == (None, 0, 1)
