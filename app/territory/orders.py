"""What becomes of the live work orders in a handover: every order ends in its customer's grid, with a manager of it (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from app.territory.placing import NOBODY, Order, Placed, place_orders
from app.territory.proposal import Move, Situation
from app.territory.terms import EXIT, GRID_MERGE, GRID_SPLIT, LEAVE, NEW_MANAGER, TRANSFER

MOVED, LATER, POOL, STAYS = "moved", "later", "pool", "stays"


@dataclass(frozen=True)
class LiveOrder:
    """A live work order of the grid. `owner_id`: whose customer; `is_promised`: work in progress in which a call was promised;
    `is_pooled`: nobody's for now; `is_lent`: a manager of another grid has it for a time; `contact_id`: its contact's first."""

    work_order_id: int
    customer_id: int
    owner_id: int | None
    staff_id: int
    day: date
    last_day: date
    is_promised: bool
    is_pooled: bool = False
    is_lent: bool = False
    contact_id: int | None = None

    @property
    def contact(self) -> tuple[int, int, date]:
        """What the orders of one contact have in common: who does them, when, for one visit or call."""
        return self.contact_id or self.work_order_id, self.staff_id, self.day


@dataclass(frozen=True)
class OrderMove:
    """What becomes of it: moved, later, pool or stays; in which grid, whose, on which day."""

    order: LiveOrder
    way: str
    to_grid_id: int
    to_staff_id: int
    to_day: date


@dataclass(frozen=True)
class Room:
    """How many contacts each manager can still take on each day from `first` on: free (managers x days), by place in `staff`."""

    staff: tuple[int, ...]
    first: date
    free: NDArray[np.int64]


def affected_orders(
    situation: Situation, orders: Sequence[LiveOrder], moves: Mapping[int, Move], *, return_on: date | None
) -> list[LiveOrder]:
    """The orders that something becomes of. `moves` by customer."""
    return [order for order in orders if _is_affected(situation, order, moves.get(order.customer_id), return_on)]


def propose_orders(
    situation: Situation, affected: Sequence[LiveOrder], moves: Mapping[int, Move], room: Room, *, return_on: date | None
) -> list[OrderMove]:
    """What becomes of the affected orders, by id. `room` counts none of them, and is used up."""
    after = grids_after(situation)
    result: list[OrderMove] = []
    open_ones: list[LiveOrder] = []
    for order in affected:
        grid_id = _grid_of(situation, moves.get(order.customer_id))
        if order.is_pooled:
            result.append(OrderMove(order, POOL, grid_id, order.staff_id, order.day))
        elif order.is_promised and situation.keep_promised:
            result.append(OrderMove(order, STAYS, situation.grid_id, order.staff_id, order.day))
        elif situation.kind in (GRID_SPLIT, GRID_MERGE) and (order.is_lent or after.get(order.staff_id) == grid_id):
            result.append(OrderMove(order, MOVED, grid_id, order.staff_id, order.day))
        else:
            open_ones.append(order)
    contacts: dict[tuple[int, int, date], list[LiveOrder]] = {}
    for order in open_ones:
        contacts.setdefault(order.contact, []).append(order)
    leads = [min(together, key=lambda one: one.last_day) for together in contacts.values()]  # the first to be over
    wishes = [_wish(situation, lead, moves.get(lead.customer_id), after, room, return_on) for lead in leads]
    placed = place_orders(wishes, room.free)
    for lead in leads:
        grid_id = _grid_of(situation, moves.get(lead.customer_id))
        result += [_result(order, placed[lead.work_order_id], grid_id, room) for order in contacts[lead.contact]]
    return sorted(result, key=lambda one: one.order.work_order_id)


def grids_after(situation: Situation) -> dict[int, int]:
    """In which grid each of the people works from the day on; who is away or gone is not there."""
    after = {person.staff_id: person.grid_id for person in situation.people}
    if situation.kind in (LEAVE, EXIT, TRANSFER):
        after.pop(situation.staff_id, None)
    for person in situation.people:
        goes_along = situation.kind == GRID_MERGE or (situation.kind == GRID_SPLIT and person.staff_id in situation.others)
        if goes_along and situation.to_grid_id is not None:
            after[person.staff_id] = situation.to_grid_id
    return after


def _is_affected(situation: Situation, order: LiveOrder, move: Move | None, return_on: date | None) -> bool:
    if situation.kind not in (GRID_SPLIT, GRID_MERGE) and (order.is_pooled or order.is_lent):
        return False
    if situation.kind == LEAVE:
        return order.staff_id == situation.staff_id and (return_on is None or order.day < return_on)
    if situation.kind in (EXIT, TRANSFER):
        return order.staff_id == situation.staff_id
    if situation.kind == NEW_MANAGER:
        return move is not None and order.staff_id == move.from_staff_id
    return situation.kind == GRID_MERGE or move is not None or order.staff_id in situation.others


def _grid_of(situation: Situation, move: Move | None) -> int:
    if situation.kind == GRID_MERGE and situation.to_grid_id is not None:
        return situation.to_grid_id  # also of a customer whom the feed has put elsewhere
    return situation.grid_id if move is None else move.to_grid_id


def _wish(
    situation: Situation, order: LiveOrder, move: Move | None, after: Mapping[int, int], room: Room, return_on: date | None
) -> Order:
    grid_id = _grid_of(situation, move)
    place = {staff_id: index for index, staff_id in enumerate(room.staff)}
    named = {person.staff_id for person in situation.colleagues} if situation.kind in (LEAVE, EXIT, TRANSFER) else set(after)
    among = [staff_id for staff_id in room.staff if after.get(staff_id) == grid_id and staff_id in named]
    owner = move.to_staff_id if move is not None else order.owner_id
    later = None
    if return_on is not None and situation.staff_id in place:
        later = place[situation.staff_id], (return_on - room.first).days
    return Order(
        work_order_id=order.work_order_id,
        day=(order.day - room.first).days,
        last_day=(order.last_day - room.first).days,
        wish=place[owner] if owner in among else NOBODY,
        among=tuple(place[staff_id] for staff_id in among),
        later=later,
    )


def _result(order: LiveOrder, placed: Placed, grid_id: int, room: Room) -> OrderMove:
    if not placed.fits:
        return OrderMove(order, POOL, grid_id, order.staff_id, order.day)
    day = room.first + timedelta(days=placed.day)
    return OrderMove(order, LATER if placed.is_later else MOVED, grid_id, room.staff[placed.manager], day)
