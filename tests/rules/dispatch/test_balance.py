"""The waterfall balances or the run fails."""

import pytest

from app.dispatch.run.balance import WATERFALL, WaterfallUnbalanced, make_waterfall
from app.models.campaign import TerminalReason


def test_it_names_every_reason_of_the_database():
    assert set(WATERFALL) == set(TerminalReason)
    assert make_waterfall({"dispatched": 2, "control": 1}, target_count=3, order_count=2) == dict.fromkeys(WATERFALL, 0) | {
        "dispatched": 2,
        "control": 1,
    }


@pytest.mark.parametrize(
    ("counts", "targets", "orders"),
    [
        ({"dispatched": 2}, 3, 2),
        ({"dispatched": 2, "control": 2}, 3, 2),
        ({"dispatched": 2}, 2, 1),
        ({"dispatched": 2}, 2, 3),
        ({"dispatched": 2, "undecided": 1}, 3, 2),
        ({"dispatched": 2, "undecided": 1}, 2, 2),
    ],
)
def test_a_target_lost_counted_twice_undecided_or_without_its_order_fails_the_run(counts, targets, orders):
    with pytest.raises(WaterfallUnbalanced):
        make_waterfall(counts, target_count=targets, order_count=orders)
