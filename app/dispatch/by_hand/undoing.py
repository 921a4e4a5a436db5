"""Taking back a decision on a work order that was given back, while nothing has come of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import whole_company
from app.core.errors import AppError, Conflict, Forbidden
from app.dispatch import queries
from app.dispatch.by_hand import return_queries
from app.dispatch.by_hand.deciding import ReturnResult
from app.dispatch.by_hand.returns import PENDING
from app.dispatch.life import move_work_order
from app.dispatch.states import ON_PHONES, Event
from app.models.work_order import WorkOrder


class Undecided(Conflict):
    """Nobody decided on this return, or the decision was taken back before."""

    code = "return.undecided"


class NotMine(Forbidden):
    """Somebody else decided on this return: who decided takes it back."""

    code = "return.decided_by_another"


class TooLate(Conflict):
    """Something has come of the decision: decide anew, or give the work to somebody else."""

    code = "return.too_late"


def undo_decision(
    session: Session, *, return_id: int, grid_ids: Collection[int] | None, actor_account_id: int, now: datetime
) -> WorkOrder:
    """Let a return of these grids wait for a decision again, as its manager gave it back; gives its work order.

    Only by who decided, on the day of the decision, while nothing happened to the work order since and the phone of who got it
    was not there. Raises UnknownReturn, Undecided, NotMine, TooLate.
    """
    found = return_queries.get_return(session, return_id, grid_ids=grid_ids)
    order = queries.lock_work_order(session, found.work_order_id, grid_ids=grid_ids)
    session.refresh(found)  # as it is now that the work order is ours
    if found.decided_at is None:
        raise Undecided
    if found.decided_by_account_id != actor_account_id:
        raise NotMine
    _check_in_time(session, order, found.decided_at, now)
    move_work_order(
        session,
        work_order=order,
        event=Event.RETURN_UNDONE,
        now=now,
        actor_account_id=actor_account_id,
        reason=PENDING + found.reason,
        to_staff_id=found.staff_id,
        changes={"closed_at": found.returned_at},
    )
    found.decision = found.decided_at = found.decided_by_account_id = found.decision_note = None
    session.flush()
    return order


def _check_in_time(session: Session, order: WorkOrder, decided_at: datetime, now: datetime) -> None:
    if clock.local_date(decided_at) != clock.local_date(now):
        raise TooLate("It was decided on another day.")
    with whole_company(session):  # to read alone
        if return_queries.has_moved_since(session, order.id, decided_at):
            raise TooLate("The work order was worked on or moved since.")
        if order.state in ON_PHONES and return_queries.phone_was_there(session, order.staff_id, decided_at):
            raise TooLate("The work order is on the phone of its manager already.")


def undo_decisions(
    session: Session, *, return_ids: Sequence[int], grid_ids: Collection[int] | None, actor_account_id: int, now: datetime
) -> list[ReturnResult]:
    """Take the decision on each of these returns back; one that is refused stops no other."""

    def undo(return_id: int) -> ReturnResult:
        try:
            with session.begin_nested():
                order = undo_decision(session, return_id=return_id, grid_ids=grid_ids, actor_account_id=actor_account_id, now=now)
        except AppError as error:
            return ReturnResult(return_id, False, error.code, error.detail, None, None)
        return ReturnResult(return_id, True, None, None, order.id, order.state.value)

    return [undo(return_id) for return_id in sorted(set(return_ids))]
