"""Giving one work order to another manager of its grid; many at once: actions.py, by which this is done."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError, Conflict, Invalid
from app.dispatch import queries
from app.dispatch.by_hand import queries as action_queries
from app.dispatch.by_hand.actions import RowResult, act_on_work_orders
from app.dispatch.by_hand.terms import ELSEWHERE, NO_ROOM, SAME_MANAGER, UNKNOWN, Action, Verb
from app.dispatch.gating import ContactRefused
from app.dispatch.life import WrongState
from app.dispatch.queries import UnknownWorkOrder
from app.models.work_order import WorkOrder

_ANOTHER = "the staff number of another active terminal manager of the work order's grid"


class NoRoom(Conflict):
    """The manager has no free day left in the time of this work order."""

    code = NO_ROOM.code


def reassign_work_order(
    session: Session,
    *,
    work_order_id: int,
    to_staff_no: str,
    grid_ids: Collection[int],
    actor_account_id: int | None,
    reason: str | None,
    now: datetime,
) -> WorkOrder:
    """Give a live work order of these grids to another active terminal manager of its grid, with the rest of its contact.

    Raises UnknownWorkOrder, Invalid for a manager who cannot have it, WrongState, ContactRefused, NoRoom.
    """
    queries.lock_work_order(session, work_order_id, grid_ids=grid_ids)
    if not action_queries.terminal_managers(session, [to_staff_no], today=clock.local_date(now)):
        raise Invalid("to_staff_no", _ANOTHER)
    rows = act_on_work_orders(
        session,
        action=Action(Verb.REASSIGN, reason, (to_staff_no,)),
        ids=[work_order_id],
        grid_ids=grid_ids,
        actor_account_id=actor_account_id,
        now=now,
    )
    (mine,) = (row for row in rows if row.work_order_id == work_order_id)
    if not mine.done:
        raise _error(mine)
    return queries.lock_work_order(session, work_order_id, grid_ids=grid_ids)


def _error(row: RowResult) -> AppError:
    if row.code in (SAME_MANAGER.code, ELSEWHERE.code):
        return Invalid("to_staff_no", _ANOTHER)
    if row.code == ContactRefused.code:
        return ContactRefused(row.detail or "", reason=row.reason)
    kinds = {UNKNOWN.code: UnknownWorkOrder, NO_ROOM.code: NoRoom}
    kind = kinds.get(row.code or "")
    return WrongState(row.detail or "", state=row.state) if kind is None else kind(row.detail or "")
