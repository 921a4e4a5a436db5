"""What plans promise and ask of the split: volumes, budgets, loads, fairness (pure)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

import numpy as np

from app.dispatch.run.terms import CampaignInput
from app.dispatch.splitting.loads import MANY
from app.dispatch.splitting.split import Managers, SplitRules

KM_COST = 1.0  # money that a kilometre to a visit costs where the plan says nothing else


class Plan(Protocol):
    """The fields of a campaign's plan that are asked here."""

    id: int
    channel: str
    budget: Decimal | None
    minimum_volume: int | None
    strategic_weight: Decimal
    minimum_load: int | None
    maximum_load: int | None
    fairness: Decimal | None
    km_cost: Decimal | None


def rules_of(plans: Sequence[Plan]) -> SplitRules:
    """How the grids of a run are split: as fairly as the fairest of its plans asks; distance counts where one visits, at the
    dearest kilometre of those plans."""
    kilometres = [KM_COST if plan.km_cost is None else float(plan.km_cost) for plan in plans if plan.channel == "visit"]
    rules = SplitRules(km_cost=max(kilometres, default=0.0))
    asked = [float(plan.fairness) for plan in plans if plan.fairness is not None]
    return replace(rules, fairness=min(asked)) if asked else rules


def with_loads(managers: Managers, plans: Sequence[Plan]) -> Managers:
    """The managers with the contacts that each of them gets of this run at least and at most, beside what they have.

    Minimums add up; there is a maximum only where every plan has one.
    """
    used = managers.used.sum(axis=1)
    least = sum(plan.minimum_load or 0 for plan in plans)
    most = sum(MANY if plan.maximum_load is None else plan.maximum_load for plan in plans)
    return replace(
        managers,
        least=np.where(managers.capacity.sum(axis=1) > 0, used + least, 0) if least else None,
        most=used + most if most < MANY else None,
    )


def with_promises(source: CampaignInput, plan: Plan, taken: Mapping[int, tuple[int, int]]) -> CampaignInput:
    """The campaign with its strategic weight, and what is left of its volume and budget.

    taken: by campaign, the orders made so far and those of them whose contact it pays.
    """
    orders, paid = taken.get(plan.id, (0, 0))
    worth = replace(source.worth, weight=source.worth.weight * float(plan.strategic_weight))
    left = math.inf if plan.budget is None else max(float(plan.budget) - paid * source.worth.contact_cost, 0.0)
    return replace(source, worth=worth, budget=left, minimum_volume=max((plan.minimum_volume or 0) - orders, 0))
