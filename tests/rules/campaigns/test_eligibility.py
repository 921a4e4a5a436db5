"""The order of reasons, controls, and the parts of a list."""

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.eligibility import REASONS, Facts, draws_of, first_reason, is_control, is_held_out, list_parts
from app.core.draws import draw_key

ORDER = [
    "invalid",
    "do_not_disturb",
    "complaint_open",
    "already_owns",
    "resting_after_refusal",
    "resting_after_success",
    "contacted_too_recently",
    "locked_by_other_campaign",
    "contact_limit",
    "quiet_day",
    "negative_uplift",
    "permanent_holdout",
    "control",
]


def test_nothing_against_a_customer_is_no_reason():
    assert first_reason(Facts()) is None
    assert list(REASONS) == ORDER


@pytest.mark.parametrize(("first", "second"), list(combinations(ORDER, 2)))
def test_of_two_reasons_the_earlier_one_counts(first, second):
    assert first_reason(Facts(**{first: True})) == first
    assert first_reason(Facts(**{first: True, second: True})) == first


def test_a_twentieth_of_the_customers_is_control_and_another_campaign_has_others():
    mine = {number for number in range(20_000) if is_control(7, f"K{number}", Decimal("0.05"))}
    others = {number for number in range(20_000) if is_control(8, f"K{number}", Decimal("0.05"))}
    assert 900 < len(mine) < 1100
    assert len(mine & others) < 100


def test_who_is_control_of_a_share_stays_so_in_a_larger_share_and_for_ever():
    small, large = ({n for n in range(2_000) if is_control(7, f"K{n}", Decimal(share))} for share in ("0.05", "0.1"))
    assert small < large
    assert draw_key("K1") == -0x45248D7C8995EED6
    assert draws_of(7, "control", draw_key("K1")) == [3627754347]
    assert not any(is_control(7, f"K{number}", Decimal(0)) for number in range(1_000))


def test_a_hundredth_of_the_customers_is_held_out_and_whoever_was_stays_so_in_a_larger_share():
    small, large = ({n for n in range(20_000) if is_held_out(f"K{n}", Decimal(share))} for share in ("0.01", "0.03"))
    assert 150 < len(small) < 250
    assert small < large
    assert not any(is_held_out(f"K{n}", Decimal(0)) for n in range(1_000))


@pytest.mark.parametrize(
    ("size", "share", "parts"),
    [(1000, "0.02", (980, 20)), (10, "0.02", (10, 0)), (1, "0.5", (0, 1)), (3, "0", (3, 0)), (100, "0.333", (67, 33))],
)
def test_the_parts_of_a_list(size, share, parts):
    assert list_parts(size, Decimal(share)) == parts


@given(st.integers(0, 10**8), st.decimals(0, "0.99999", places=5))
def test_the_parts_are_the_whole(size, share):
    ranked, explored = list_parts(size, share)
    assert ranked + explored == size
    assert min(ranked, explored) >= 0
