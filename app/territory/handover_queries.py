"""Reads behind handovers: the people and customers of a grid, its live work orders, and the handovers themselves."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.dispatch.capacity import DEFAULT_DAILY_CAPACITY
from app.dispatch.queries import LIVE_STATES
from app.models.campaign import Product
from app.models.customer import Customer, Holding
from app.models.feedback import ContactFeedback
from app.models.organisation import Role, Staff, Unit, UnitKind
from app.models.territory import Handover, HandoverCustomer, HandoverOrder, HandoverStatus
from app.models.work_order import WorkOrder, WorkOrderState
from app.territory.orders import LiveOrder
from app.territory.proposal import GridCustomers, Person


class UnknownHandover(NotFound):
    """There is no such handover, or it is not of your grids."""

    code = "handover.unknown"


def get_grid_id(session: Session, code: str, *, field: str, grid_ids: Collection[int] | None = None) -> int:
    """The id of a grid, one of these where some are named. Raises Invalid, which names the field."""
    statement = select(Unit.id).where(Unit.code == code, Unit.kind == UnitKind.GRID)
    if grid_ids is not None:
        statement = statement.where(Unit.id.in_(grid_ids))
    found = session.scalar(statement.order_by(Unit.id))
    if found is None:
        raise Invalid(field, "the code of a grid" + ("" if grid_ids is None else " of yours"))
    return found


def get_manager(session: Session, staff_no: str, *, field: str, grid_ids: Collection[int] | None) -> Staff:
    """A terminal manager of these grids (None: of any), active or not. Raises Invalid, which names the field."""
    statement = select(Staff).where(Staff.staff_no == staff_no, Staff.role == Role.TERMINAL_MANAGER)
    if grid_ids is not None:
        statement = statement.where(Staff.unit_id.in_(grid_ids))
    found = session.scalar(statement.order_by(Staff.id))
    if found is None:
        raise Invalid(field, "the staff number of a terminal manager" + ("" if grid_ids is None else " of your grids"))
    return found


def people_of(session: Session, grid_ids: Collection[int], *, day: date) -> list[Person]:
    """The terminal managers who work in these grids on this day, by id."""
    daily = func.coalesce(Staff.daily_capacity, DEFAULT_DAILY_CAPACITY)
    statement = select(Staff.id, Staff.staff_no, Staff.name, Staff.unit_id, daily).where(
        Staff.role == Role.TERMINAL_MANAGER,
        Staff.unit_id.in_(grid_ids),
        Staff.active_from <= day,
        or_(Staff.active_to.is_(None), Staff.active_to >= day),
    )
    return [Person(*row) for row in session.execute(statement.order_by(Staff.id))]


def posted_in(session: Session, grid_id: int) -> list[Staff]:
    """Everybody who belongs to a grid, whatever they do there and whether they still do, by id."""
    return list(session.scalars(select(Staff).where(Staff.unit_id == grid_id).order_by(Staff.id)))


def customers_of(session: Session, grid_id: int, *, day: date) -> GridCustomers:
    """The customers of a grid, by id; what they pay is the sum of the monthly prices of what they hold on this day."""
    held = and_(Holding.from_date <= day, or_(Holding.to_date.is_(None), Holding.to_date > day))
    pays = (
        select(Holding.customer_id, func.sum(Product.monthly_price).label("value"))
        .join(Product, Product.id == Holding.product_id)
        .join(Customer, Customer.id == Holding.customer_id)
        .where(held, Customer.grid_id == grid_id)
        .group_by(Holding.customer_id)
        .subquery()
    )
    statement = (
        select(Customer.id, func.coalesce(Customer.owner_staff_id, 0), pays.c.value, Customer.latitude, Customer.longitude)
        .outerjoin(pays, pays.c.customer_id == Customer.id)
        .where(Customer.grid_id == grid_id)
    )
    rows = session.execute(statement.order_by(Customer.id)).all()
    ids, owner, pay, latitude, longitude = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return GridCustomers(
        ids=np.array(ids, dtype=np.int64),
        owner=np.array(owner, dtype=np.int64),
        cents=np.array([round(100 * (one or 0)) for one in pay], dtype=np.int64),
        latitude=np.array([np.nan if one is None else one for one in latitude], dtype=np.float64),
        longitude=np.array([np.nan if one is None else one for one in longitude], dtype=np.float64),
    )


def live_orders_of(session: Session, grid_id: int, *, now: datetime) -> list[LiveOrder]:
    """The live work orders of a grid, by id. Promised: in progress, and its manager is to call at a time to come."""
    later = ContactFeedback.metadata.tables["contact_feedback"].alias("later")
    promised = (
        select(ContactFeedback.id)
        .where(
            ContactFeedback.work_order_id == WorkOrder.id,
            ContactFeedback.staff_id == WorkOrder.staff_id,
            ContactFeedback.callback_at >= now,
            ~select(later.c.id).where(later.c.corrects_id == ContactFeedback.id).exists(),
        )
        .exists()
    )
    statement = (
        select(
            WorkOrder.id,
            WorkOrder.customer_id,
            Customer.owner_staff_id,
            WorkOrder.staff_id,
            WorkOrder.scheduled_on,
            WorkOrder.due_on,
            and_(WorkOrder.state == WorkOrderState.IN_PROGRESS, promised),
            WorkOrder.pooled_at.is_not(None),
            WorkOrder.lent_to_grid_id.is_not(None),
            WorkOrder.contact_id,
        )
        .outerjoin(Customer, Customer.id == WorkOrder.customer_id)
        .where(_live_in(grid_id))
    )
    rows: Sequence[Any] = session.execute(statement.order_by(WorkOrder.id)).all()
    return [LiveOrder(*row) for row in rows]


def live_order_ids(session: Session, grid_id: int) -> list[int]:
    """The ids of a grid's live work orders."""
    return list(session.scalars(select(WorkOrder.id).where(_live_in(grid_id)).order_by(WorkOrder.id)))


def _live_in(grid_id: int) -> ColumnElement[bool]:
    return and_(WorkOrder.grid_id == grid_id, WorkOrder.state.in_(LIVE_STATES))


def lock_handover(session: Session, handover_id: int, *, grid_ids: Collection[int] | None) -> Handover:
    """The handover of these grids (None: of any), locked until the end of the transaction. Raises UnknownHandover."""
    statement = select(Handover).where(Handover.id == handover_id)
    if grid_ids is not None:
        statement = statement.where(Handover.grid_id.in_(grid_ids))
    found = session.scalar(statement.order_by(Handover.id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise UnknownHandover
    return found


def due_handovers(session: Session, *, today: date) -> list[int]:
    """The ids of those that are to be applied today or were before, and of leaves that are over; in the order of their days."""
    due = and_(Handover.status == HandoverStatus.CONFIRMED, Handover.effective_on <= today)
    over = and_(Handover.status == HandoverStatus.APPLIED, Handover.return_on <= today)
    return list(session.scalars(select(Handover.id).where(or_(due, over)).order_by(Handover.effective_on, Handover.id)))


def planned_moves(session: Session, handover_id: int) -> list[HandoverCustomer]:
    """The customers of a handover, by id."""
    statement = select(HandoverCustomer).where(HandoverCustomer.handover_id == handover_id)
    return list(session.scalars(statement.order_by(HandoverCustomer.customer_id)))


def orders_of_handover(session: Session, handover_id: int) -> list[HandoverOrder]:
    """The work orders of a handover, by id."""
    statement = select(HandoverOrder).where(HandoverOrder.handover_id == handover_id)
    return list(session.scalars(statement.order_by(HandoverOrder.work_order_id)))


def still_theirs(session: Session, handover_id: int) -> list[HandoverCustomer]:
    """Of a handover's customers those who are still whose it made them, by id."""
    statement = (
        select(HandoverCustomer)
        .join(Customer, Customer.id == HandoverCustomer.customer_id)
        .where(
            HandoverCustomer.handover_id == handover_id,
            Customer.grid_id == HandoverCustomer.to_grid_id,
            Customer.owner_staff_id.is_not_distinct_from(HandoverCustomer.to_staff_id),
        )
    )
    return list(session.scalars(statement.order_by(HandoverCustomer.customer_id)))
