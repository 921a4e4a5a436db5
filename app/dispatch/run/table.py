"""Which use of each customer is the best at given prices, for all customers at once (pure NumPy).

A contact may hold one offer of each product family. Its lead is paid for, the others come along: what they earn counts by
`joint_share`, because the manager's and the customer's attention is one, and their contact costs nothing. So

contact = value of the lead + joint_share x sum of (value + cost) of the others

a value being that with the likely manager, and at prices: a lead counts value - budget_price x cost + volume_price, another
offer joint_share x (value + cost) + volume_price, the prices being those of its campaign.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
FIRST = 1e9  # above all money: who was drawn, or is needed for what was promised, goes first


@dataclass(frozen=True)
class Uses:
    """Possible offers to customers, each (n,): customer and family as any ids, campaign as a position, grid as a position.

    value: money of a contact for this offer alone, cost taken off; cost: of the contact. drawn: here by chance, to learn from.
    factor: what the manager whom the split will likely give it makes of what is earned (splitting/worth.py); None: 1.
    """

    customer: Integers
    campaign: Integers
    family: Integers
    grid: Integers
    value: Floats
    cost: Floats
    drawn: Booleans
    factor: Floats | None = None

    def only(self, rows: Integers | Booleans) -> "Uses":
        """Those of these rows, in their order."""
        columns: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        cut: dict[str, Any] = {name: None if column is None else column[rows] for name, column in columns.items()}
        return Uses(**cut)


@dataclass(frozen=True)
class Choice:
    """The best contact of each customer at some prices.

    lead: row of the lead; total: what the contact counts at these prices; both (customers,). offered: rows that are part of
    the contact, (n,).
    """

    lead: Integers
    total: Floats
    offered: Booleans


class Table:
    """Uses sorted by customer, family and campaign, with where each customer and each customer's family begins."""

    def __init__(self, uses: Uses, joint_share: float) -> None:
        self.order = np.lexsort((uses.campaign, uses.family, uses.customer))
        self.uses = uses.only(self.order)
        uses = self.uses
        self.factor = np.ones(len(uses.value)) if uses.factor is None else uses.factor
        self.likely = uses.value if uses.factor is None else (uses.value + uses.cost) * uses.factor - uses.cost
        self.joint_share = joint_share
        customer, family = self.uses.customer, self.uses.family
        new = np.r_[True, customer[1:] != customer[:-1]] if len(customer) else np.zeros(0, dtype=bool)
        turn = new.copy()
        turn[1:] |= family[1:] != family[:-1]
        self.starts, self.turns = np.flatnonzero(new), np.flatnonzero(turn)
        self.customer_of, self.family_of = np.cumsum(new) - 1, np.cumsum(turn) - 1
        self.customers = len(self.starts)
        self.grid = self.uses.grid[self.starts]
        self.by_grid = np.argsort(self.grid, kind="stable")

    def part(self, step: int) -> "Table":
        """Every so many-th customer."""
        rows = self.customer_of % step == 0
        return Table(self.uses.only(rows), self.joint_share)

    def choose(self, budget_price: Floats, volume_price: Floats, *, blocked: Booleans, first: Booleans) -> Choice:
        """The best contact of each customer; rows `blocked` are no part of one, rows `first` are before all others."""
        uses = self.uses
        volume = volume_price[uses.campaign] + np.where(uses.drawn | first, FIRST, 0.0)
        lead = np.where(blocked, -np.inf, self.likely - budget_price[uses.campaign] * uses.cost + volume)
        other = np.where(blocked, -np.inf, self.joint_share * (self.likely + uses.cost) + volume)
        best = np.maximum(np.maximum.reduceat(other, self.turns), 0.0)
        others = np.add.reduceat(best, self.family_of[self.starts])
        total = lead + others[self.customer_of] - best[self.family_of]
        most = np.maximum.reduceat(total, self.starts)
        leads = self._first_row(total == most[self.customer_of], self.starts)
        in_family = self._first_row((other == best[self.family_of]) & (other > 0), self.turns)
        offered = np.zeros(len(total), dtype=bool)
        offered[in_family[in_family < len(total)]] = True
        offered &= self.family_of != self.family_of[leads][self.customer_of]
        offered[leads] = True
        offered &= np.isfinite(most)[self.customer_of]
        return Choice(leads, most, offered)

    def _first_row(self, holds: Booleans, starts: Integers) -> Integers:
        """The first row of each part for which this holds; beyond the last row where none."""
        return np.minimum.reduceat(np.where(holds, np.arange(len(holds)), len(holds)), starts)

    def place(self, total: Floats, places: Integers) -> tuple[Booleans, Floats]:
        """(contacts that count most, as many as each grid has places and none below 0; what the last place of a grid costs)."""
        placed = np.zeros(self.customers, dtype=bool)
        price = np.zeros(len(places))
        ends = np.cumsum(np.bincount(self.grid, minlength=len(places)))
        for grid, who in enumerate(np.split(self.by_grid, ends[:-1])):
            who = who[total[who] >= 0]
            if len(who) > places[grid]:
                ranked = who[np.argsort(-total[who], kind="stable")]
                price[grid] = total[ranked[places[grid]]]
                who = ranked[: places[grid]]
            placed[who] = True
        return placed, price

    def worth(self, choice: Choice, value: Floats | None = None) -> Floats:
        """Money of each row as it is offered: the lead's value, of others their share; 0 where not offered.

        `value`: of each row alone; None: with its likely manager.
        """
        value = self.likely if value is None else value
        worth = np.where(choice.offered, self.joint_share * (value + self.uses.cost), 0.0)
        leads = choice.lead[choice.offered[choice.lead]]
        worth[leads] = value[leads]
        return worth

    def spent(self, choice: Choice, placed: Booleans, campaigns: int) -> tuple[Floats, Integers]:
        """(cost, contacts) of each campaign over the placed contacts."""
        leads = choice.lead[placed]
        cost = np.bincount(self.uses.campaign[leads], weights=self.uses.cost[leads], minlength=campaigns)
        rows = np.flatnonzero(choice.offered & placed[self.customer_of])
        return cost.astype(np.float64), np.bincount(self.uses.campaign[rows], minlength=campaigns).astype(np.int64)
