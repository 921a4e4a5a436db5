"""Work orders that managers give back, and what their grid managers decide."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.core import clock
from app.core.db import whole_company
from app.core.errors import Conflict, Invalid
from app.core.security import Principal
from app.dispatch import queries
from app.dispatch.by_hand import queries as action_queries
from app.dispatch.by_hand import return_queries
from app.dispatch.by_hand.placing import lock_room
from app.dispatch.by_hand.returns import PENDING, closing_of, find_return_fault
from app.dispatch.by_hand.terms import Action, Verb
from app.dispatch.by_hand.verbs import Doing, give
from app.dispatch.life import WrongState, move_work_order
from app.dispatch.states import Event
from app.models.organisation import Staff
from app.models.work_order import ReturnDecision, WorkOrder, WorkOrderReturn, WorkOrderState


class ReturnDecided(Conflict):
    """Somebody decided on this return before."""

    code = "return.decided"


class NowhereToGo(Conflict):
    """The work order cannot go to anybody now."""

    code = "return.nowhere_to_go"


@dataclass(frozen=True)
class Decided:
    """A decision on a return, and where its work order stands now."""

    id: int
    work_order_id: int
    decision: ReturnDecision
    state: WorkOrderState


def give_back(
    session: Session,
    *,
    principal: Principal,
    work_order_id: int,
    reason: str,
    note: str | None,
    feedback_id: UUID | None,
    attachment_ids: Sequence[UUID] = (),
    now: datetime,
) -> WorkOrderReturn:
    """Give back a work order of one's own; the same again changes nothing.

    Raises UnknownWorkOrder, Invalid for a reason that is none or lacks its evidence, WrongState.
    """
    shown = feedback_id if feedback_id is None else return_queries.find_own_report(session, feedback_id, work_order_id)
    if feedback_id is not None and shown is None:
        raise Invalid("feedback_id", "a report of yours on this work order")
    fault = find_return_fault(reason, has_evidence=bool((note or "").strip()) or shown is not None or bool(attachment_ids))
    if fault is not None:
        raise Invalid(*fault)
    order = queries.lock_work_order(session, work_order_id, staff_id=principal.staff_id)
    before = return_queries.find_undecided(session, work_order_id)
    if before is not None and order.state == WorkOrderState.RETURNED and before.reason == reason:
        return before
    if order.pooled_at is not None:
        raise WrongState("The work order is in the pool: it is nobody's to give back.", state=order.state.value)
    move_work_order(
        session,
        work_order=order,
        event=Event.RETURNED,
        now=now,
        actor_account_id=principal.account_id,
        reason=PENDING + reason,
    )
    made = WorkOrderReturn(
        work_order_id=order.id,
        grid_id=order.grid_id if order.lent_to_grid_id is None else order.lent_to_grid_id,
        staff_id=order.staff_id,
        reason=reason,
        note=note,
        feedback_id=feedback_id,
        attachment_ids=list(attachment_ids) or None,
        returned_at=now,
    )
    session.add(made)
    session.flush()  # the answer has its id
    return made


def decide_return(
    session: Session,
    *,
    return_id: int,
    decision: ReturnDecision,
    note: str | None,
    to_staff_no: str | None = None,
    grid_ids: Collection[int] | None,
    actor_account_id: int | None,
    now: datetime,
) -> Decided:
    """Accept a return of these grids, perhaps giving the work to somebody else, or reject it: its manager has it again.

    Raises UnknownReturn, ReturnDecided, Invalid for somebody who cannot have it, NowhereToGo, and ContactLocked where another
    work order holds the customer meanwhile.
    """
    found = return_queries.get_return(session, return_id, grid_ids=grid_ids)
    order = queries.lock_work_order(session, found.work_order_id, grid_ids=grid_ids)
    session.refresh(found)  # as it is now that the work order is ours
    if found.decision is not None:
        raise ReturnDecided
    if order.state != WorkOrderState.RETURNED:
        raise WrongState(f"The work order is {order.state}: there is nothing to decide.", state=order.state.value)
    found.decision, found.decided_at = decision, now
    found.decided_by_account_id, found.decision_note = actor_account_id, note
    if decision is ReturnDecision.ACCEPTED:
        move_work_order(
            session,
            work_order=order,
            event=Event.RETURN_ACCEPTED,
            now=now,
            actor_account_id=actor_account_id,
            reason=closing_of(found.reason),
        )
    if decision is ReturnDecision.REJECTED or to_staff_no is not None:
        _hand_on(session, order, decision, to_staff_no, actor_account_id, note, now)
    return Decided(found.id, order.id, decision, order.state)


def _hand_on(
    session: Session,
    order: WorkOrder,
    decision: ReturnDecision,
    to_staff_no: str | None,
    actor_account_id: int | None,
    note: str | None,
    now: datetime,
) -> None:
    """To its manager again, or to another one of the grid that works on it, as far as there is room; else to the pool."""
    today = clock.local_date(now)
    with whole_company(session):  # to read alone: what is not theirs nobody writes
        person = _receiver(session, order, decision, to_staff_no, now)
    if reason := order_refusals(session, [order.id], act=Act.CLAIM, now=now).get(order.id):
        raise NowhereToGo(f"The customer must not be contacted for this: {reason.replace('_', ' ')}.")
    if order.due_on < today:
        raise NowhereToGo("Its time is over.")
    event = Event.RETURN_REJECTED if decision is ReturnDecision.REJECTED else Event.REDISPATCHED
    room = lock_room(session, {person.id, order.staff_id}, first=today, last=order.due_on)
    doing = Doing(
        session=session,
        action=Action(Verb.REASSIGN, reason=note),
        people=[person],
        room=room,
        branches={},
        last_days={},
        home_grids=None,
        actor_account_id=actor_account_id,
        today=today,
        now=now,
    )
    if give(doing, order, person.id, event) is not None:
        if event is Event.REDISPATCHED:
            raise NowhereToGo(f"to_staff_no: {person.staff_no} has no free day left in its time.")
        doing.move(order, event)
        doing.move(order, Event.POOLED, pooled_at=now)


def _receiver(session: Session, order: WorkOrder, decision: ReturnDecision, to_staff_no: str | None, now: datetime) -> Staff:
    today = clock.local_date(now)
    if decision is ReturnDecision.REJECTED:
        if to_staff_no is not None:
            raise Invalid("to_staff_no", "nobody: who gave it back has it again")
        return action_queries.get_person(session, order.staff_id)
    people = action_queries.terminal_managers(session, [to_staff_no or ""], today=today)
    here = order.grid_id if order.lent_to_grid_id is None else order.lent_to_grid_id
    if not people or people[0].unit_id != here or people[0].id == order.staff_id:
        raise Invalid("to_staff_no", "the staff number of another active terminal manager of the work order's grid")
    return people[0]
