"""How each verb is done to one work order: everything it needs is locked, looked up and counted before."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.dispatch.by_hand.placing import Room, let_go
from app.dispatch.by_hand.terms import (
    BEFORE_ITS_DAY,
    ELSEWHERE,
    IN_POOL,
    LENT,
    NO_ROOM,
    NOT_LENT,
    NOT_NEIGHBOUR,
    OUTSIDE_WINDOW,
    SAME_MANAGER,
    Action,
    Refusal,
    Verb,
    wrong_state,
)
from app.dispatch.life import move_work_order
from app.dispatch.states import OPEN, PLANNED, Event, is_live, next_state
from app.models.organisation import Staff
from app.models.work_order import WorkOrder

NO_LOAN: Mapping[str, Any] = {"lent_to_grid_id": None, "lent_until": None, "home_staff_id": None}


@dataclass(frozen=True)
class Doing:
    """One request: the action, those who get work, their room (it is used up), and where everything belongs.

    `branches`: of grids; `last_days`: of campaigns; `home_grids`: the grids of who acts, None for the company; `bound`: work
    orders that the contact policy allows on their own day or later, not before.
    """

    session: Session
    action: Action
    people: Sequence[Staff]
    room: Room
    branches: Mapping[int, int | None]
    last_days: Mapping[int, date]
    home_grids: Collection[int] | None
    actor_account_id: int | None
    today: date
    now: datetime
    bound: Collection[int] = ()
    given: dict[tuple[int, int], date] = field(default_factory=dict)  # (contact, who has it now): its day
    left: set[tuple[int, int, date]] = field(default_factory=set)  # (contact, who had it, on which day)

    def move(self, order: WorkOrder, event: Event, *, to_staff_id: int | None = None, **changes: Any) -> None:
        """Let the event happen, with who did it and why."""
        move_work_order(
            self.session,
            work_order=order,
            event=event,
            now=self.now,
            actor_account_id=self.actor_account_id,
            reason=self.action.reason,
            to_staff_id=to_staff_id,
            changes=changes,
            gate_asked=True,  # for all of them at once, before
        )

    def owns(self, order: WorkOrder) -> bool:
        """Whether the work order is of a grid of who acts, and not only lent to one."""
        return self.home_grids is None or order.grid_id in self.home_grids


def contact_of(order: WorkOrder) -> int:
    """What the work orders of one contact have in common."""
    return order.id if order.contact_id is None else order.contact_id


def settle_day(doing: Doing, order: WorkOrder, day: date) -> None:
    """Make this its day: what is for today goes to the phone, what nobody has begun leaves it until its day comes."""
    if order.state == PLANNED and day <= doing.today:
        doing.move(order, Event.RELEASED, scheduled_on=day)
    elif day > doing.today and (day != order.scheduled_on or order.state == OPEN):
        doing.move(order, Event.POSTPONED, scheduled_on=day)
    elif day != order.scheduled_on:
        doing.move(order, Event.ROLLED, scheduled_on=day)


def give(doing: Doing, order: WorkOrder, staff_id: int, event: Event, **changes: Any) -> Refusal | None:
    """Let somebody have it on its own day if that is free, else on the next one that is; with the rest of its contact."""
    leave(doing, order)
    day = doing.given.get((contact_of(order), staff_id))
    first = order.scheduled_on if order.id in doing.bound else doing.today
    if day is None or not first <= day <= order.due_on:
        day = doing.room.find_day(staff_id, wanted=order.scheduled_on, last=order.due_on, not_before=first)
        if day is None:
            stay(doing, order)
            return NO_ROOM
        doing.room.take(staff_id, day)
        doing.given[contact_of(order), staff_id] = day
    doing.move(order, event, to_staff_id=staff_id, **({"pooled_at": None} | changes))
    settle_day(doing, order, day)
    return None


def leave(doing: Doing, order: WorkOrder) -> None:
    """Its day is free again for its manager."""
    key = (contact_of(order), order.staff_id, order.scheduled_on)
    if order.pooled_at is None and is_live(order.state) and key not in doing.left:
        doing.left.add(key)
        doing.room.give_back(order.staff_id, order.scheduled_on)


def stay(doing: Doing, order: WorkOrder) -> None:
    """It takes up its day for its manager after all."""
    key = (contact_of(order), order.staff_id, order.scheduled_on)
    if key in doing.left:
        doing.left.remove(key)
        doing.room.take(order.staff_id, order.scheduled_on)


def _reassign(doing: Doing, order: WorkOrder) -> Refusal | None:
    (person,) = doing.people
    if person.unit_id != (order.lent_to_grid_id or order.grid_id):
        return ELSEWHERE
    if person.id == order.staff_id and order.pooled_at is None:
        return SAME_MANAGER
    return give(doing, order, person.id, Event.REASSIGNED)


def _split(doing: Doing, order: WorkOrder) -> Refusal | None:
    here = [person for person in doing.people if person.unit_id == (order.lent_to_grid_id or order.grid_id)]
    if not here:
        return ELSEWHERE
    if told := [person for person in here if (contact_of(order), person.id) in doing.given]:
        has_it = told[0].id == order.staff_id and order.pooled_at is None
        return None if has_it else give(doing, order, told[0].id, Event.REASSIGNED)
    leave(doing, order)  # so that who has it now is measured like the others
    free = [person for person in here if doing.room.find_day(person.id, wanted=doing.today, last=order.due_on) is not None]
    least = min(free, key=lambda person: (doing.room.share_used(person.id), person.id), default=None)
    stay(doing, order)
    if least is None:
        return NO_ROOM
    if least.id == order.staff_id and order.pooled_at is None:
        doing.given[contact_of(order), least.id] = order.scheduled_on
        return None  # it stays where it is: that is the split
    return give(doing, order, least.id, Event.REASSIGNED)


def _lend(doing: Doing, order: WorkOrder) -> Refusal | None:
    (person,) = doing.people
    if not doing.owns(order) or order.lent_to_grid_id is not None:
        return LENT
    if person.unit_id == order.grid_id or doing.branches[person.unit_id] != doing.branches[order.grid_id]:
        return NOT_NEIGHBOUR
    return give(
        doing,
        order,
        person.id,
        Event.LENT,
        lent_to_grid_id=person.unit_id,
        lent_until=doing.action.until,
        home_staff_id=order.staff_id,
    )


def _bring_home(doing: Doing, order: WorkOrder) -> Refusal | None:
    if order.lent_to_grid_id is None or order.home_staff_id is None:
        return NOT_LENT
    if not doing.owns(order):
        let_go(doing.session, order.id)
    return give(doing, order, order.home_staff_id, Event.BROUGHT_HOME, **NO_LOAN)


def _pool(doing: Doing, order: WorkOrder) -> Refusal | None:
    if not doing.owns(order):
        return LENT
    if order.pooled_at is not None:
        return IN_POOL
    leave(doing, order)
    doing.move(order, Event.POOLED, to_staff_id=order.home_staff_id, pooled_at=doing.now, **NO_LOAN)
    return None


def _pull_back(doing: Doing, order: WorkOrder) -> Refusal | None:
    if not doing.owns(order):
        return LENT
    leave(doing, order)
    doing.move(order, Event.PULLED_BACK)
    return None


def _extend(doing: Doing, order: WorkOrder) -> Refusal | None:
    due_on, day = doing.action.due_on, doing.action.scheduled_on
    assert due_on is not None
    if not doing.owns(order):
        return LENT
    if due_on > doing.last_days[order.campaign_id]:
        return OUTSIDE_WINDOW
    if (day or order.scheduled_on) > due_on:
        return BEFORE_ITS_DAY
    if day is not None and order.pooled_at is not None:
        return IN_POOL
    if day is not None and day != order.scheduled_on and doing.room.free_on(order.staff_id, day) < 1:
        return NO_ROOM
    doing.move(order, Event.EXTENDED, due_on=due_on)
    if day is not None and day != order.scheduled_on:
        leave(doing, order)
        doing.room.take(order.staff_id, day)
        settle_day(doing, order, day)
    return None


def _start(doing: Doing, order: WorkOrder) -> Refusal | None:
    if order.pooled_at is not None:
        return IN_POOL
    if next_state(order.state, Event.STARTED) is None:
        return wrong_state(order.state, Verb.START)
    if order.scheduled_on != doing.today:
        if doing.room.free_on(order.staff_id, doing.today) < 1:
            return NO_ROOM
        leave(doing, order)
        doing.room.take(order.staff_id, doing.today)
    doing.move(order, Event.STARTED, scheduled_on=doing.today)
    return None


DO: Mapping[Verb, Callable[[Doing, WorkOrder], Refusal | None]] = {
    Verb.REASSIGN: _reassign,
    Verb.SPLIT: _split,
    Verb.LEND: _lend,
    Verb.BRING_HOME: _bring_home,
    Verb.POOL: _pool,
    Verb.PULL_BACK: _pull_back,
    Verb.EXTEND: _extend,
    Verb.START: _start,
}
