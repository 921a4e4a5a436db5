"""What a contact is worth with each manager of the grid (pure NumPy).

worth = (value + cost) x skill x (1 + owner_share if the manager is the owner) - cost - km_cost x km

value is the money of the contact with a manager of neutral skill, its cost taken off; so skill moves what is earned and not
what is paid. skill is the manager's success index for the product: (successes + k) / (expected + k), where expected is the
sum of the scores frozen on the matured orders (DESIGN 5), so that a good territory makes no good manager; k pulls who has
few orders to 1 (empirical Bayes: Efron, Morris 1975, "Data analysis using Stein's estimator"). km is the way from the
customer to the middle of the manager's other work; nothing is asked where a place is unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dispatch.splitting.terms import Managers

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_KM_PER_DEGREE = 111.195


@dataclass(frozen=True)
class SplitRules:
    """How a grid is split.

    owner_share: what the owner's knowledge of the customer adds to what is earned, as a share of it.
    km_cost: money a kilometre; 0: distance does not count.
    fairness: how far the load of a manager, as a share of capacity, may be from the grid's.
    skill_prior: contacts expected to succeed that pull a skill to 1; lowest_skill, highest_skill: its bounds.
    likely_manager: whether arbitration compares uses with the manager whom each is likely to get.
    """

    owner_share: float = 0.2
    km_cost: float = 0.0
    fairness: float = 0.25
    skill_prior: float = 20.0
    lowest_skill: float = 0.8
    highest_skill: float = 1.25
    likely_manager: bool = True


def skill_of(successes: Floats, expected: Floats, rules: SplitRules) -> Floats:
    """The skill from the successes of past orders and what their scores let expect; 1 without any. Any shape."""
    index = (successes + rules.skill_prior) / (expected + rules.skill_prior)
    skill: Floats = np.clip(index, rules.lowest_skill, rules.highest_skill)
    return skill


def skills_of(
    achieved: Iterable[tuple[int, int, int, float]], *, staff: Integers, products: Sequence[int], rules: SplitRules
) -> Floats:
    """Managers.skill, (products, m), of managers in the order of `staff`, from (staff id, product id, successes, expected)."""
    row, column = ({int(key): at for at, key in enumerate(keys)} for keys in (products, staff))
    counts = np.zeros((2, len(products), len(staff)))
    for staff_id, product_id, successes, expected in achieved:
        if staff_id in column and product_id in row:
            counts[:, row[product_id], column[staff_id]] += (successes, expected)
    return skill_of(counts[0], counts[1], rules)


def anchors_of(middles: Iterable[tuple[int, float, float]], staff: Integers) -> Floats:
    """Managers.anchor, (m, 2), from (staff id, latitude, longitude), of which a later one counts; NaN where there is none."""
    column = {int(key): at for at, key in enumerate(staff)}
    anchors = np.full((len(staff), 2), np.nan)
    for staff_id, latitude, longitude in middles:
        if staff_id in column:
            anchors[column[staff_id]] = latitude, longitude
    return anchors


def worth_of(
    value: Floats,
    cost: Floats,
    owner: Integers,
    skill: Floats,
    km: Floats | None,
    rules: SplitRules,
) -> Floats:
    """Worth of each pair of one grid, (m, n).

    value, cost: (n,); owner: position of the owner among the grid's managers or -1, (n,); skill: (m,), or (m, n) where
    targets are of several products; km: (m, n) or None, NaN where a place is unknown.
    """
    earned = value + cost
    factor = skill if skill.ndim == 2 else skill[:, None]
    worth: Floats = earned * factor
    owned = np.flatnonzero(owner >= 0)
    worth[owner[owned], owned] *= 1 + rules.owner_share
    worth -= cost
    if km is not None and rules.km_cost:
        worth -= np.nan_to_num(km * rules.km_cost)
    return worth


def likely_factor(grid: Integers, owner: Integers, product: Integers, managers: Managers, rules: SplitRules) -> Floats:
    """What the manager whom a target will likely get makes of what is earned, before anybody is placed, (n,).

    The owner, where one works in the grid and is no worse with their bonus than the others; else the others: their skill for
    the product on average, by the places that each has. grid, owner: ids; product: rows of Managers.skill. All (n,).
    """
    free = np.maximum(managers.capacity - managers.used, 0).sum(axis=1)
    at = np.flatnonzero(free > 0)
    if len(at) == 0:
        return np.ones(len(grid))
    skill = np.ones((int(product.max(initial=0)) + 1, len(free))) if managers.skill is None else managers.skill
    grids, of = np.unique(managers.grid[at], return_inverse=True)
    places = np.bincount(of, weights=free[at])
    mean = np.stack([np.bincount(of, weights=free[at] * row[at]) / places for row in skill])
    where = np.minimum(np.searchsorted(grids, grid), len(grids) - 1)
    others = np.where(grids[where] == grid, mean[product, where], 1.0)
    who = at[np.minimum(np.searchsorted(managers.staff[at], owner), len(at) - 1)]
    owned = (managers.staff[who] == owner) & (managers.grid[who] == grid)
    factor: Floats = np.where(owned, np.maximum(skill[product, who] * (1 + rules.owner_share), others), others)
    return factor


def km_between(places: Floats, anchors: Floats) -> Floats:
    """Kilometres from each anchor to each place, (m, n), over the plane of a town; NaN where one is unknown.

    places: (n, 2), anchors: (m, 2), latitude and longitude in degrees.
    """
    narrow = np.cos(np.radians(places[:, 0]))
    north = places[None, :, 0] - anchors[:, None, 0]
    east = (places[None, :, 1] - anchors[:, None, 1]) * narrow
    return np.hypot(north, east) * _KM_PER_DEGREE
