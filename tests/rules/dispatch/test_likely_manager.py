"""Which use of a customer is the better one depends on whom it will likely go to."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from app.campaigns.listing import Customers, ListRule
from app.dispatch.run.arbitration import Promises, Use, Uses, arbitrate
from app.dispatch.run.deciding import decide_run
from app.dispatch.run.terms import CampaignInput, RunInputs, Worth
from app.dispatch.splitting.split import Managers, SplitRules
from app.dispatch.splitting.worth import likely_factor

RULES = SplitRules(owner_share=0.2)
ALONE = replace(RULES, likely_manager=False)


def _managers(*grids, places=None, skill=None):
    """Managers 1, 2, ... of these grids, with so many places on one day."""
    capacity = np.array([[9]] * len(grids) if places is None else [[one] for one in places])
    skills = None if skill is None else np.array(skill, dtype=float)
    return Managers(np.arange(1, len(grids) + 1), np.array(grids), capacity, capacity * 0, skill=skills)


def _factor(managers, *, grid=1, owner=0, product=0):
    return float(likely_factor(np.array([grid]), np.array([owner]), np.array([product]), managers, RULES)[0])


def test_the_owner_is_likely_where_one_works_in_the_grid():
    skill = [[1.1, 0.9, 1.0], [0.8, 1.2, 1.0]]
    managers = _managers(1, 1, 2, skill=skill)
    assert _factor(managers, owner=1) == pytest.approx(1.1 * 1.2)
    assert _factor(managers, owner=2, product=1) == pytest.approx(1.2 * 1.2)
    assert _factor(managers, owner=3) == pytest.approx(1.0)  # of another grid: the mean of the two
    assert _factor(replace(managers, capacity=managers.capacity * [[0], [1], [1]]), owner=1) == pytest.approx(0.9)


def test_an_owner_who_is_worse_than_the_others_even_so_is_not():
    assert _factor(_managers(1, 1, places=[1, 99], skill=[[0.8, 1.25]]), owner=1) == pytest.approx(1.25, abs=0.01)


def test_the_others_count_by_the_places_they_have():
    assert _factor(_managers(1, 1, places=[3, 1], skill=[[0.8, 1.2]])) == pytest.approx(0.9)


def test_where_nobody_works_or_nothing_is_known_nobody_counts():
    assert _factor(_managers(1), grid=7) == 1.0
    assert _factor(_managers(1, places=[0])) == 1.0
    assert _factor(_managers(1)) == 1.0


def test_of_two_uses_the_one_that_its_manager_does_better_wins():
    one = np.array([1, 1])
    factor = np.array([5 / 6, 7 / 5.9])
    uses = Uses(one, np.array([0, 1]), one, one * 0, np.array([5.0, 4.9]), one * 1.0, one < 0, factor)
    found = arbitrate(uses, Promises(one * 0, one + np.inf), np.array([1]))
    assert [Use(outcome) for outcome in found.outcome] == [Use.BETTER_USE, Use.CHOSEN]
    assert found.objective == pytest.approx(6.0)
    assert found.gap == pytest.approx(0)
    assert found.priced[1] == pytest.approx(4.9)  # the split knows the managers itself


def _company(rules, *, skills, budget=np.inf):
    """Two products of a family over 3,000 customers of five grids with four managers each, who have room for half."""
    chance, n, m = np.random.default_rng(3), 3_000, 20
    grid, staff = 1 + np.arange(n) % 5, np.arange(1, m + 1)
    owner = np.where(chance.random(n) < 0.8, grid + 5 * chance.integers(0, 4, n), 0)
    managers = Managers(staff, 1 + (staff - 1) % 5, np.full((m, 1), n // 2 // m), np.zeros((m, 1), dtype=np.int64), skill=skills)
    sources = []
    for number, sale in enumerate((60.0, 80.0)):
        zero, score = np.zeros(n, dtype=np.int64), chance.beta(2, 9, n).astype(np.float32)
        customers = Customers(
            zero + np.arange(1, n + 1), grid.astype(np.int32), owner.astype(np.int32), zero + np.arange(n),
            (1 + np.argsort(np.argsort(-score))).astype(np.int32), score, np.full(n, np.nan, np.float32), zero, zero < 0,
            np.ones(n, np.float32),
        )  # fmt: skip
        rule = ListRule(1, Decimal(0), Decimal(0), Decimal(0), list_size=n)
        worth = Worth(sale, contact_cost=2.0)
        sources.append(
            CampaignInput(number + 1, f"P{number}", "one", rule, worth, True, customers, product=number, budget=budget)
        )
    return RunInputs(date(2026, 10, 1), sources, managers, rules)


def _earned(inputs):
    """Money of the contacts of a run with the managers who make them."""
    earned = 0.0
    for source, decision in zip(inputs.campaigns, decide_run(inputs).campaigns, strict=True):
        placed = np.flatnonzero(decision.manager >= 0)
        who, cost = decision.manager[placed], source.worth.contact_cost
        owned = decision.customers.owner[placed] == inputs.managers.staff[who]
        factor = inputs.managers.skill[source.product, who] * np.where(owned, 1.2, 1.0)
        earned += float(((decision.value[placed] / 10_000 + cost) * factor - cost).sum())
    return earned


@pytest.mark.parametrize(("budget", "more"), [(np.inf, 1.002), (1_200.0, 1.005)])
def test_a_run_that_knows_the_managers_brings_more(budget, more):
    skills = np.clip(np.random.default_rng(4).normal(1, 0.12, (2, 20)), 0.8, 1.25)
    knows, knows_not = (_earned(_company(rules, skills=skills, budget=budget)) for rules in (RULES, ALONE))
    print(f"{knows:,.0f} instead of {knows_not:,.0f}: {knows / knows_not - 1:+.2%}")  # noqa: T201 - seen with -s
    assert knows > more * knows_not
