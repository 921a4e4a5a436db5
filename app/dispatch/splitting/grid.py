"""One grid out of the targets and managers of a run, split (pure NumPy)."""

import numpy as np

from app.dispatch.splitting.exact import solve_grid
from app.dispatch.splitting.loads import MANY, bounds_of_stretches, load_bounds, place_within
from app.dispatch.splitting.problem import Loads
from app.dispatch.splitting.terms import NOBODY, Booleans, Floats, GridFigures, Integers, Managers, Outcome, Placement, Targets
from app.dispatch.splitting.worth import SplitRules, km_between, worth_of


def split_grid(
    targets: Targets, managers: Managers, rules: SplitRules, who: Integers, what: Integers, placement: Placement
) -> GridFigures:
    """Split the targets `what` (positions, best first) among the managers `who` (positions), into `placement`.

    Where targets have windows of their own, the days between two beginnings or ends of windows are a stretch, and a manager
    in a stretch counts as a manager of its own: so nobody is given more than fits the windows.
    """
    owner = _owners(managers.staff[who], targets.owner[what])
    worth = _worth(targets, managers, rules, who, what, owner)
    starts, inside = _stretches(targets, what, managers.capacity.shape[1])
    drawn = np.zeros(len(what), dtype=bool) if targets.drawn is None else targets.drawn[what]
    pinned = _pins(targets, who, what)
    viable = (drawn | (worth.max(axis=0) >= 0) | (pinned != NOBODY)) & inside.any(axis=0)
    must, loads, fairness = _who_must(managers, rules, who, starts, drawn, pinned, viable)
    allowed = (viable & (must | ~drawn & (pinned == NOBODY)))[None, :] & ((worth >= 0) | must)
    allowed &= (pinned == NOBODY) | (pinned == np.arange(len(who))[:, None])
    open_pairs = np.repeat(np.where(allowed, worth, -np.inf), len(starts), axis=0)
    open_pairs[~np.tile(inside, (len(who), 1))] = -np.inf
    found = solve_grid(open_pairs, loads, must)
    placed = np.flatnonzero(found.manager != NOBODY)
    placement.outcome[what] = np.where(viable, Outcome.OVER_CAPACITY, Outcome.BELOW_COST)
    mine = found.manager[placed] // len(starts)
    placement.outcome[what[placed]] = np.where(mine == owner[placed], Outcome.OWNER, Outcome.BEST_VALUE)
    placement.manager[what[placed]] = who[mine]
    placement.worth[what[placed]] = worth[mine, placed]
    if managers.least is not None:
        load = managers.used[who].sum(axis=1) + np.bincount(mine, minlength=len(who))
        placement.short[who] = np.maximum(managers.least[who] - load, 0)
    short = int(placement.short[who].sum())
    grid = int(managers.grid[who[0]])
    return GridFigures(grid, len(what), len(placed), found.objective, found.bound, fairness, short)


def _stretches(targets: Targets, what: Integers, days: int) -> tuple[Integers, Booleans]:
    """(first day of each stretch, whether each target may be done in it, (stretches, n))."""
    earliest = np.zeros(len(what), dtype=np.int64) if targets.earliest is None else targets.earliest[what]
    latest = np.full(len(what), days - 1) if targets.latest is None else np.minimum(targets.latest[what], days - 1)
    cuts = np.unique(np.concatenate([[0], earliest, latest + 1]))
    starts = cuts[(cuts >= 0) & (cuts < days)]
    ends = np.append(starts[1:], days)
    return starts, (starts[:, None] >= earliest) & (ends[:, None] - 1 <= latest)


def _owners(staff: Integers, owner: Integers) -> Integers:
    """The position of each target's owner among the managers of its grid, by ascending id; NOBODY where it is none of them."""
    position = np.minimum(np.searchsorted(staff, owner), len(staff) - 1)
    return np.where(staff[position] == owner, position, NOBODY)


def _worth(targets: Targets, managers: Managers, rules: SplitRules, who: Integers, what: Integers, owner: Integers) -> Floats:
    n = len(what)
    # Where no value is known the first is worth twice the last.
    value = 2.0 - np.arange(n) / n if targets.value is None else targets.value[what]
    cost = np.zeros(n) if targets.cost is None else targets.cost[what]
    if managers.skill is None:
        skill = np.ones(len(who))
    elif targets.product is None:
        skill = managers.skill[0, who]
    else:
        skill = managers.skill[:, who].T[:, targets.product[what]]
    km = None
    if targets.place is not None and managers.anchor is not None and rules.km_cost:
        km = km_between(targets.place[what], managers.anchor[who])
    return worth_of(value, cost, owner, skill, km, rules)


def _pins(targets: Targets, who: Integers, what: Integers) -> Integers:
    """The position among `who` of each target's pinned manager, NOBODY where not pinned."""
    if targets.pinned is None:
        return np.full(len(what), NOBODY, dtype=np.int64)
    return _owners(who, targets.pinned[what])


def _who_must(
    managers: Managers, rules: SplitRules, who: Integers, starts: Integers, drawn: Booleans, pinned: Integers, viable: Booleans
) -> tuple[Booleans, Loads, float]:
    """Which targets are placed whatever they are worth, the bounds of the loads, and their fairness.

    Pinned ones as far as their manager has places; of the drawn those who come in order within the places that are left.
    """
    days, used = managers.capacity[who], managers.used[who]
    free = np.maximum(days - used, 0)
    least = np.zeros(len(who), dtype=np.int64) if managers.least is None else managers.least[who]
    most = np.full(len(who), MANY) if managers.most is None else managers.most[who]
    must = np.zeros(len(drawn), dtype=bool)
    pins = np.flatnonzero(pinned != NOBODY)
    must[pins[place_within(pinned[pins]) < free.sum(axis=1)[pinned[pins]]]] = True
    held = np.bincount(pinned[must], minlength=len(who))
    most = np.maximum(most, used.sum(axis=1) + held)
    if len(starts) == 1:
        capacity, used, room = days.sum(axis=1), used.sum(axis=1), free.sum(axis=1)
        bounds = load_bounds(capacity, used, room, int(viable.sum()), fairness=rules.fairness, least=least, most=most)
        lowest, highest, fairness = bounds[0], np.maximum(bounds[1], held), bounds[2]
    else:
        capacity, used, room = (np.add.reduceat(one, starts, axis=1) for one in (days, used, free))
        lowest, highest = bounds_of_stretches(capacity, used, room, least=least, most=most)
        capacity, used, fairness = capacity.ravel(), used.ravel(), np.inf
    unpinned = np.flatnonzero(viable & (pinned == NOBODY))
    first = unpinned[: max(int(highest.sum()) - int(must.sum()), 0)]
    must[first[drawn[first]]] = True
    return must, Loads(lowest, highest, used, capacity), fairness
