"""Contacts that nobody had counted: a phone was offline, and its report comes after its work order ended.

What happened is a fact, and where it passes a limit of the contact policy it is marked so. No more than that may follow: what is
still to come of the customer's contacts goes to the next day on which the gate allows it, or is withdrawn.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.campaigns.gate_queries import contacts_made
from app.campaigns.policy.passed import days_with_room, limits_passed
from app.campaigns.policy.queries import policy_in_force
from app.campaigns.policy.rules import LONGEST_DAYS
from app.core import clock
from app.core.db import whole_company
from app.dispatch import policy_sweep_queries as queries
from app.dispatch.by_hand.placing import Room, read_room
from app.dispatch.by_hand.verbs import contact_of
from app.dispatch.life import move_work_order
from app.dispatch.states import Event
from app.models.work_order import WorkOrder, WorkOrderEvent

CONTACT_LIMIT = "contact_limit"
BEYOND_LIMIT = "beyond_limit"  # noted of a work order whose contact passed a limit
NEWS = timedelta(hours=2)  # a run that was choosing when a report came is over by then


def make_room_for_contacts(session: Session, *, orders: Collection[WorkOrder], late: Collection[int], now: datetime) -> None:
    """After reports on these work orders: what else their customers have out is held against what was made.

    `late`: the ids of those with a contact on which nobody had counted.
    """
    if not late and not queries.has_other_live_work(session, orders):
        return
    with whole_company(session):
        for order in sorted(orders, key=lambda one: one.id):
            if order.id in late:
                _mark(session, order, now)
        spare_customers(session, {order.customer_id for order in orders}, now=now)


def spare_lately_contacted(session: Session, *, now: datetime) -> dict[str, int]:
    """The same for whom reports came in while somebody else held their work, or chose them. {withdrawn, postponed}."""
    return spare_customers(session, queries.lately_contacted(session, now - NEWS), now=now)


def spare_customers(session: Session, customer_ids: Collection[int], *, now: datetime) -> dict[str, int]:
    """Of the live work of these customers, what has no room beside the contacts made goes to its next day that has, or is
    withdrawn. Nobody is waited for. {withdrawn, postponed}.
    """
    counts = Counter(withdrawn=0, postponed=0)
    orders = queries.lock_live_work(session, customer_ids) if customer_ids else {}
    refused = order_refusals(session, orders, act=Act.MOVE, now=now) if orders else {}
    against = [orders[id_] for id_, reason in sorted(refused.items()) if reason == CONTACT_LIMIT]
    if against:
        today = clock.local_date(now)
        room = read_room(session, {one.staff_id for one in against}, first=today, last=max(one.due_on for one in against))
        days = _days_with_room(session, against, now)
        given: dict[int, date] = {}
        for order in against:
            day = _next_day(session, order, days[order.id], room, given, now)
            _settle(session, order, day, now)
            counts["withdrawn" if day is None else "postponed"] += 1
    return dict(counts)


def _days_with_room(session: Session, orders: Sequence[WorkOrder], now: datetime) -> dict[int, list[date]]:
    today = clock.local_date(now)
    rules = policy_in_force(session, day=today).rules
    since = clock.start_of_day(today - timedelta(days=LONGEST_DAYS))
    made = contacts_made(session, {order.customer_id for order in orders}, since=since)
    tomorrow = today + timedelta(days=1)
    return {order.id: days_with_room(made[order.customer_id], rules, first=tomorrow, last=order.due_on) for order in orders}


def _next_day(
    session: Session, order: WorkOrder, days: Sequence[date], room: Room, given: dict[int, date], now: datetime
) -> date | None:
    """The first day with room for the customer, and then for the manager; what belongs to one contact goes to one day."""
    for first in days:
        if not order_refusals(session, [order.id], act=Act.MOVE, day=first, now=now):
            day = given.get(contact_of(order))
            if day is None or not first <= day <= order.due_on:
                day = room.find_day(order.staff_id, wanted=first, last=order.due_on, not_before=first)
                if day is not None:
                    room.take(order.staff_id, day)
            if day is not None:
                given[contact_of(order)] = day
            return day
    return None


def _settle(session: Session, order: WorkOrder, day: date | None, now: datetime) -> None:
    event, changes = (Event.WITHDRAWN, {}) if day is None else (Event.POSTPONED, {"scheduled_on": day})
    move_work_order(session, work_order=order, event=event, now=now, reason=CONTACT_LIMIT, changes=changes)


def _mark(session: Session, order: WorkOrder, now: datetime) -> None:
    """Note of a work order that its contact, which nobody had counted, passed a limit."""
    today = clock.local_date(now)
    since = clock.start_of_day(today - timedelta(days=LONGEST_DAYS))
    made = contacts_made(session, [order.customer_id], since=since)[order.customer_id]
    passed = limits_passed(made, contact_of(order), policy_in_force(session, day=today).rules)
    if not passed or queries.has_event(session, order.id, BEYOND_LIMIT):
        return
    said = "; ".join(f"{one.made} contacts in {one.days} days, limit {one.most}" for one in passed)
    session.add(
        WorkOrderEvent(
            work_order_id=order.id,
            happened_at=now,
            event=BEYOND_LIMIT,
            from_state=order.state,
            to_state=order.state,
            from_staff_id=order.staff_id,
            to_staff_id=order.staff_id,
            reason=said,
        )
    )
    session.flush()
