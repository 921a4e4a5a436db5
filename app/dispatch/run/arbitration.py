"""Each customer to the best use over the campaigns of a run, within budgets, promised volumes and capacity (pure NumPy).

Budgets and volumes hold over all grids, so they couple them. They are given prices (Fisher 1981, "The Lagrangian relaxation
method for solving integer programming problems"): at given prices every customer is decided alone, and a grid takes the
contacts that count most up to its places. Their sum, plus budgets and less volumes at their prices, bounds from above what any
plan can reach; the prices that make the bound the lowest are found by bisection, campaign by campaign, because what a campaign
spends only falls with its price. What is then over a budget, or short of a volume, is repaired, and the bound says how
much that and the whole choice may cost at most: the gap.

Capacity here is that of a whole grid; which manager, and who is left over, is the split's to say. What a use is worth with the
manager it will likely get is known here, though: an owner and a skill for one product may turn which of two uses is the better.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from app.dispatch.run.prices import Plan, Prices, Promises
from app.dispatch.run.table import Booleans, Floats, Integers, Table, Uses

__all__ = ["Arbitration", "Promises", "Use", "Uses", "arbitrate"]


class Use(IntEnum):
    """What came of a possible offer."""

    CHOSEN = 0
    BETTER_USE = 1
    OVER_BUDGET = 2
    BELOW_COST = 3
    OVER_CAPACITY = 4


@dataclass(frozen=True)
class Arbitration:
    """outcome: Use. worth: money of a chosen row as part of its contact, whoever makes it; priced: the same at the prices, by
    which the split goes, so that it keeps the promises; lead: the row whose cost is paid. All (n,).

    objective, bound: money with the likely managers within the capacity of the grids, of plans that fulfil volumes as far as
    this one.
    spent, contacts, short: of each campaign in that plan; short of its volume by so many. budget_price, volume_price:
    what one more unit would bring.
    """

    outcome: Integers
    worth: Floats
    priced: Floats
    lead: Booleans
    objective: float
    bound: float
    spent: Floats
    contacts: Integers
    short: Integers
    budget_price: Floats
    volume_price: Floats

    @property
    def gap(self) -> float:
        """(bound - objective) / |bound|; 0 where both are 0."""
        return (self.bound - self.objective) / abs(self.bound) if self.bound else 0.0


def arbitrate(uses: Uses, promises: Promises, places: Integers, *, joint_share: float = 0.5) -> Arbitration:
    """Decide every possible offer. places: free contacts of each grid over the window, by grid position.

    A campaign with a budget keeps it whatever the split does: of its contacts only those of the plan are chosen, the others
    are over capacity. Contacts of other campaigns that the plan does not hold are chosen, too: the split may find room.
    """
    table = Table(uses, joint_share)
    prices = Prices(table, promises, places)
    budget_price, volume_price = prices.search()
    plan = prices.repair(budget_price, volume_price)
    spent, contacts = table.spent(plan.choice, plan.placed, prices.campaigns)
    likely, worth = table.worth(plan.choice), table.worth(plan.choice, table.uses.value)
    placed = plan.placed[table.customer_of]
    outcome = _outcomes(table, plan, likely, promises)
    chosen = outcome == Use.CHOSEN
    lead = np.zeros(len(worth), dtype=bool)
    lead[plan.choice.lead] = True
    priced = likely + volume_price[table.uses.campaign] - lead * budget_price[table.uses.campaign] * table.uses.cost
    priced = np.where(plan.first, np.maximum(priced, plan.price_of_place[table.uses.grid]), priced)
    priced = _for_any_manager(table, plan, np.where(chosen, priced, 0.0))
    back = np.empty_like(table.order)
    back[table.order] = np.arange(len(back))
    return Arbitration(
        outcome=outcome[back],
        worth=np.where(chosen, worth, 0.0)[back],
        priced=np.where(chosen, priced, 0.0)[back],
        lead=(lead & chosen)[back],
        objective=float(likely[placed].sum()),
        bound=prices.bound(budget_price, volume_price, np.minimum(promises.volume, contacts)),
        spent=spent,
        contacts=contacts,
        short=np.maximum(promises.volume - contacts, 0),
        budget_price=budget_price,
        volume_price=volume_price,
    )


def _for_any_manager(table: Table, plan: Plan, priced: Floats) -> Floats:
    """What the split makes the same of again with the likely manager: it multiplies what a contact earns by that of its own."""
    leads = plan.choice.lead
    total, cost = np.add.reduceat(priced, table.starts) if len(priced) else np.zeros(0), table.uses.cost[leads]
    neutral = priced.copy()
    neutral[leads] += (total + cost) / table.factor[leads] - cost - total
    return neutral


def _outcomes(table: Table, plan: Plan, worth: Floats, promises: Promises) -> Integers:
    """Use of each row of the table. Who would have been the better use but for the budget is over budget."""
    uses, choice, who = table.uses, plan.choice, table.customer_of
    alone = np.maximum(table.likely, 0.0)
    best = np.maximum.reduceat(np.where(choice.offered, alone, -1.0), table.turns)[table.family_of]
    limited = np.isfinite(promises.budget)[uses.campaign]
    outcome = np.where(limited & (alone > best), Use.OVER_BUDGET, Use.BETTER_USE)
    outcome[plan.blocked] = Use.OVER_BUDGET
    below = (choice.total < 0)[who]
    gain = np.add.reduceat(worth, table.starts)[who]
    outcome[below] = np.where(limited & (gain >= 0), Use.OVER_BUDGET, Use.BELOW_COST)[below]
    outcome[~choice.offered & (table.likely + uses.cost < 0)] = Use.BELOW_COST
    paid_by = uses.campaign[choice.lead][who]
    left = ~plan.placed[who] & np.isfinite(promises.budget)[paid_by]
    outcome[choice.offered & ~below] = np.where(left, Use.OVER_CAPACITY, Use.CHOSEN)[choice.offered & ~below]
    return outcome
