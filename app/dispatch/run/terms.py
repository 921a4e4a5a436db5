"""What a run is decided from, and the codes of what comes of it (pure)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.campaigns.eligibility import PLACEMENT_REASONS, REASONS
from app.campaigns.listing import NO_REASON, Customers, ListRule
from app.dispatch.run.arbitration import Use
from app.dispatch.splitting.split import Managers, Outcome, SplitRules

_FIRST = 1 + len(REASONS)
DISPATCHED, NO_ACTIVE_MANAGER, OVER_CAPACITY, BETTER_USE, OVER_BUDGET, BELOW_COST = (
    _FIRST + PLACEMENT_REASONS.index(name)
    for name in ("dispatched", "no_active_manager", "over_capacity", "better_use", "over_budget", "below_cost")
)
REASON_OF = {
    Outcome.OWNER: DISPATCHED,
    Outcome.BEST_VALUE: DISPATCHED,
    Outcome.NO_ACTIVE_MANAGER: NO_ACTIVE_MANAGER,
    Outcome.OVER_CAPACITY: OVER_CAPACITY,
    Outcome.BELOW_COST: BELOW_COST,
}
REASON_OF_USE = {
    Use.CHOSEN: NO_REASON,
    Use.BETTER_USE: BETTER_USE,
    Use.OVER_BUDGET: OVER_BUDGET,
    Use.BELOW_COST: BELOW_COST,
    Use.OVER_CAPACITY: OVER_CAPACITY,
}


@dataclass(frozen=True)
class Worth:
    """What a sale of the product is worth in money, capped; None where no price is known. See offers/priority.py."""

    sale: float | None = None
    weight: float = 1.0
    contact_cost: float = 0.0

    def of(self, score: NDArray[np.float32], uplift: NDArray[np.float32]) -> NDArray[np.int64] | None:
        """incremental x sale x weight - contact cost of each customer, in ten-thousandths; None where no price is known."""
        if self.sale is None:
            return None
        incremental = np.where(np.isnan(uplift), score, uplift).astype(np.float64)
        value: NDArray[np.int64] = np.rint((incremental * self.sale * self.weight - self.contact_cost) * 10_000).astype(np.int64)
        return value


@dataclass(frozen=True)
class CampaignInput:
    """A campaign of a run. `customers`: those of its list that are undecided (`is_drawn`), or all that were ranked.

    `first_day`, `last_day`: its own window, as days of the run's; None: all of it. `product`: row of Managers.skill.
    `minimum_volume`: contacts it is promised; `budget`: money its contacts may still cost.
    """

    campaign_id: int
    code: str
    family: str
    rule: ListRule
    worth: Worth
    is_drawn: bool
    customers: Customers
    scoring_run_id: int | None = None
    first_day: int = 0
    last_day: int | None = None
    product: int = 0
    minimum_volume: int = 0
    budget: float = math.inf


@dataclass(frozen=True)
class Places:
    """Where customers are: ids in ascending order, latitude and longitude in degrees, all (n,)."""

    customer_id: NDArray[np.int64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]

    def of(self, customer_id: NDArray[np.int64]) -> NDArray[np.float64]:
        """Latitude and longitude of each, (n, 2); NaN where not known."""
        found = np.full((len(customer_id), 2), np.nan)
        if len(self.customer_id):
            at = np.minimum(np.searchsorted(self.customer_id, customer_id), len(self.customer_id) - 1)
            known = self.customer_id[at] == customer_id
            found[known] = np.column_stack([self.latitude, self.longitude])[at[known]]
        return found


@dataclass(frozen=True)
class RunInputs:
    """All that decides a run. Days count from `first`. `places`: where distance counts."""

    first: date
    campaigns: Sequence[CampaignInput]
    managers: Managers
    rules: SplitRules = field(default_factory=SplitRules)
    places: Places | None = None
