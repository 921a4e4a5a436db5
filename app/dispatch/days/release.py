"""The morning's release: planned work goes to the phones, what was left unfinished goes where its rule says."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.core import clock
from app.dispatch import queries
from app.dispatch.by_hand.loans import end_loans
from app.dispatch.capacity import capacity_of
from app.dispatch.days.waves import GONE, Fate, Rule, Waiting, plan_wave
from app.dispatch.moves import Move
from app.dispatch.moving import move_many
from app.dispatch.queries import WaitingOrder
from app.dispatch.states import IN_PROGRESS, PLANNED, Event

LONGEST_LOOK = 366  # days: no window is longer
FOR_GOOD = frozenset({"do_not_disturb", "complaint_open", "resting_after_refusal"})  # the gate's other reasons pass
_EVENTS = {Fate.LATER: Event.POSTPONED, Fate.POOL: Event.POOLED, Fate.EXPIRE: Event.EXPIRED}
_REASONS = {Fate.TODAY: None, Fate.LATER: "next_free_day", Fate.POOL: "no_free_day", Fate.EXPIRE: "unfinished"}


def release_wave(session: Session, *, unfinished_rule: str = "roll", most_rolls: int = 3, now: datetime) -> dict[str, int]:
    """Open what is planned for today or before, as far as today's capacity goes; roll, postpone, pool or expire the rest.

    The rule and the number of rolls are the company's, for campaigns that have none of their own. Counts by what happened.
    Loans that are over come home first. The gate is asked for every order that would go to a phone: who must not be contacted at
    all is withdrawn, who must not be today waits for the next day. Done again the same day it finds nothing more to do.
    """
    today = clock.local_date(now)
    home = end_loans(session, now=now)
    session.flush()
    orders = queries.lock_waiting_orders(session, today, rule=unfinished_rule, most_rolls=most_rolls)
    counts = Counter({**home, "released": 0, "rolled": 0, "postponed": 0, "pooled": 0, "expired": 0, "withdrawn": 0})
    if orders:
        refused = order_refusals(session, [order.id for order in orders if order.state == PLANNED], act=Act.RELEASE, now=now)
        barred = {order_id: reason for order_id, reason in refused.items() if reason in FOR_GOOD}
        moves = [_withdrawal(order, barred[order.id]) for order in orders if order.id in barred]
        staying = [order for order in orders if order.id not in barred]
        if staying:
            moves += _moves(session, staying, refused.keys(), today, now)
        counts.update(move.event.value for move in moves)
        move_many(session, moves, now=now)
    return dict(counts)


def _withdrawal(order: WaitingOrder, reason: str) -> Move:
    return Move(order.id, order.state, Event.WITHDRAWN, scheduled_on=order.scheduled_on, rolls=order.rolls, reason=reason)


def _moves(
    session: Session, orders: Sequence[WaitingOrder], not_today: Collection[int], today: date, now: datetime
) -> list[Move]:
    last = min(max(order.due_on for order in orders), today + timedelta(days=LONGEST_LOOK))
    queries.lock_capacity(session, {order.staff_id for order in orders})
    managers = capacity_of(
        queries.managers_active_between(session, today, last),
        queries.absences_between(session, today, last),
        queries.load_beside(session, today, last, {order.id for order in orders}),
        first=today,
        last=last,
    )
    contacts = _contacts(orders)
    position = {int(staff_id): index for index, staff_id in enumerate(managers.staff)}
    waiting = _waiting(contacts, position, not_today, today)
    fates, days = plan_wave(waiting, managers.capacity - managers.used)
    return [
        _move(order, Fate(fate), today + timedelta(days=int(day)), passed=bool(passed), now=now)
        for contact, fate, day, passed in zip(contacts, fates, days, waiting.passed, strict=True)
        for order in contact
    ]


def _contacts(orders: Sequence[WaitingOrder]) -> list[list[WaitingOrder]]:
    """What one manager says to one customer at once, together; in the order of the first of each."""
    contacts: dict[tuple[int, int], list[WaitingOrder]] = {}
    for order in orders:
        contacts.setdefault((order.staff_id, order.contact), []).append(order)
    return list(contacts.values())


def _waiting(
    contacts: Sequence[Sequence[WaitingOrder]], position: Mapping[int, int], not_today: Collection[int], today: date
) -> Waiting:
    """Each contact by its most pressing order."""

    def numbers(of: Callable[[Sequence[WaitingOrder]], int]) -> NDArray[np.int64]:
        return np.array([of(contact) for contact in contacts], dtype=np.int64)

    return Waiting(
        manager=numbers(lambda contact: position.get(contact[0].staff_id, GONE)),
        first_day=numbers(lambda contact: any(order.id in not_today for order in contact)),
        last_day=numbers(lambda contact: min((order.due_on - today).days for order in contact)),
        begun=numbers(lambda contact: any(order.state == IN_PROGRESS for order in contact)) != 0,
        passed=numbers(lambda contact: any(o.state != PLANNED and o.scheduled_on < today for o in contact)) != 0,
        rule=numbers(lambda contact: Rule[contact[0].rule.upper()]),
        rolls=numbers(lambda contact: max(order.rolls for order in contact)),
        most_rolls=numbers(lambda contact: min(order.most_rolls for order in contact)),
        place=np.arange(len(contacts), dtype=np.int64),
    )


def _move(order: WaitingOrder, fate: Fate, day: date, *, passed: bool, now: datetime) -> Move:
    today_event = Event.RELEASED if order.state == PLANNED else Event.ROLLED
    return Move(
        order.id,
        order.state,
        _EVENTS.get(fate, today_event),
        scheduled_on=day if fate in (Fate.TODAY, Fate.LATER) else order.scheduled_on,
        rolls=order.rolls + passed,
        pooled_at=now if fate is Fate.POOL else None,
        reason=_REASONS[fate],
    )
