"""Reads of refusals that managers recorded, and of the work orders that they were recorded on."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.dispatch.queries import LIVE_STATES, UnknownWorkOrder
from app.models.campaign import Campaign, Product
from app.models.do_not_disturb import DoNotDisturb, DoNotDisturbUndo
from app.models.work_order import WorkOrder, WorkOrderTombstone


class UnknownRefusal(NotFound):
    """There is no such do-not-disturb of yours."""

    code = "do_not_disturb.unknown"


class UnknownUndo(NotFound):
    """There is no such request, or it is not yours to decide."""

    code = "do_not_disturb.unknown_undo"


def get_order_once_mine(session: Session, work_order_id: int, *, staff_id: int) -> WorkOrder:
    """A work order that is or was this manager's; asked in the scope of the company. Raises UnknownWorkOrder."""
    left = select(WorkOrderTombstone.work_order_id).where(
        WorkOrderTombstone.staff_id == staff_id, WorkOrderTombstone.work_order_id == work_order_id
    )
    statement = select(WorkOrder).where(
        WorkOrder.id == work_order_id, or_(WorkOrder.staff_id == staff_id, WorkOrder.id.in_(left))
    )
    found = session.scalar(statement.order_by(WorkOrder.id))
    if found is None:
        raise UnknownWorkOrder
    return found


def lock_orders_of(session: Session, customer_id: int, work_order_id: int) -> None:
    """Lock a customer's live work orders and this one in the order of their ids, as everybody does, before one of them is
    referred to: of two refusals at once the second waits here, and no batch of reports ever waits for it in a circle."""
    concerned = and_(WorkOrder.customer_id == customer_id, or_(WorkOrder.state.in_(LIVE_STATES), WorkOrder.id == work_order_id))
    session.scalars(select(WorkOrder.id).where(concerned).order_by(WorkOrder.id).with_for_update()).all()


def families(session: Session) -> list[str]:
    """The product families that there are, by name."""
    return list(session.scalars(select(Product.family).distinct().order_by(Product.family)))


def find_refusal(session: Session, refusal_id: UUID) -> DoNotDisturb | None:
    """The refusal with this id, as it is committed now."""
    statement = select(DoNotDisturb).where(DoNotDisturb.id == refusal_id).order_by(DoNotDisturb.id)
    return session.scalar(statement.execution_options(populate_existing=True))


def lock_refusal(session: Session, refusal_id: UUID) -> DoNotDisturb | None:
    """The same, locked until the end of the transaction."""
    statement = select(DoNotDisturb).where(DoNotDisturb.id == refusal_id).order_by(DoNotDisturb.id)
    return session.scalar(statement.with_for_update().execution_options(populate_existing=True))


def standing_refusals(session: Session, *, customer_id: int, scope: str) -> list[DoNotDisturb]:
    """Of a customer's refusals of this scope those that were not taken back, oldest first."""
    statement = select(DoNotDisturb).where(
        DoNotDisturb.customer_id == customer_id, DoNotDisturb.scope == scope, DoNotDisturb.undone_at.is_(None)
    )
    return list(session.scalars(statement.order_by(DoNotDisturb.recorded_at, DoNotDisturb.id)))


def find_latest_undo(session: Session, refusal_id: UUID) -> DoNotDisturbUndo | None:
    """The newest request to take a refusal back, decided or not."""
    statement = select(DoNotDisturbUndo).where(DoNotDisturbUndo.request_id == refusal_id)
    return session.scalar(statement.order_by(DoNotDisturbUndo.id.desc()).limit(1))


def lock_undo(session: Session, undo_id: int, *, grid_ids: Collection[int]) -> DoNotDisturbUndo:
    """A request in these grids, locked until the end of the transaction; raises UnknownUndo."""
    statement = select(DoNotDisturbUndo).where(DoNotDisturbUndo.id == undo_id, DoNotDisturbUndo.grid_id.in_(grid_ids))
    locked = statement.order_by(DoNotDisturbUndo.id).with_for_update().execution_options(populate_existing=True)
    found = session.scalar(locked)
    if found is None:
        raise UnknownUndo
    return found


def refusals_told_to(session: Session, staff_id: int, work_order_ids: Collection[int]) -> dict[int, datetime]:
    """When the customer of a work order told this very manager, the first time, not to be contacted for it; by work order."""
    statement = (
        select(WorkOrder.id, func.min(DoNotDisturb.asked_at))
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(DoNotDisturb, DoNotDisturb.customer_id == WorkOrder.customer_id)
        .where(
            WorkOrder.id.in_(work_order_ids),
            DoNotDisturb.staff_id == staff_id,
            DoNotDisturb.undone_at.is_(None),
            DoNotDisturb.scope.in_(["all", Campaign.channel, WorkOrder.product_family]),
        )
        .group_by(WorkOrder.id)
        .order_by(WorkOrder.id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}
