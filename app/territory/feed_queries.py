"""Reads behind work that follows the customers feed."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from app.dispatch.queries import LIVE_STATES
from app.models.customer import Customer
from app.models.organisation import Role, Staff
from app.models.territory import Handover, HandoverCustomer, HandoverStatus, OwnershipHold, OwnershipNews
from app.models.work_order import WorkOrder
from app.territory.following import FeedOrder


def customers_in_the_news(session: Session, *, today: date, limit: int) -> list[int]:
    """The customers of whom the feed said something new, by id; those wait for whom a handover is planned from today on."""
    coming = and_(Handover.status == HandoverStatus.PLANNED, Handover.effective_on >= today)
    waiting = (
        select(HandoverCustomer.customer_id)
        .join(Handover, Handover.id == HandoverCustomer.handover_id)
        .where(HandoverCustomer.customer_id == OwnershipNews.customer_id)
        .where(or_(coming, Handover.status == HandoverStatus.CONFIRMED))
    )
    statement = select(OwnershipNews.customer_id).where(~waiting.exists()).order_by(OwnershipNews.customer_id)
    return list(session.scalars(statement.limit(limit)))


def lock_their_orders(session: Session, customer_ids: Collection[int]) -> list[FeedOrder]:
    """Their live work orders, by id, locked; not what is lent, nor what somebody else holds: nobody is waited for."""
    order, customer, news = WorkOrder, Customer, OwnershipNews
    before = case((OwnershipHold.customer_id.is_(None), news.owner_staff_id))
    statement = (
        select(
            *(order.id, order.customer_id, order.state, order.staff_id, order.grid_id, order.scheduled_on, order.due_on),
            *(order.rolls, order.pooled_at, order.contact_id),
            *(customer.grid_id, customer.owner_staff_id, before),
        )
        .join(customer, customer.id == order.customer_id)
        .join(news, news.customer_id == order.customer_id)
        .outerjoin(OwnershipHold, OwnershipHold.customer_id == order.customer_id)
        .where(order.customer_id.in_(customer_ids), order.state.in_(LIVE_STATES), order.lent_to_grid_id.is_(None))
        .order_by(order.id)
        .with_for_update(of=order, skip_locked=True)
    )
    return [FeedOrder._make(row) for row in session.execute(statement)]


def grids_of_managers(session: Session, *, day: date) -> dict[int, int]:
    """By staff id: the unit of every terminal manager who works on this day."""
    active = or_(Staff.active_to.is_(None), Staff.active_to >= day)
    statement = select(Staff.id, Staff.unit_id).where(Staff.role == Role.TERMINAL_MANAGER, Staff.active_from <= day, active)
    return dict(session.execute(statement.order_by(Staff.id)).all())
