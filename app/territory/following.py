"""What becomes of live work when the customers feed alone says that a customer is of another grid or owner (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

_STEPS = ("planned", "open", "in_progress")


class Fate(StrEnum):
    """What becomes of a contact."""

    ALONG = "along"  # its manager works in the customer's grid: only the grid changes
    TO_OWNER = "to_owner"  # to the owner on its day or the next one free, else into the pool of the customer's grid
    TO_POOL = "to_pool"  # into that pool
    TO_OWNER_IF_ROOM = "to_owner_if_room"  # to the owner on its day or the next one free, else it stays
    KEPT = "kept"  # who has begun it finishes it: that is noted
    STAYS = "stays"  # nothing


class FeedOrder(NamedTuple):
    """A live work order, not lent, of a customer of whom the feed said something new.

    `grid_id` is the order's; `customer_grid_id`, `owner_id`: the customer's now; `owner_before`: who owned them before, None also
    where a handover has the last word; `rolls`: as kept of it.
    """

    work_order_id: int
    customer_id: int
    state: str
    staff_id: int
    grid_id: int
    day: date
    last_day: date
    rolls: int
    pooled_at: datetime | None
    contact_id: int | None
    customer_grid_id: int
    owner_id: int | None
    owner_before: int | None


@dataclass(frozen=True)
class FeedContact:
    """The work orders that one manager does in one visit or call. What one of them is, counts for all."""

    orders: tuple[FeedOrder, ...]

    @property
    def first(self) -> FeedOrder:
        """The one that is over first."""
        return min(self.orders, key=lambda one: (one.last_day, one.work_order_id))

    @property
    def state(self) -> str:
        """How far the furthest of them is."""
        return max((one.state for one in self.orders), key=_STEPS.index)


def contacts_of(orders: Iterable[FeedOrder]) -> list[FeedContact]:
    """The contacts that work orders are, in the order of their days and ids."""
    together: dict[tuple[int, int, date, int], list[FeedOrder]] = {}
    for one in orders:
        together.setdefault((one.contact_id or one.work_order_id, one.staff_id, one.day, one.grid_id), []).append(one)
    found = [FeedContact(tuple(each)) for each in together.values()]
    return sorted(found, key=lambda contact: (contact.first.day, contact.first.work_order_id))


def decide_fate(contact: FeedContact, works_in: Mapping[int, int]) -> Fate:
    """What becomes of a contact. `works_in`: the grid in which each manager works now; who is gone is not there."""
    one = contact.first
    owner_works = one.owner_id is not None and works_in.get(one.owner_id) == one.customer_grid_id
    if one.grid_id == one.customer_grid_id:
        was_owners = one.owner_before == one.staff_id and one.owner_id != one.staff_id
        moves = contact.state == "planned" and was_owners and owner_works and one.pooled_at is None
        return Fate.TO_OWNER_IF_ROOM if moves else Fate.STAYS
    if one.pooled_at is not None:
        return Fate.TO_POOL
    if works_in.get(one.staff_id) == one.customer_grid_id:
        return Fate.ALONG
    if contact.state == "in_progress":
        return Fate.KEPT
    return Fate.TO_OWNER if owner_works else Fate.TO_POOL
