"""Reads behind what people do with work orders by hand."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.dispatch.by_hand.terms import Filter
from app.dispatch.queries import LIVE_STATES, MOST_PROMISING
from app.models.campaign import Campaign
from app.models.organisation import Role, Staff, Unit
from app.models.work_order import WorkOrder, WorkOrderState


def in_grids(grid_ids: Collection[int]) -> ColumnElement[bool]:
    """Condition on WorkOrder: of one of these grids, or lent to one."""
    return or_(WorkOrder.grid_id.in_(grid_ids), WorkOrder.lent_to_grid_id.in_(grid_ids))


def ids_of(session: Session, chosen: Filter, *, grid_ids: Collection[int] | None, limit: int) -> list[int]:
    """The first work orders that fit the filter, by id; `grid_ids` None: of the whole company."""
    statement = select(WorkOrder.id).where(WorkOrder.state.in_(chosen.states))
    if grid_ids is not None:
        statement = statement.where(in_grids(grid_ids))
    if chosen.campaign_code is not None:
        statement = statement.join(Campaign, Campaign.id == WorkOrder.campaign_id).where(Campaign.code == chosen.campaign_code)
    if chosen.staff_no is not None:
        statement = statement.join(Staff, Staff.id == WorkOrder.staff_id).where(
            Staff.staff_no == chosen.staff_no, WorkOrder.pooled_at.is_(None)
        )
    if chosen.scheduled_from is not None:
        statement = statement.where(WorkOrder.scheduled_on >= chosen.scheduled_from)
    if chosen.scheduled_to is not None:
        statement = statement.where(WorkOrder.scheduled_on <= chosen.scheduled_to)
    if chosen.due_to is not None:
        statement = statement.where(WorkOrder.due_on <= chosen.due_to)
    if chosen.pooled is not None:
        statement = statement.where(WorkOrder.pooled_at.is_not(None) if chosen.pooled else WorkOrder.pooled_at.is_(None))
    return list(session.scalars(statement.order_by(WorkOrder.id).limit(limit)))


def ids_of_contacts(session: Session, ids: Collection[int], *, grid_ids: Collection[int] | None) -> list[int]:
    """The live work orders of the same contacts as these."""
    contacts = select(WorkOrder.contact_id).where(WorkOrder.id.in_(ids), WorkOrder.contact_id.is_not(None))
    customers = select(WorkOrder.customer_id).where(WorkOrder.id.in_(ids))
    statement = select(WorkOrder.id).where(
        WorkOrder.customer_id.in_(customers), WorkOrder.contact_id.in_(contacts), WorkOrder.state.in_(LIVE_STATES)
    )
    if grid_ids is not None:
        statement = statement.where(in_grids(grid_ids))
    return list(session.scalars(statement.order_by(WorkOrder.id)))


def terminal_managers(session: Session, staff_nos: Sequence[str], *, today: date) -> list[Staff]:
    """Those of these people who are terminal managers and active today, by id."""
    active = or_(Staff.active_to.is_(None), Staff.active_to >= today)
    statement = select(Staff).where(
        Staff.staff_no.in_(staff_nos), Staff.role == Role.TERMINAL_MANAGER, Staff.active_from <= today, active
    )
    return list(session.scalars(statement.order_by(Staff.id)))


def branch_of_grids(session: Session, grid_ids: Collection[int]) -> dict[int, int | None]:
    """The branch of each of these grids."""
    statement = select(Unit.id, Unit.parent_id).where(Unit.id.in_(grid_ids)).order_by(Unit.id)
    return {row[0]: row[1] for row in session.execute(statement)}


def last_days_of(session: Session, campaign_ids: Collection[int]) -> dict[int, date]:
    """The last day of each of these campaigns."""
    statement = select(Campaign.id, Campaign.ends_on).where(Campaign.id.in_(campaign_ids)).order_by(Campaign.id)
    return {row[0]: row[1] for row in session.execute(statement)}


def staff_numbers(session: Session, staff_ids: Collection[int]) -> dict[int, str]:
    """The staff numbers of these people."""
    statement = select(Staff.id, Staff.staff_no).where(Staff.id.in_(staff_ids)).order_by(Staff.id)
    return {row[0]: row[1] for row in session.execute(statement)}


def get_person(session: Session, staff_id: int) -> Staff:
    """The person."""
    return session.get_one(Staff, staff_id)


def lock_pool(session: Session, grid_ids: Collection[int], *, today: date, limit: int) -> list[WorkOrder]:
    """The most promising of the pool of these grids whose time is not over, locked; those that somebody else holds are not."""
    statement = select(WorkOrder).where(
        WorkOrder.grid_id.in_(grid_ids),
        WorkOrder.pooled_at.is_not(None),
        WorkOrder.state == WorkOrderState.PLANNED,
        WorkOrder.due_on >= today,
    )
    statement = statement.order_by(*MOST_PROMISING).limit(limit)
    locked = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(session.scalars(locked))


def pool_size(session: Session, grid_ids: Collection[int], *, today: date) -> int:
    """How many work orders lie in the pool of these grids."""
    statement = select(func.count()).select_from(WorkOrder)
    return session.scalars(
        statement.where(WorkOrder.grid_id.in_(grid_ids), WorkOrder.pooled_at.is_not(None), WorkOrder.due_on >= today)
    ).one()


def lock_ended_loans(session: Session, *, today: date) -> list[WorkOrder]:
    """What was lent until before today and nobody has begun, locked in the order of ids; what is over its time is not of it."""
    statement = select(WorkOrder).where(
        WorkOrder.lent_to_grid_id.is_not(None),
        WorkOrder.lent_until < today,
        WorkOrder.state.in_([WorkOrderState.PLANNED, WorkOrderState.OPEN]),
        WorkOrder.due_on >= today,
    )
    locked = statement.order_by(WorkOrder.id).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(locked))
