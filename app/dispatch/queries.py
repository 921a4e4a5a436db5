"""Reads of work orders."""

from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.work_order import WorkOrder


class UnknownWorkOrder(NotFound):
    """There is no such work order, or it is not yours."""

    code = "work_order.unknown"


def lock_work_order(
    session: Session, work_order_id: int, *, staff_id: int | None = None, grid_ids: Collection[int] | None = None
) -> WorkOrder:
    """The work order, locked until the end of the transaction, as it is now.

    `staff_id`: only if it is this manager's; `grid_ids`: only in these grids. Raises UnknownWorkOrder.
    """
    found = session.scalar(_locked(staff_id, grid_ids).where(WorkOrder.id == work_order_id))
    if found is None:
        raise UnknownWorkOrder
    return found


def lock_work_orders(
    session: Session,
    work_order_ids: Collection[int],
    *,
    staff_id: int | None = None,
    grid_ids: Collection[int] | None = None,
) -> dict[int, WorkOrder]:
    """Those of the work orders that are there, by id, locked in the order of their ids so that two batches never deadlock."""
    found = session.scalars(_locked(staff_id, grid_ids).where(WorkOrder.id.in_(work_order_ids)))
    return {work_order.id: work_order for work_order in found}


def _locked(staff_id: int | None, grid_ids: Collection[int] | None) -> Select[WorkOrder]:
    statement = select(WorkOrder).order_by(WorkOrder.id).with_for_update().execution_options(populate_existing=True)
    if staff_id is not None:
        statement = statement.where(WorkOrder.staff_id == staff_id)
    if grid_ids is not None:
        statement = statement.where(WorkOrder.grid_id.in_(grid_ids))
    return statement
