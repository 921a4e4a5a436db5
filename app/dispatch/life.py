"""Moving one work order through its life: the only way in which its state changes one at a time."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.dispatch.gating import check_gate
from app.dispatch.states import PLANNED, Event, is_live, next_state
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState

CONTACT_LOCK = "uq_work_orders_contact_lock"
# The others never make an order live: no savepoint to pay for.
_MAY_MEET_THE_LOCK = {Event.REOPENED, Event.RESET, Event.RETURN_REJECTED, Event.REDISPATCHED}


class WrongState(Conflict):
    """The work order is not in a state in which this can happen."""

    code = "work_order.wrong_state"


class ContactLocked(Conflict):
    """Another live work order holds this customer for the same product family."""

    code = "work_order.contact_locked"


def move_work_order(
    session: Session,
    *,
    work_order: WorkOrder,
    event: Event,
    now: datetime,
    actor_account_id: int | None = None,
    reason: str | None = None,
    to_staff_id: int | None = None,
    changes: Mapping[str, Any] | None = None,
    gate_asked: bool = False,
    with_others: bool = False,
) -> WorkOrderEvent:
    """Let `event` happen to a work order that the caller has locked (queries.lock_work_order), and keep a row of it.

    `reason` becomes the close reason where the event ends it; `to_staff_id`: its new manager; `changes`: what else, by column;
    `gate_asked`: by the caller; `with_others`: written at the next flush, unless it becomes live. Raises WrongState;
    ContactRefused where the gate is against it; ContactLocked where it would be a second live one of customer and family.
    """
    before = work_order.state
    after = next_state(before, event)
    if after is None:
        raise WrongState(f"The work order is {before}: it cannot be {event}.", state=before.value)
    becomes_live = event in _MAY_MEET_THE_LOCK
    if not becomes_live and not gate_asked:
        check_gate(session, work_order_id=work_order.id, event=event.value, now=now)
    row = WorkOrderEvent(
        work_order_id=work_order.id,
        happened_at=now,
        event=event.value,
        from_state=before,
        to_state=WorkOrderState(after),
        from_staff_id=work_order.staff_id,
        to_staff_id=work_order.staff_id if to_staff_id is None else to_staff_id,
        actor_account_id=actor_account_id,
        reason=reason,
    )
    try:
        with session.begin_nested() if becomes_live else nullcontext():
            session.add(row)
            _apply(work_order, row, now, changes or {})
            if becomes_live or not with_others:
                session.flush()
            if becomes_live and not gate_asked:  # the lock is the nearer reason, so the gate is asked after it
                check_gate(session, work_order_id=work_order.id, event=event.value, now=now)
    except IntegrityError as error:
        if CONTACT_LOCK not in str(error.orig):
            raise
        raise ContactLocked from error
    return row


def _apply(work_order: WorkOrder, row: WorkOrderEvent, now: datetime, changes: Mapping[str, Any]) -> None:
    ends = not is_live(row.to_state)
    if row.to_state != row.from_state or not ends:  # what only had its end judged ended when it ended
        work_order.closed_at = now if ends else None
    work_order.state = row.to_state
    work_order.staff_id = row.to_staff_id
    work_order.close_reason = (row.reason or row.event) if ends else None
    if row.to_state != PLANNED:
        work_order.pooled_at = None  # only what waits can lie in a pool
    for column, value in changes.items():
        setattr(work_order, column, value)
