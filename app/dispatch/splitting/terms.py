"""What is split and what comes of it: targets, managers, placements and their figures (pure)."""

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
NOBODY = -1


class Outcome(IntEnum):
    """What came of a target."""

    OWNER = 0
    BEST_VALUE = 1
    NO_ACTIVE_MANAGER = 2
    OVER_CAPACITY = 3
    BELOW_COST = 4


@dataclass(frozen=True)
class Targets:
    """Customers to be placed, each (n,).

    grid, owner: ids (0: no owner). order: unique, lower goes first. Optional: value and cost of the contact in money
    (`split_worth`; without value the order is the value); product: row of Managers.skill; place: latitude and longitude, (n, 2);
    drawn: placed by chance and not by value; pinned: the manager who has it already, position or NOBODY; earliest, latest:
    first and last day of the window on which it may be done.
    """

    grid: Integers
    owner: Integers
    order: Floats
    value: Floats | None = None
    cost: Floats | None = None
    product: Integers | None = None
    place: Floats | None = None
    drawn: Booleans | None = None
    pinned: Integers | None = None
    earliest: Integers | None = None
    latest: Integers | None = None

    def only(self, rows: Integers) -> "Targets":
        """Those of these positions, in their order."""
        columns: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        cut: dict[str, Any] = {name: None if column is None else column[rows] for name, column in columns.items()}
        return Targets(**cut)


@dataclass(frozen=True)
class Managers:
    """Who works in the window, in the order of their ids.

    staff, grid: ids, (m,). capacity: contacts on each day of the window, 0 where absent, (m, days). used: contacts of these
    days that other work takes already, (m, days). Optional: skill of each product, (products, m); anchor: middle of the
    manager's other work, (m, 2); least, most: contacts of the window, what is used counted in, (m,).
    """

    staff: Integers
    grid: Integers
    capacity: Integers
    used: Integers
    skill: Floats | None = None
    anchor: Floats | None = None
    least: Integers | None = None
    most: Integers | None = None


@dataclass(frozen=True)
class GridFigures:
    """How well one grid was split, in money: `gap` is how far the worth may be from the best possible, as a share of it.

    fairness: the bound that held. short: contacts below the managers' minimums, for want of targets worth a contact.
    """

    grid: int
    targets: int
    contacts: int
    worth: float
    bound: float
    fairness: float
    short: int

    @property
    def gap(self) -> float:
        """(bound - worth) / |bound|; 0 where both are 0."""
        return (self.bound - self.worth) / abs(self.bound) if self.bound else 0.0


@dataclass(frozen=True)
class Placement:
    """For each target its Outcome, the position of its manager among Managers, and the day of the window; NOBODY where none.

    worth: of the pair, 0 where not placed, (n,). grids: figures of each grid that has both targets and managers.
    short: contacts each manager has less than the minimum, (m,).
    """

    outcome: Integers
    manager: Integers
    day: Integers
    worth: Floats = field(default_factory=lambda: np.zeros(0))
    grids: tuple[GridFigures, ...] = ()
    short: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
