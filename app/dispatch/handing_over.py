"""A live work order in a handover: to another manager, another grid, another day, or the pool. The caller decides which, and has
asked the gate for all of them at once: what it refuses is withdrawn instead. All are written together at the next flush."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.dispatch.life import move_work_order
from app.dispatch.states import OPEN, Event
from app.models.work_order import WorkOrder


def withdraw(session: Session, *, work_order: WorkOrder, because: str, actor_account_id: int | None, now: datetime) -> None:
    """End a locked live work order against which the gate speaks."""
    move_work_order(
        session,
        work_order=work_order,
        with_others=True,
        event=Event.WITHDRAWN,
        now=now,
        actor_account_id=actor_account_id,
        reason=because,
    )


def hand_over(
    session: Session,
    *,
    work_order: WorkOrder,
    to_grid_id: int,
    to_staff_id: int,
    to_day: date,
    reason: str,
    actor_account_id: int | None,
    now: datetime,
) -> None:
    """Give a locked live work order to this manager for this day, as one of this grid. Raises WrongState."""
    move_work_order(
        session,
        work_order=work_order,
        with_others=True,
        event=Event.REASSIGNED,
        now=now,
        actor_account_id=actor_account_id,
        reason=reason,
        to_staff_id=to_staff_id,
        gate_asked=True,
        changes={"grid_id": to_grid_id} | ({} if to_day > clock.local_date(now) else {"scheduled_on": to_day}),
    )
    if to_day != work_order.scheduled_on:
        put_off(session, work_order=work_order, to_day=to_day, reason=reason, actor_account_id=actor_account_id, now=now)


def put_off(
    session: Session, *, work_order: WorkOrder, to_day: date, reason: str, actor_account_id: int | None, now: datetime
) -> None:
    """Let its manager do a locked live work order on a later day; what nobody has begun leaves the phone until then."""
    move_work_order(
        session,
        work_order=work_order,
        with_others=True,
        event=Event.POSTPONED,
        now=now,
        actor_account_id=actor_account_id,
        reason=reason,
        changes={"scheduled_on": to_day},
    )


def put_in_pool(
    session: Session, *, work_order: WorkOrder, to_grid_id: int, reason: str, actor_account_id: int | None, now: datetime
) -> None:
    """Let a locked live work order be nobody's for now, in the pool of this grid."""
    move_work_order(
        session,
        work_order=work_order,
        with_others=True,
        event=Event.POOLED,
        now=now,
        actor_account_id=actor_account_id,
        reason=reason,
        changes={"grid_id": to_grid_id, "pooled_at": work_order.pooled_at or now},
    )


def leave_with(
    session: Session,
    *,
    work_order: WorkOrder,
    in_grid_id: int,
    home_staff_id: int | None,
    reason: str,
    actor_account_id: int | None,
    now: datetime,
) -> None:
    """Let a manager who goes to another grid finish a locked live work order there, as a loan until its last day."""
    loan = {"lent_to_grid_id": in_grid_id, "lent_until": work_order.due_on, "home_staff_id": home_staff_id}
    move_work_order(
        session,
        work_order=work_order,
        with_others=True,
        event=Event.LENT,
        now=now,
        actor_account_id=actor_account_id,
        reason=reason,
        changes=loan,
        gate_asked=True,
    )


def can_go_back(work_order: WorkOrder, *, staff_id: int, grid_id: int) -> bool:
    """Whether nobody has begun it and it is still with whom it was given to."""
    waits = work_order.state in ("planned", OPEN) and work_order.pooled_at is None
    return waits and (work_order.staff_id, work_order.grid_id) == (staff_id, grid_id)
