"""Asking the gate before one work order is moved."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.core import clock
from app.core.errors import Conflict
from app.dispatch.states import PLANNED
from app.models.work_order import WorkOrder

# What each event asks for. The others end an order, or leave it with whom and when it was; one that comes home from a loan
# goes back to who had it. Those that many orders meet at once in a job are asked for all of them there.
ACTS = {
    "reassigned": Act.MOVE,
    "lent": Act.MOVE,
    "extended": Act.EXTEND,
    "reopened": Act.CLAIM,
    "reset": Act.CLAIM,
    "return_rejected": Act.CLAIM,
    "redispatched": Act.CLAIM,
}


class ContactRefused(Conflict):
    """The customer, or the contact policy, speaks against this contact."""

    code = "work_order.contact_refused"


def check_gate(session: Session, *, work_order_id: int, event: str, until: date | None = None, now: datetime) -> None:
    """Raise ContactRefused, which names the reason, where the gate does not let this happen to the work order.

    `until`: the last day that it gets. Raises RunChoosing where a run may be giving the last room away.
    """
    act = ACTS.get(event)
    if act is None:
        return
    refused = order_refusals(session, [work_order_id], act=act, until=until, now=now)
    if reason := refused.get(work_order_id):
        raise ContactRefused(f"The work order cannot be {event.replace('_', ' ')}: {reason.replace('_', ' ')}.", reason=reason)


def bound_to_their_day(session: Session, orders: Mapping[int, WorkOrder], *, now: datetime) -> Collection[int]:
    """Of these work orders, by id, those whose customer may be contacted on their own day but not before it."""
    today = clock.local_date(now)
    waiting = [order.id for order in orders.values() if order.state == PLANNED and order.scheduled_on > today]
    return order_refusals(session, waiting, act=Act.MOVE, day=today, now=now).keys() if waiting else ()
