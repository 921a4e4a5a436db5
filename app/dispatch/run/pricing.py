"""What the limits of a run were worth, for who plans the next one (pure): what one more of each would have brought.

{"budget": money that one more unit of budget would bring, "volume": money that one promised contact less would save (both null
where the run had nothing to decide between campaigns), "grids": [{"grid": id, "contacts": placed, "left": over capacity, "next":
money}]}. `next` is the value of the best customer of the grid for whom there was no place: at most so much is one more place
worth there. Only grids with somebody left; money is text, null where no price is known.
"""

from typing import Any

import numpy as np

from app.dispatch.run.deciding import Decision, RunDecision
from app.dispatch.run.terms import DISPATCHED, OVER_CAPACITY


def prices_of(decided: RunDecision, place: int) -> dict[str, Any]:
    """Those of the campaign at this place of the run."""
    found = decided.found
    return {
        "budget": None if found is None else round(float(found.budget_price[place]), 4),
        "volume": None if found is None else round(float(found.volume_price[place]), 4),
        "grids": _grids(decided.campaigns[place]),
    }


def _grids(decision: Decision) -> list[dict[str, Any]]:
    left = np.flatnonzero(decision.reason == OVER_CAPACITY)
    if not len(left):
        return []
    grids, place = np.unique(decision.customers.grid_id[left], return_inverse=True)
    waiting = np.bincount(place)
    served = decision.customers.grid_id[decision.reason == DISPATCHED]
    contacts = np.bincount(served, minlength=int(grids.max()) + 1)[grids]
    best: list[int | None] = [None] * len(grids)
    if decision.value is not None:
        most = np.full(len(grids), np.iinfo(np.int64).min)
        np.maximum.at(most, place, decision.value[left])
        best = most.tolist()
    return [
        {"grid": grid, "contacts": count, "left": waits, "next": None if value is None else f"{value / 10_000:.2f}"}
        for grid, count, waits, value in zip(grids.tolist(), contacts.tolist(), waiting.tolist(), best, strict=True)
    ]
