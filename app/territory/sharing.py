"""Who of the managers gets which customers: by capacity and value, neighbours together (pure NumPy, deterministic)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOBODY = -1
_CURVE_BITS = 16


@dataclass(frozen=True)
class Customers:
    """Who is to be shared, one entry each. `value`: money a month; a place is NaN where it is not known.

    `pinned`: place of the manager who is to have the customer whatever else, NOBODY where that is open.
    """

    ids: Ints
    value: Floats
    latitude: Floats
    longitude: Floats
    pinned: Ints


@dataclass(frozen=True)
class Receivers:
    """Who can have them, one entry each: contacts a day; and of the customers they have, how many, worth what, their middle."""

    capacity: Floats
    customers: Floats
    value: Floats
    latitude: Floats
    longitude: Floats


def share_customers(customers: Customers, receivers: Receivers) -> Ints:
    """The place of the receiver of each customer.

    What a manager has afterwards, half in number and half in value, comes as near to their share of all capacity as what is moved
    allows. Customers in the order of a Hilbert curve are cut into one piece for each manager, in the order of where theirs are,
    so that neighbours stay together; those without a known place fill up. Raises ValueError where nobody can have them.
    """
    if not len(receivers.capacity):
        raise ValueError("nobody to share customers among")
    weight = _weights(customers, receivers)
    open_to_all = customers.pinned == NOBODY
    quota = _quotas(customers, receivers, weight)
    taken = np.where(open_to_all, 0, weight)
    np.subtract.at(quota, customers.pinned[~open_to_all], taken[~open_to_all])
    quota = np.maximum(quota, 0)
    result = customers.pinned.copy()
    placed = open_to_all & np.isfinite(customers.latitude) & np.isfinite(customers.longitude)
    rest = open_to_all & ~placed
    total = quota.sum()
    part = weight[placed].sum() / max(weight[open_to_all].sum(), 1e-12)
    by_place = quota * part if total > 0 else np.full_like(quota, 1 / len(quota))
    _cut(customers, receivers, weight, np.flatnonzero(placed), by_place, result)
    left = quota.copy()
    np.subtract.at(left, result[placed], weight[placed])
    for index in sorted(np.flatnonzero(rest), key=lambda i: (-weight[i], customers.ids[i])):
        best = int(np.argmax(left))
        result[index] = best
        left[best] -= weight[index]
    return result


def choose_share(customers: Customers, holder: Ints, capacity: Floats, newcomer_capacity: float) -> NDArray[np.bool_]:
    """Which customers a newcomer takes over, so that everybody has customers in proportion to capacity.

    `holder`: the place in `capacity` of who has each. Every giver gives what is above their share, those customers first who are
    nearest to the middle of all, so that the newcomer's lie together.
    """
    none = Receivers(*(np.zeros(len(capacity)) for _ in range(5)))
    weight = _weights(customers, none)
    whole = capacity.sum() + newcomer_capacity
    fair = weight.sum() * _shares(np.append(capacity, newcomer_capacity), whole)[:-1]
    has = np.bincount(holder, weights=weight, minlength=len(capacity))
    distance = np.hypot(customers.latitude - _mean(customers.latitude), customers.longitude - _mean(customers.longitude))
    distance = np.where(np.isfinite(distance), distance, np.inf)
    chosen = np.zeros(len(holder), dtype=bool)
    for giver in range(len(capacity)):
        above = has[giver] - fair[giver]
        own = np.flatnonzero(holder == giver)
        own = own[np.lexsort((customers.ids[own], distance[own]))]
        # Up to the customer with whom the middle of its weight is still above the share.
        before = np.cumsum(weight[own]) - weight[own] / 2
        chosen[own[before <= above]] = True
    return chosen


def _weights(customers: Customers, receivers: Receivers) -> Floats:
    """Half the share of a customer in the number of all, half that in the value of all; all being those here and those kept."""
    number = len(customers.ids) + receivers.customers.sum()
    value = np.nan_to_num(np.maximum(customers.value, 0))
    worth = value.sum() + np.maximum(receivers.value, 0).sum()
    by_number = np.full(len(customers.ids), 1 / max(number, 1))
    return by_number if worth <= 0 else (by_number + value / worth) / 2


def _quotas(customers: Customers, receivers: Receivers, weight: Floats) -> Floats:
    number = len(customers.ids) + receivers.customers.sum()
    worth = np.nan_to_num(np.maximum(customers.value, 0)).sum() + np.maximum(receivers.value, 0).sum()
    has = receivers.customers / max(number, 1)
    if worth > 0:
        has = (has + np.maximum(receivers.value, 0) / worth) / 2
    share = _shares(receivers.capacity, receivers.capacity.sum())
    return _fill(has, share, weight.sum())


def _fill(has: Floats, share: Floats, amount: float) -> Floats:
    """How much of `amount` each gets so that what they have then is as near to their shares of the whole as can be: who has more
    than their share gets nothing, the others are brought to one level."""
    takes = np.ones(len(has), dtype=bool)
    while True:
        level = (amount + has[takes].sum()) / max(share[takes].sum(), 1e-12)
        gets = np.where(takes, share * level - has, 0.0)
        above = takes & (gets < -1e-12)
        if not above.any() or takes.sum() == 1:
            return np.maximum(gets, 0)
        takes &= ~above


def _shares(capacity: Floats, whole: float) -> Floats:
    return capacity / whole if whole > 0 else np.full(len(capacity), 1 / len(capacity))


def _cut(customers: Customers, receivers: Receivers, weight: Floats, which: Ints, quota: Floats, result: Ints) -> None:
    if not len(which):
        return
    key = _curve(customers.latitude[which], customers.longitude[which], customers, which)
    which = which[np.lexsort((customers.ids[which], key))]
    middle = _curve(receivers.latitude, receivers.longitude, customers, which)
    order = np.lexsort((np.arange(len(middle)), middle))
    order = order[quota[order] > 0] if (quota > 0).any() else order
    ends = np.cumsum(quota[order])
    ends *= weight[which].sum() / max(ends[-1], 1e-12)
    position = np.cumsum(weight[which]) - weight[which] / 2
    result[which] = order[np.minimum(np.searchsorted(ends, position), len(order) - 1)]


def _curve(latitude: Floats, longitude: Floats, customers: Customers, which: Ints) -> Ints:
    """Where each place is along a Hilbert curve over the customers' rectangle; unknown places are at the end."""
    side = 1 << _CURVE_BITS
    cells = []
    for values, known in ((longitude, customers.longitude[which]), (latitude, customers.latitude[which])):
        low, high = known.min(), known.max()
        scaled = np.clip((values - low) / max(high - low, 1e-12), 0, 1)
        cells.append((np.nan_to_num(scaled) * (side - 1)).astype(np.int64))
    x, y = cells
    distance = np.zeros(len(x), dtype=np.int64)
    step = side >> 1
    while step:
        right, up = (x & step) > 0, (y & step) > 0
        distance += step * step * ((3 * right) ^ up)
        turn = ~up
        mirror = turn & right
        x, y = np.where(mirror, side - 1 - x, x), np.where(mirror, side - 1 - y, y)
        x, y = np.where(turn, y, x), np.where(turn, x, y)
        step >>= 1
    return np.where(np.isfinite(latitude) & np.isfinite(longitude), distance, np.iinfo(np.int64).max)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
