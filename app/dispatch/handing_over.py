"""What a handover lets happen to live work orders: to another manager, another grid, another day, or the pool.

The caller has locked them, decides which way each goes, has asked the gate for all of them at once (what it refuses is withdrawn
instead), and lets all of it happen together (`moving.move_many`).
"""

from dataclasses import dataclass
from datetime import date, datetime

from app.dispatch.moves import HeldOrder, Move
from app.dispatch.states import OPEN, Event


@dataclass(frozen=True)
class Said:
    """What is kept with every event: why, and by whose word."""

    reason: str
    actor_account_id: int | None


def withdraw(order: HeldOrder, *, because: str, said: Said) -> Move:
    """End a live work order against which the gate speaks."""
    return _move(order, Event.WITHDRAWN, said, reason=because)


def hand_over(order: HeldOrder, *, to_grid_id: int, to_staff_id: int, to_day: date, today: date, said: Said) -> Move:
    """Give it to this manager for this day, as one of this grid; what nobody has begun leaves the phone until a later day."""
    then = Event.POSTPONED if to_day > today and to_day != order.scheduled_on else None
    day = to_day if to_day <= today or then else order.scheduled_on
    return _move(order, Event.REASSIGNED, said, day=day, then=then, staff_id=to_staff_id, grid_id=to_grid_id)


def put_off(order: HeldOrder, *, to_day: date, said: Said) -> Move:
    """Let its manager do it on a later day; what nobody has begun leaves the phone until then."""
    return _move(order, Event.POSTPONED, said, day=to_day)


def put_in_pool(order: HeldOrder, *, to_grid_id: int, said: Said, now: datetime) -> Move:
    """Let it be nobody's for now, in the pool of this grid."""
    return _move(order, Event.POOLED, said, grid_id=to_grid_id, pooled_at=order.pooled_at or now)


def leave_with(order: HeldOrder, *, in_grid_id: int, home_staff_id: int | None, said: Said) -> Move:
    """Let a manager who goes to another grid finish it there, as a loan until its last day."""
    return _move(order, Event.LENT, said, loan=(in_grid_id, order.due_on, home_staff_id), pooled_at=order.pooled_at)


def can_go_back(order: HeldOrder, *, staff_id: int, grid_id: int) -> bool:
    """Whether nobody has begun it and it is still with whom it was given to."""
    waits = order.state in ("planned", OPEN) and order.pooled_at is None
    return waits and (order.staff_id, order.grid_id) == (staff_id, grid_id)


def _move(
    order: HeldOrder,
    event: Event,
    said: Said,
    *,
    day: date | None = None,
    then: Event | None = None,
    reason: str | None = None,
    staff_id: int | None = None,
    grid_id: int | None = None,
    pooled_at: datetime | None = None,
    loan: tuple[int, date, int | None] | None = None,
) -> Move:
    return Move(
        order.id,
        order.state,
        event,
        scheduled_on=day or order.scheduled_on,
        rolls=order.rolls,
        pooled_at=pooled_at,
        reason=reason or said.reason,
        then=then,
        staff_id=staff_id,
        grid_id=grid_id,
        loan=loan,
        actor_account_id=said.actor_account_id,
    )
