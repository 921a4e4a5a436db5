"""Reads of work orders and of who can take them."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.dispatch.capacity import Manager
from app.models.campaign import Campaign
from app.models.organisation import Absence, Role, Staff
from app.models.work_order import DispatchRequest, DispatchRun, WorkOrder, WorkOrderState

LIVE_STATES = (WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS)


class UnknownWorkOrder(NotFound):
    """There is no such work order, or it is not yours."""

    code = "work_order.unknown"


class UnknownRun(NotFound):
    """There is no such dispatch run."""

    code = "dispatch.unknown_run"


def get_run(session: Session, run_id: int) -> DispatchRun:
    """A dispatch run; raises UnknownRun."""
    found = session.scalar(select(DispatchRun).where(DispatchRun.id == run_id).order_by(DispatchRun.id))
    if found is None:
        raise UnknownRun(f"run: there is no dispatch run {run_id}")
    return found


def code_of_run(session: Session, run_id: int) -> str:
    """The code of the campaign of a run."""
    statement = select(Campaign.code).join(DispatchRun, DispatchRun.campaign_id == Campaign.id)
    return session.scalars(statement.where(DispatchRun.id == run_id).order_by(Campaign.id)).one()


def lock_waiting_request(session: Session) -> DispatchRequest | None:
    """The oldest request of a dispatch that is not done and that nobody works on."""
    statement = select(DispatchRequest).where(DispatchRequest.outcome.is_(None)).order_by(DispatchRequest.id).limit(1)
    return session.scalar(statement.with_for_update(skip_locked=True))


def list_runs(session: Session, *, campaign_code: str | None, limit: int) -> list[tuple[DispatchRun, str]]:
    """(run, code of its campaign), newest first; of one campaign where its code is given."""
    statement = select(DispatchRun, Campaign.code).join(Campaign, Campaign.id == DispatchRun.campaign_id)
    if campaign_code is not None:
        statement = statement.where(Campaign.code == campaign_code)
    return [(run, code) for run, code in session.execute(statement.order_by(DispatchRun.id.desc()).limit(limit))]


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


def managers_active_between(session: Session, first: date, last: date) -> list[Manager]:
    """The terminal managers active on some day of the window, by id."""
    statement = select(Staff.id, Staff.unit_id, Staff.daily_capacity, Staff.active_from, Staff.active_to).where(
        Staff.role == Role.TERMINAL_MANAGER, Staff.active_from <= last, or_(Staff.active_to.is_(None), Staff.active_to >= first)
    )
    return [Manager(*row) for row in session.execute(statement.order_by(Staff.id))]


def absences_between(session: Session, first: date, last: date) -> list[tuple[int, date, date]]:
    """(staff id, from, to) of the absences that touch the window; both days are included."""
    statement = select(Absence.staff_id, Absence.from_date, Absence.to_date).where(
        Absence.from_date <= last, Absence.to_date >= first
    )
    return [(staff_id, start, end) for staff_id, start, end in session.execute(statement.order_by(Absence.id))]


def live_load_between(session: Session, first: date, last: date) -> list[tuple[int, date, int]]:
    """(staff id, day, live work orders of that day) in the window."""
    statement = (
        select(WorkOrder.staff_id, WorkOrder.scheduled_on, func.count())
        .where(WorkOrder.state.in_(LIVE_STATES), WorkOrder.scheduled_on.between(first, last))
        .group_by(WorkOrder.staff_id, WorkOrder.scheduled_on)
        .order_by(WorkOrder.staff_id, WorkOrder.scheduled_on)
    )
    return [(staff_id, day, count) for staff_id, day, count in session.execute(statement)]


def count_work_orders(session: Session, campaign_id: int) -> int:
    """Work orders of a campaign, whatever became of them."""
    return session.scalars(select(func.count()).select_from(WorkOrder).where(WorkOrder.campaign_id == campaign_id)).one()


def find_manager_of_grid(session: Session, staff_no: str, *, grid_id: int, today: date) -> Staff | None:
    """The terminal manager with this number, if active today in this grid."""
    active = or_(Staff.active_to.is_(None), Staff.active_to >= today)
    statement = select(Staff).where(
        Staff.staff_no == staff_no,
        Staff.role == Role.TERMINAL_MANAGER,
        Staff.unit_id == grid_id,
        Staff.active_from <= today,
        active,
    )
    return session.scalar(statement.order_by(Staff.id))
