"""What plans ask of the split."""

from decimal import Decimal

import pytest

from app.dispatch.splitting.promises import KM_COST, rules_of
from app.models.campaign import Campaign


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        ([("call", None)], 0.0),
        ([("call", Decimal(9))], 0.0),  # nobody walks to a call
        ([("visit", None)], KM_COST),
        ([("visit", Decimal(0))], 0.0),
        ([("visit", Decimal("2.5")), ("call", Decimal(9))], 2.5),
        ([("visit", Decimal("0.5")), ("visit", None), ("visit", Decimal(3))], 3.0),
    ],
)
def test_a_kilometre_costs_what_the_dearest_plan_of_visits_says(plans, expected):
    assert rules_of([Campaign(channel=channel, km_cost=cost) for channel, cost in plans]).km_cost == expected
