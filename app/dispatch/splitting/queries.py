"""Reads behind the split: what managers achieved with what they got, and where their work is."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, DateTime, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.dispatch.queries import LIVE_STATES
from app.models.campaign import Campaign, Product
from app.models.customer import Customer, Order
from app.models.work_order import WorkOrder, WorkOrderState


def achieved_since(
    session: Session, product_ids: Collection[int], *, since: datetime, now: datetime
) -> list[tuple[int, int, int, float]]:
    """(staff id, product id, successes, expected successes) over the contacts that matured after `since` and by now.

    A success is what DESIGN 5 calls one; expected is the sum of the scores frozen at dispatch.
    """
    statement = (
        select(
            WorkOrder.staff_id,
            WorkOrder.product_id,
            func.count().filter(_succeeded()),
            func.sum(WorkOrder.score),
        )
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .where(
            WorkOrder.product_id.in_(product_ids),
            WorkOrder.state == WorkOrderState.DONE,
            WorkOrder.matures_at > since,
            WorkOrder.matures_at <= now,
        )
        .group_by(WorkOrder.staff_id, WorkOrder.product_id)
        .order_by(WorkOrder.staff_id, WorkOrder.product_id)
    )
    return [(staff, product, won, float(expected)) for staff, product, won, expected in session.execute(statement)]


def _succeeded() -> ColumnElement[bool]:
    after = cast(Campaign.ends_on + Campaign.attribution_days + 1, DateTime(timezone=False))
    win = and_(
        Order.customer_id == WorkOrder.customer_id,
        Order.product_id == Product.id,
        Product.family == WorkOrder.product_family,
        Order.ordered_at >= WorkOrder.dispatched_at,
        Order.ordered_at < func.timezone(clock.zone().key, after),
        or_(Order.cancelled_at.is_(None), Order.cancelled_at > WorkOrder.matures_at),
    )
    return exists(select(Order.id).where(win)).correlate(WorkOrder, Campaign)


def taken_so_far(session: Session, campaign_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """By campaign: (work orders, of them those that lead their contact) that were done or are live."""
    counted = (*LIVE_STATES, WorkOrderState.DONE)
    leads = or_(WorkOrder.contact_id.is_(None), WorkOrder.contact_id == WorkOrder.id)
    statement = (
        select(WorkOrder.campaign_id, func.count(), func.count().filter(leads))
        .where(WorkOrder.campaign_id.in_(campaign_ids), WorkOrder.state.in_(counted))
        .group_by(WorkOrder.campaign_id)
    )
    return {campaign: (orders, led) for campaign, orders, led in session.execute(statement.order_by(WorkOrder.campaign_id))}


def middles_of_own(session: Session) -> list[tuple[int, float, float]]:
    """(staff id, latitude, longitude) of the middle of each manager's own customers."""
    statement = (
        select(Customer.owner_staff_id, func.avg(Customer.latitude), func.avg(Customer.longitude))
        .where(Customer.owner_staff_id.is_not(None), Customer.latitude.is_not(None), Customer.longitude.is_not(None))
        .group_by(Customer.owner_staff_id)
    )
    return [(staff, *place) for staff, *place in session.execute(statement.order_by(Customer.owner_staff_id)) if staff]


def middles_of_visits(session: Session) -> list[tuple[int, float, float]]:
    """(staff id, latitude, longitude) of the middle of each manager's live visits."""
    statement = (
        select(WorkOrder.staff_id, func.avg(Customer.latitude), func.avg(Customer.longitude))
        .join(Customer, Customer.id == WorkOrder.customer_id)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .where(WorkOrder.state.in_(LIVE_STATES), Campaign.channel == "visit")
        .where(Customer.latitude.is_not(None), Customer.longitude.is_not(None))
        .group_by(WorkOrder.staff_id)
    )
    return [(staff, *place) for staff, *place in session.execute(statement.order_by(WorkOrder.staff_id))]
