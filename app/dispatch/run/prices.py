"""The prices of budgets and promised volumes, and the repair of what they leave open (pure NumPy)."""

from dataclasses import dataclass

import numpy as np

from app.dispatch.run.table import Booleans, Choice, Floats, Integers, Table

_ROUNDS = 3
_STEPS = 40
_STEPS_OF_ALL = 8  # after a sample has found the prices to a few parts in a hundred
_SAMPLED = 200_000  # customers from which on a sample is asked first
_REPAIRS = 60


@dataclass(frozen=True)
class Promises:
    """Of each campaign the contacts it is promised (0: none) and the money its contacts may cost (inf: any), (campaigns,)."""

    volume: Integers
    budget: Floats


@dataclass(frozen=True)
class Plan:
    """A choice within capacity: which contacts are placed, (customers,), what the last place of each grid costs, (grids,);
    rows that may not be offered for want of budget, and rows that go first because they are promised, (n,)."""

    choice: Choice
    placed: Booleans
    price_of_place: Floats
    blocked: Booleans
    first: Booleans


class Prices:
    """Prices of one table of uses. `places`: of each grid."""

    def __init__(self, table: Table, promises: Promises, places: Integers) -> None:
        self.table, self.promises, self.places = table, promises, places
        self.campaigns = len(promises.budget)
        uses = table.uses
        self.nothing = np.zeros(len(uses.cost), dtype=bool)
        self.highest = float(2 * np.abs(table.likely).max(initial=0) + np.abs(uses.cost).max(initial=0) + 1)

    def plan(self, budget: Floats, volume: Floats, *, blocked: Booleans | None = None, first: Booleans | None = None) -> Plan:
        """The best plan at these prices."""
        blocked, first = (self.nothing if rows is None else rows for rows in (blocked, first))
        choice = self.table.choose(budget, volume, blocked=blocked, first=first)
        placed, price = self.table.place(choice.total, self.places)
        return Plan(choice, placed, price, blocked, first)

    def bound(self, budget: Floats, volume: Floats, contacts: Integers) -> float:
        """What no plan of that many contacts of each campaign can exceed, by these prices. Who was drawn is in every plan."""
        plan = self.plan(budget, volume)
        uses, choice = self.table.uses, plan.choice
        counted = np.where(choice.offered, self.table.worth(choice) + volume[uses.campaign], 0.0)
        counted[choice.lead] -= (budget[uses.campaign] * uses.cost)[choice.lead]
        limited = np.isfinite(self.promises.budget)
        paid = budget[limited] @ self.promises.budget[limited] - volume @ contacts
        return float(counted[plan.placed[self.table.customer_of]].sum() + paid)

    def search(self) -> tuple[Floats, Floats]:
        """The prices of (budget, volume) of each campaign at which the bound is about the lowest."""
        budget, volume = np.zeros(self.campaigns), np.zeros(self.campaigns)
        if not np.isfinite(self.promises.budget).any() and not self.promises.volume.any():
            return budget, volume
        steps, width = _STEPS, 1.0
        if self.table.customers >= _SAMPLED:
            step = self.table.customers // (_SAMPLED // 4)
            scaled = Promises(self.promises.volume // step, self.promises.budget / step)
            budget, volume = Prices(self.table.part(step), scaled, self.places // step).search()
            steps, width = _STEPS_OF_ALL, 0.05
        for _ in range(_ROUNDS):
            before = np.concatenate([budget, volume])
            for campaign in range(self.campaigns):
                if np.isfinite(self.promises.budget[campaign]):
                    self._bisect(budget, budget, volume, campaign, steps, width)
                if self.promises.volume[campaign]:
                    self._bisect(volume, budget, volume, campaign, steps, width)
            if np.allclose(before, np.concatenate([budget, volume]), rtol=1e-6):
                break
        return budget, volume

    def _bisect(self, price: Floats, budget: Floats, volume: Floats, campaign: int, steps: int, width: float) -> None:
        """Set price[campaign] (of `budget` or `volume`) just below the lowest that keeps the promise, the others as they are.

        Below and not at it, because of equals: at it all of them would be gone (or there), and the repair can only take away
        from a budget, or add to a volume.
        """

        def kept(candidate: float) -> bool:
            price[campaign] = candidate
            plan = self.plan(budget, volume)
            spent, contacts = self.table.spent(plan.choice, plan.placed, self.campaigns)
            if price is budget:
                return bool(spent[campaign] <= self.promises.budget[campaign])
            return bool(contacts[campaign] >= self.promises.volume[campaign])

        low, high = 0.0, self.highest
        if width < 1 and price[campaign]:
            near = price[campaign]
            low, high = near * (1 - width), near * (1 + width)
            low = low if not kept(low) else 0.0
            high = high if kept(high) else self.highest
        if low == 0.0 and kept(0.0):
            return
        for _ in range(steps):
            middle = (low + high) / 2
            low, high = (low, middle) if kept(middle) else (middle, high)
        price[campaign] = low

    def repair(self, budget: Floats, volume: Floats) -> Plan:
        """The plan at these prices, changed until no budget is exceeded and, as far as there are customers, no volume missed.

        Over a budget the contacts that count least for their cost are taken from the campaign, drawn ones last; for a volume
        those go first whom it costs least. Budgets win over volumes.
        """
        plan = self.plan(budget, volume)
        for turn in range(_REPAIRS):
            spent, contacts = self.table.spent(plan.choice, plan.placed, self.campaigns)
            over = np.flatnonzero(spent > self.promises.budget * (1 + 1e-12))
            short = np.flatnonzero((contacts < self.promises.volume) & (turn < _REPAIRS // 2))
            blocked, first = plan.blocked.copy(), plan.first.copy()
            for campaign in over:
                blocked[self._least_worth(plan, int(campaign))] = True
            for campaign in short if len(over) == 0 else []:
                missing = int(self.promises.volume[campaign] - contacts[campaign])
                first[self._cheapest(plan, int(campaign), missing, budget, volume)] = True
            if (blocked == plan.blocked).all() and (first == plan.first).all():
                break
            plan = self.plan(budget, volume, blocked=blocked, first=first & ~blocked)
        return plan

    def _least_worth(self, plan: Plan, campaign: int) -> Integers:
        """Rows of the campaign's placed leads to be given up so that the rest is within budget."""
        uses = self.table.uses
        leads = plan.choice.lead[plan.placed]
        leads = leads[(uses.campaign[leads] == campaign) & (uses.cost[leads] > 0)]
        keep = np.lexsort((leads, -self.table.likely[leads] / uses.cost[leads], ~uses.drawn[leads]))
        cost = uses.cost[leads[keep]].cumsum()
        given_up: Integers = leads[keep[cost > self.promises.budget[campaign]]]
        return given_up

    def _cheapest(self, plan: Plan, campaign: int, missing: int, budget: Floats, volume: Floats) -> Integers:
        """Rows of the campaign that are not in the plan and cost it least."""
        table, uses = self.table, self.table.uses
        counted = plan.choice.offered & plan.placed[table.customer_of]
        rows = np.flatnonzero((uses.campaign == campaign) & ~counted & ~plan.blocked & ~plan.first)
        own = table.likely[rows] - budget[campaign] * uses.cost[rows] + volume[campaign]
        who = table.customer_of[rows]
        now = np.where(plan.placed[who], plan.choice.total[who], plan.price_of_place[table.grid[who]])
        return rows[np.argsort(now - own, kind="stable")[:missing]]
