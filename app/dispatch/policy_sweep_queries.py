"""Reads of the sweeps by the contact policy."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.dispatch.queries import LIVE_STATES, contact_key
from app.models.feedback import ContactFeedback
from app.models.policy import ContactPolicySweep
from app.models.work_order import WorkOrder, WorkOrderEvent


class Sweep(NamedTuple):
    """By which policy work was held against it last, when, and up to which work order; None: all."""

    number: int
    swept_at: datetime
    through: int | None


def find_last_sweep(session: Session) -> Sweep | None:
    """The newest batch of the newest sweep."""
    one = ContactPolicySweep
    statement = select(one.number, one.swept_at, one.through_work_order_id).order_by(one.id.desc()).limit(1)
    row = session.execute(statement).one_or_none()
    return None if row is None else Sweep(*row)


def live_ids(session: Session, *, after: int, limit: int) -> list[int]:
    """The ids of the next live work orders, in their order."""
    statement = select(WorkOrder.id).where(WorkOrder.state.in_(LIVE_STATES), WorkOrder.id > after)
    return list(session.scalars(statement.order_by(WorkOrder.id).limit(limit)))


def has_other_live_work(session: Session, orders: Collection[WorkOrder]) -> bool:
    """Whether one of the customers has a live work order beside these, as far as the scope sees."""
    statement = select(WorkOrder.id).where(
        WorkOrder.customer_id.in_({order.customer_id for order in orders}),
        WorkOrder.state.in_(LIVE_STATES),
        WorkOrder.id.not_in([order.id for order in orders]),
    )
    return session.scalar(statement.order_by(WorkOrder.id).limit(1)) is not None


def lock_live_work(session: Session, customer_ids: Collection[int]) -> dict[int, WorkOrder]:
    """The live work orders of these customers, by id, locked; nobody is waited for: what somebody else holds is not there."""
    statement = select(WorkOrder).where(WorkOrder.customer_id.in_(customer_ids), WorkOrder.state.in_(LIVE_STATES))
    locked = statement.order_by(WorkOrder.id).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return {order.id: order for order in session.scalars(locked)}


def lately_contacted(session: Session, since: datetime) -> list[int]:
    """The customers on whom something was reported since then, and who have live work of another contact."""
    other = aliased(WorkOrder)
    statement = (
        select(ContactFeedback.customer_id)
        .join(WorkOrder, WorkOrder.id == ContactFeedback.work_order_id)
        .join(other, (other.customer_id == ContactFeedback.customer_id) & other.state.in_(LIVE_STATES))
        .where(ContactFeedback.received_at >= since, func.coalesce(other.contact_id, other.id) != contact_key())
    )
    return list(session.scalars(statement.distinct().order_by(ContactFeedback.customer_id)))


def has_event(session: Session, work_order_id: int, event: str) -> bool:
    """Whether this is noted of the work order already."""
    statement = select(WorkOrderEvent.id).where(WorkOrderEvent.work_order_id == work_order_id, WorkOrderEvent.event == event)
    return session.scalar(statement.order_by(WorkOrderEvent.id).limit(1)) is not None
