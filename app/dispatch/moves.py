"""A work order that is moved together with many others: what is known of it, and what happens to it (pure)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from app.dispatch.states import Event


class HeldOrder(NamedTuple):
    """A locked work order, as far as it takes to move it."""

    id: int
    state: str
    staff_id: int
    grid_id: int
    scheduled_on: date
    due_on: date
    rolls: int
    pooled_at: datetime | None


@dataclass(frozen=True)
class Move:
    """A work order that the caller has locked in `state`, what happens to it, and what it has afterwards.

    `then`: what happens right after that; `staff_id`, `grid_id`: None for the same as before; `loan`: the grid that works on it,
    until when, and whose it is at home, where that begins; `actor_account_id`: who let it happen.
    """

    work_order_id: int
    state: str
    event: Event
    scheduled_on: date
    rolls: int
    pooled_at: datetime | None = None
    reason: str | None = None
    then: Event | None = None
    staff_id: int | None = None
    grid_id: int | None = None
    loan: tuple[int, date, int | None] | None = None
    actor_account_id: int | None = None
