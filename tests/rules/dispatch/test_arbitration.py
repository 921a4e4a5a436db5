"""Each customer to the best use, within budgets, promised volumes and capacity."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from app.dispatch.run.arbitration import Promises, Use, Uses, arbitrate

ANY = np.inf


def _uses(*rows):
    """Rows of (customer, campaign, family, value[, cost[, drawn]]); everybody in one grid."""
    rows = [(*row, *(1.0, False)[len(row) - 4 :]) for row in rows]
    customer, campaign, family, value, cost, drawn = (np.array(column) for column in zip(*rows, strict=True))
    return Uses(customer, campaign, family, customer * 0, value.astype(float), cost.astype(float), drawn.astype(bool))


def _arbitrate(uses, *, volume=None, budget=None, places=99, **more):
    campaigns = int(uses.campaign.max()) + 1
    promises = Promises(np.array(volume or [0] * campaigns), np.array(budget or [ANY] * campaigns, dtype=float))
    return arbitrate(uses, promises, np.array([places]), **more)


def _words(found):
    return [Use(outcome).name.lower() for outcome in found.outcome]


def test_of_one_family_the_better_use_wins():
    found = _arbitrate(_uses((1, 0, 7, 3.0), (1, 1, 7, 5.0), (2, 0, 7, 1.0)))
    assert _words(found) == ["better_use", "chosen", "chosen"]
    assert found.objective == found.bound == 6.0


def test_several_families_are_one_contact_whose_cost_is_paid_once():
    found = _arbitrate(_uses((1, 0, 7, 3.0, 2.0), (1, 1, 8, 5.0, 2.0)), joint_share=0.5)
    assert _words(found) == ["chosen", "chosen"]
    assert list(found.lead) == [False, True]
    assert list(found.worth) == [0.5 * (3 + 2), 5.0]
    assert list(found.spent) == [0.0, 2.0]


def test_who_brings_less_than_a_contact_costs_is_not_contacted_unless_together():
    assert _words(_arbitrate(_uses((1, 0, 7, -0.1)))) == ["below_cost"]
    together = _arbitrate(_uses((1, 0, 7, -0.5, 2.0), (1, 1, 8, -0.5, 2.0)), joint_share=1.0)
    assert _words(together) == ["chosen", "chosen"]
    assert together.objective == 1.0


def test_a_budget_goes_to_who_brings_most_for_it():
    found = _arbitrate(_uses((1, 0, 7, 3.0), (2, 0, 7, 9.0), (3, 0, 7, 5.0)), budget=[2.0])
    assert _words(found) == ["over_budget", "chosen", "chosen"]
    assert found.spent[0] == 2.0
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_who_is_over_one_budget_goes_to_the_next_best_use():
    found = _arbitrate(_uses((1, 0, 7, 9.0), (1, 1, 7, 4.0), (2, 0, 7, 8.0), (2, 1, 7, 7.0)), budget=[1.0, ANY])
    assert _words(found) == ["chosen", "better_use", "over_budget", "chosen"]


def test_of_a_budget_nothing_is_spent_on_who_has_no_place():
    found = _arbitrate(_uses((1, 0, 7, 3.0), (2, 0, 7, 9.0), (3, 0, 7, 5.0)), budget=[3.0], places=1)
    assert _words(found) == ["over_capacity", "chosen", "over_capacity"]


def test_a_promised_volume_takes_those_it_costs_least():
    uses = _uses((1, 0, 7, 9.0), (1, 1, 7, 1.0), (2, 0, 7, 5.0), (2, 1, 7, 4.5), (3, 0, 7, 8.0))
    found = _arbitrate(uses, volume=[0, 1])
    assert _words(found) == ["chosen", "better_use", "better_use", "chosen", "chosen"]
    assert list(found.short) == [0, 0]
    assert found.priced[3] >= 4.999  # so that the split does not undo it


def test_a_volume_that_cannot_be_is_said_to_be_short():
    found = _arbitrate(_uses((1, 0, 7, 9.0), (1, 1, 7, 1.0)), volume=[0, 5])
    assert list(found.short) == [0, 4]


def test_a_drawn_customer_is_displaced_by_no_value():
    found = _arbitrate(_uses((1, 0, 7, 0.1, 1.0, True), (1, 1, 7, 50.0), (2, 1, 7, 60.0)), places=1)
    assert _words(found) == ["chosen", "better_use", "chosen"]
    assert found.objective == pytest.approx(0.1)


def test_no_uses_are_no_error():
    nothing = Uses(*(np.zeros(0, dtype=np.int64),) * 4, *(np.zeros(0),) * 2, np.zeros(0, dtype=bool))
    found = arbitrate(nothing, Promises(np.array([3]), np.array([1.0])), np.array([5]))
    assert (len(found.outcome), list(found.short), found.gap) == (0, [3], 0.0)


@st.composite
def _worlds(draw):
    rows = []
    for customer in range(draw(st.integers(1, 5))):
        for campaign in range(3):
            if draw(st.booleans()):
                rows.append((customer, campaign, campaign // 2, draw(st.integers(-4, 40)) / 4, draw(st.integers(1, 3))))
    rows = rows or [(0, 0, 0, 1.0, 1)]
    budget = draw(st.lists(st.sampled_from([ANY, 0.0, 2.0, 5.0]), min_size=3, max_size=3))
    volume = draw(st.lists(st.integers(0, 2), min_size=3, max_size=3))
    return _uses(*rows, (99, 2, 1, -50.0)), volume, budget, draw(st.integers(1, 5))


def _best(uses, volume, budget, places):
    """The best plan there is, by enumerating every customer's contacts and HiGHS over them; None where none keeps the volumes."""
    options = []
    for customer in np.unique(uses.customer):
        rows = np.flatnonzero(uses.customer == customer)
        families = [[None, *rows[uses.family[rows] == family]] for family in np.unique(uses.family[rows])]
        for picked in product(*families):
            offered = [row for row in picked if row is not None]
            for lead in offered:
                worth = uses.value[lead] + sum(0.5 * (uses.value[r] + uses.cost[r]) for r in offered if r != lead)
                options.append((customer, lead, offered, worth))
    usage = np.zeros((7 + int(uses.customer.max()) + 1, len(options)))
    for column, (customer, lead, offered, _) in enumerate(options):
        usage[uses.campaign[lead], column] += uses.cost[lead]
        usage[3 + uses.campaign[offered], column] += 1
        usage[6, column] = usage[7 + customer, column] = 1
    most = np.concatenate([budget, [ANY] * 3, [places], np.ones(len(usage) - 7)])
    least = np.concatenate([[0] * 3, volume, np.zeros(len(usage) - 6)])
    worth = np.array([option[3] for option in options])
    found = milp(-worth, constraints=LinearConstraint(usage, least, most), integrality=np.ones(len(worth)), bounds=Bounds(0, 1))
    return None if found.x is None else -found.fun


@settings(max_examples=25, deadline=None)
@given(_worlds())
def test_no_plan_is_above_the_bound_and_no_promise_is_broken(world):
    uses, volume, budget, places = world
    found = _arbitrate(uses, volume=volume, budget=budget, places=places)
    assert (found.spent <= np.array(budget) + 1e-9).all()
    assert found.objective <= found.bound + 1e-6
    best = _best(uses, volume, budget, places)
    if best is not None:
        assert best <= found.bound + 1e-6
        if not found.short.any():
            assert found.objective <= best + 1e-6
    chosen = found.outcome == Use.CHOSEN
    pairs = list(zip(uses.customer[chosen], uses.family[chosen], strict=True))
    assert len(set(pairs)) == len(pairs)


def _company(customers=6_000, grids=12):
    chance = np.random.default_rng(1)
    parts = []
    for campaign in range(4):
        who = np.flatnonzero(chance.random(customers) < 0.6)
        value = chance.lognormal(1, 0.8, len(who)) - 2
        cost = np.full(len(who), 2.0 + campaign)
        parts.append((who, who * 0 + campaign, who * 0 + campaign // 2, who % grids, value, cost, chance.random(len(who)) < 0.01))
    return Uses(*(np.concatenate(columns) for columns in zip(*parts, strict=True))), np.full(grids, 120)


def test_the_gap_of_a_company_is_within_a_thousandth():
    uses, places = _company()
    promises = Promises(np.array([900, 0, 0, 0]), np.array([ANY, ANY, ANY, 600.0]))
    found = arbitrate(uses, promises, places)
    assert found.spent[3] <= 600
    assert found.contacts[0] >= 900
    assert 0 <= found.gap < 0.001
    assert found.volume_price[0] > 0
    assert found.budget_price[3] > 0


def test_the_order_in_which_uses_are_given_changes_nothing():
    uses, places = _company(customers=800, grids=3)
    promises = Promises(np.array([150, 0, 0, 0]), np.array([ANY, ANY, ANY, 100.0]))
    mixed = np.random.default_rng(2).permutation(len(uses.customer))
    other = uses.only(mixed)
    one, two = arbitrate(uses, promises, places // 4), arbitrate(other, promises, places // 4)
    assert (one.outcome[mixed] == two.outcome).all()
    assert (one.lead[mixed] == two.lead).all()


def test_of_equals_a_budget_and_a_volume_take_as_many_as_they_hold():
    equals = [(customer, 0, 7, 5.0) for customer in range(6)]
    found = _arbitrate(_uses(*equals), budget=[4.0])
    assert found.spent[0] == 4.0
    assert found.gap == pytest.approx(0, abs=1e-6)
    found = _arbitrate(_uses(*equals, *((customer, 1, 7, 3.0) for customer in range(6))), volume=[0, 2])
    assert list(found.contacts) == [4, 2]
    assert found.gap == pytest.approx(0, abs=1e-6)
