"""The table of reasons for giving work back."""

import pytest

from app.dispatch.by_hand.returns import LEAVES_DENOMINATOR, RETURN_REASONS, closing_of, find_return_fault, leaves_denominator

TABLE = {  # reason: (needs evidence, counts against the manager once accepted)
    "wrong_number": (True, False),
    "wrong_address": (True, False),
    "moved": (True, False),
    "not_mine": (False, False),
    "duplicate": (True, False),
    "has_it_already": (True, False),
    "unsafe": (True, False),
    "conflict_of_interest": (True, False),
    "no_time": (False, True),
    "cannot_persuade": (False, True),
    "other": (True, True),
}


@pytest.mark.parametrize("reason", TABLE)
def test_each_reason_needs_and_counts_as_the_table_says(reason):
    needs, counts = TABLE[reason]
    assert (find_return_fault(reason, has_evidence=False) is not None) == needs
    assert find_return_fault(reason, has_evidence=True) is None
    assert leaves_denominator(closing_of(reason)) is not counts


def test_the_table_is_whole_and_an_undecided_return_counts():
    assert set(TABLE) == set(RETURN_REASONS)
    assert not leaves_denominator("pending:wrong_number")
    assert not leaves_denominator(None)
    assert all(prefix.endswith(":") for prefix in LEAVES_DENOMINATOR)
    assert find_return_fault("boring", has_evidence=True)[0] == "reason"
