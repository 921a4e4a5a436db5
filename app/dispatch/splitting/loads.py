"""How much each manager of a grid gets at least and at most, and on which days (pure NumPy)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MANY = 2**31  # contacts: no maximum
_STEPS = 60  # of bisection: past the digits of a float


def load_bounds(
    capacity: Integers, used: Integers, room: Integers, contacts: int, *, fairness: float, least: Integers, most: Integers
) -> tuple[Integers, Integers, float]:
    """(lowest, highest) new contacts of each manager, (m,), of `contacts` in all, and the fairness that held.

    capacity, used: of the whole window, (m,); room: free places, (m,); least, most: contacts of the window that a manager
    shall have at least and at most, what is used counted in, (m,).

    Load is (used + new) / capacity; nobody's may be further than `fairness` from that of the grid, (sum of used + contacts) /
    sum of capacity, rounded to whole contacts in favour of the manager. Fairness costs no contact: where the places inside
    the bound are fewer than the contacts, because others are full or away, the bound is widened by the least that holds them.
    `least` and fairness bind as long as there are contacts worth making: nobody is sent to a contact of negative worth.
    """
    ceiling = np.minimum(room, np.maximum(most - used, 0))
    contacts = min(contacts, int(ceiling.sum()))
    mean = (used.sum() + contacts) / max(int(capacity.sum()), 1)

    def highest(width: float) -> Integers:
        fair = np.ceil((mean + width) * capacity - 1e-9).astype(np.int64) - used
        top: Integers = np.clip(np.maximum(fair, least - used), 0, ceiling)
        return top

    if highest(fairness).sum() < contacts:
        narrow, fairness = fairness, 1 + float(mean)
        for _ in range(_STEPS):
            middle = (narrow + fairness) / 2
            narrow, fairness = (middle, fairness) if highest(middle).sum() < contacts else (narrow, middle)
    top = highest(fairness)
    fair = np.floor((mean - fairness) * capacity + 1e-9).astype(np.int64) - used
    lowest = np.clip(np.maximum(fair, least - used), 0, top)
    return lowest, top, fairness


def bounds_of_stretches(
    capacity: Integers, used: Integers, room: Integers, *, least: Integers, most: Integers
) -> tuple[Integers, Integers]:
    """(lowest, highest) new contacts of each manager in each stretch, manager by manager, of (m, stretches).

    Minimum and maximum are shared out by capacity. Fairness binds nobody here: a window may lie where only some work.
    """
    share = capacity / np.maximum(capacity.sum(axis=1, keepdims=True), 1)
    highest = np.clip(np.ceil(most[:, None] * share - 1e-9).astype(np.int64) - used, 0, room)
    lowest = np.clip(np.floor(least[:, None] * share + 1e-9).astype(np.int64) - used, 0, highest)
    return lowest.ravel(), highest.ravel()


def place_within(group: Integers) -> Integers:
    """The place (0 is first) of each element among those of the same group, in the order given."""
    small = len(group) and group.min() >= 0 and group.max() < 2**16  # then it is sorted by its digits
    order = np.argsort(group.astype(np.uint16) if small else group, kind="stable")
    sorted_group = group[order]
    starts = np.r_[True, sorted_group[1:] != sorted_group[:-1]] if len(group) else np.zeros(0, dtype=bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0))
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - first
    return place


def days_of(manager: Integers, by_order: Integers, free: Integers) -> Integers:
    """The day of each placed target: a manager's days filled from the first, best target first; -1 where nobody is its manager.

    manager: position or -1, (n,); by_order: the targets, best first, (n,); free: places of each manager and day, (m, days).
    """
    day = np.full(len(manager), -1, dtype=np.int64)
    placed = by_order[manager[by_order] >= 0]
    if len(placed) == 0:
        return day
    until = free.cumsum(axis=1)
    who = manager[placed]
    # One ascending line of all managers' days, so that one search finds each target's day.
    step = int(until.max()) + 1
    line = (until + np.arange(len(until))[:, None] * step).ravel()
    day[placed] = np.searchsorted(line, who * step + place_within(who), side="right") - who * free.shape[1]
    return day


def days_between(manager: Integers, by_order: Integers, free: Integers, earliest: Integers, latest: Integers) -> Integers:
    """`days_of` where each target has its own first and last day: on every day who must be done soonest, then best first.

    By earliest due date all fit if any plan fits them (Jackson 1955, for work of one unit with days of release); who does
    not fit gets -1.
    """
    day = np.full(len(manager), -1, dtype=np.int64)
    left = by_order[manager[by_order] >= 0]
    left = left[np.argsort(latest[left], kind="stable")]
    for today in range(free.shape[1]):
        left = left[latest[left] >= today]
        ready = left[earliest[left] <= today]
        taken = ready[place_within(manager[ready]) < free[manager[ready], today]]
        day[taken] = today
        left = left[day[left] < 0]
    return day
