"""What a handover does: which customers go to whom (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.errors import Conflict
from app.territory.sharing import NOBODY, Customers, Receivers, choose_share, share_customers
from app.territory.terms import GRID_MERGE, GRID_SPLIT, NEW_MANAGER

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class NobodyTakes(Conflict):
    """There is nobody in the grid on that day to take over: name a later day, or bring a manager in first."""

    code = "handover.nobody_takes"


@dataclass(frozen=True)
class Person:
    """A terminal manager who works in the grid on the day; `daily`: contacts a day."""

    staff_id: int
    staff_no: str
    name: str
    grid_id: int
    daily: int


@dataclass(frozen=True)
class GridCustomers:
    """The customers of a grid, one entry each: whose (0: nobody's), what they pay a month in 1/100, and where they are (NaN:
    unknown)."""

    ids: Ints
    owner: Ints
    cents: Ints
    latitude: Floats
    longitude: Floats

    def only(self, mask: Mask) -> "GridCustomers":
        """Those of the mask."""
        return GridCustomers(self.ids[mask], self.owner[mask], self.cents[mask], self.latitude[mask], self.longitude[mask])


@dataclass(frozen=True)
class Situation:
    """A handover and how things are. `people`: of the grid, and of the other grid where there is one, by id; `others`: who was
    named, none: everybody; `staff_id`: who goes or comes, 0: nobody."""

    kind: str
    grid_id: int
    to_grid_id: int | None
    staff_id: int
    people: tuple[Person, ...]
    others: frozenset[int]
    customers: GridCustomers
    orders_only: bool = False
    keep_promised: bool = False

    @property
    def colleagues(self) -> list[Person]:
        """The people of the grid without the one whom it is about; only those named, where some were."""
        return [
            one
            for one in self.people
            if one.grid_id == self.grid_id and one.staff_id != self.staff_id and (not self.others or one.staff_id in self.others)
        ]


@dataclass(frozen=True)
class Move:
    """A customer of the grid: whose, and whose from the day on."""

    customer_id: int
    from_staff_id: int | None
    to_grid_id: int
    to_staff_id: int | None


def propose_moves(situation: Situation, pins: Mapping[int, int]) -> list[Move]:
    """The customers who move, by id. `pins`: who gets whom by an earlier proposal that was confirmed. Raises NobodyTakes."""
    if situation.orders_only:
        return []
    if situation.kind == GRID_MERGE:
        return _along(situation, np.ones(len(situation.customers.ids), dtype=bool))
    if situation.kind == GRID_SPLIT:
        return _along(situation, _part_of_movers(situation))
    if situation.kind == NEW_MANAGER:
        return _to_newcomer(situation, pins)
    return _shared(situation, pins)


def _along(situation: Situation, mask: Mask) -> list[Move]:
    assert situation.to_grid_id is not None
    going = situation.customers.only(mask)
    return [
        Move(customer_id, owner or None, situation.to_grid_id, owner or None)
        for customer_id, owner in zip(going.ids.tolist(), going.owner.tolist(), strict=True)
    ]


def _part_of_movers(situation: Situation) -> Mask:
    """Those of the managers who go; of the customers without a manager those who are nearer to them than to the others."""
    customers = situation.customers
    going = np.isin(customers.owner, list(situation.others))
    staying = (customers.owner != 0) & ~going
    distance = []
    for part in (going, staying):
        latitude, longitude = (_middle(values[part]) for values in (customers.latitude, customers.longitude))
        distance.append(np.hypot(customers.latitude - latitude, customers.longitude - longitude))
    nearer = distance[0] < distance[1]  # false where one of them is not known
    chosen: Mask = going | ((customers.owner == 0) & nearer)
    return chosen


def _shared(situation: Situation, pins: Mapping[int, int]) -> list[Move]:
    receivers, customers = situation.colleagues, situation.customers
    if not receivers:
        raise NobodyTakes
    going = customers.only(customers.owner == situation.staff_id)
    place = {person.staff_id: index for index, person in enumerate(receivers)}
    pinned = [place.get(pins.get(customer_id, 0), NOBODY) for customer_id in going.ids.tolist()]
    theirs = [customers.only(customers.owner == person.staff_id) for person in receivers]
    shared = share_customers(
        Customers(going.ids, going.cents.astype(np.float64), going.latitude, going.longitude, np.array(pinned, dtype=np.int64)),
        Receivers(
            capacity=np.array([float(person.daily) for person in receivers]),
            customers=np.array([float(len(one.ids)) for one in theirs]),
            value=np.array([float(one.cents.sum()) for one in theirs]),
            latitude=np.array([_middle(one.latitude) for one in theirs]),
            longitude=np.array([_middle(one.longitude) for one in theirs]),
        ),
    )
    return [
        Move(customer_id, situation.staff_id, situation.grid_id, receivers[index].staff_id)
        for customer_id, index in zip(going.ids.tolist(), shared.tolist(), strict=True)
    ]


def _to_newcomer(situation: Situation, pins: Mapping[int, int]) -> list[Move]:
    givers, comer = situation.colleagues, next((p for p in situation.people if p.staff_id == situation.staff_id), None)
    if comer is None or comer.grid_id != situation.grid_id:
        raise NobodyTakes("The new manager does not work in the grid on that day, by the staff feed.")
    place = {person.staff_id: index for index, person in enumerate(givers)}
    theirs = situation.customers.only(np.isin(situation.customers.owner, list(place)))
    if pins:  # the share was chosen; who joined the givers since stays theirs
        chosen = np.isin(theirs.ids, list(pins))
    else:
        holder = np.array([place[owner] for owner in theirs.owner.tolist()], dtype=np.int64)
        open_to_all = np.full(len(theirs.ids), NOBODY)
        capacity = np.array([float(person.daily) for person in givers])
        shared = Customers(theirs.ids, theirs.cents.astype(np.float64), theirs.latitude, theirs.longitude, open_to_all)
        chosen = choose_share(shared, holder, capacity, float(comer.daily))
    going = theirs.only(chosen)
    return [
        Move(customer_id, owner, situation.grid_id, situation.staff_id)
        for customer_id, owner in zip(going.ids.tolist(), going.owner.tolist(), strict=True)
    ]


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
