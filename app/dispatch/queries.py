"""Reads of work orders and of who can take them."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, and_, cast, func, or_, select, text, true, union_all
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.dispatch.capacity import Manager
from app.dispatch.moves import HeldOrder
from app.models.campaign import Campaign
from app.models.organisation import Absence, Holiday, Role, Staff
from app.models.work_order import DispatchRun, WorkOrder, WorkOrderState

LOADING = (WorkOrderState.PLANNED, WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS, WorkOrderState.DONE)
LIVE_STATES = (WorkOrderState.PLANNED, WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS)
# By money where it is known, then by the probability of success: the order in which work is taken and recommended.
MOST_PROMISING = (WorkOrder.value.desc().nulls_last(), WorkOrder.score.desc(), WorkOrder.id)


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

    `staff_id`: only if it is this manager's; `grid_ids`: only in these grids, or lent to one. Raises UnknownWorkOrder.
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


def hold_work_orders(session: Session, work_order_ids: Collection[int]) -> dict[int, HeldOrder]:
    """`lock_work_orders` for thousands: the same locks in the same order, and little of each row."""
    one = WorkOrder
    asked = func.unnest(cast(list(work_order_ids), ARRAY(BigInteger))).column_valued("id")
    columns = (one.id, one.state, one.staff_id, one.grid_id, one.scheduled_on, one.due_on, one.rolls, one.pooled_at)
    statement = select(*columns).where(one.id.in_(select(asked))).order_by(one.id).with_for_update(of=one)
    return {row.id: HeldOrder(*row) for row in session.execute(statement)}


def _locked(staff_id: int | None, grid_ids: Collection[int] | None) -> Select[WorkOrder]:
    statement = select(WorkOrder).order_by(WorkOrder.id).with_for_update().execution_options(populate_existing=True)
    if staff_id is not None:
        statement = statement.where(WorkOrder.staff_id == staff_id)
    if grid_ids is not None:
        statement = statement.where(or_(WorkOrder.grid_id.in_(grid_ids), WorkOrder.lent_to_grid_id.in_(grid_ids)))
    return statement


def managers_active_between(session: Session, first: date, last: date) -> list[Manager]:
    """The terminal managers active on some day of the window, by id."""
    statement = select(Staff.id, Staff.unit_id, Staff.daily_capacity, Staff.active_from, Staff.active_to).where(
        Staff.role == Role.TERMINAL_MANAGER, Staff.active_from <= last, or_(Staff.active_to.is_(None), Staff.active_to >= first)
    )
    return [Manager(*row) for row in session.execute(statement.order_by(Staff.id))]


def absences_between(session: Session, first: date, last: date) -> list[tuple[int, date, date]]:
    """(staff id, from, to) of the absences that touch the window, a holiday being everybody's; both days are included."""
    own = select(Absence.staff_id, Absence.from_date, Absence.to_date).where(Absence.from_date <= last, Absence.to_date >= first)
    everybody = (
        select(Staff.id, Holiday.day, Holiday.day)
        .join(Holiday, true())
        .where(Staff.role == Role.TERMINAL_MANAGER, Holiday.day.between(first, last))
    )
    return [(staff_id, start, end) for staff_id, start, end in session.execute(union_all(own, everybody).order_by(text("1, 2")))]


def live_load_between(session: Session, first: date, last: date) -> list[tuple[int, date, int]]:
    """(staff id, day, contacts of that day) in the window: live, and those done already. What lies in a pool is nobody's."""
    return _load_between(session, first, last, ())


def unfinished_before(session: Session, today: date) -> list[tuple[int, int]]:
    """(staff id, contacts) that are on phones with an earlier day and may still be done: the next wave says when."""
    order = WorkOrder
    statement = (
        select(order.staff_id, func.count(contact_key().distinct()))
        .where(order.state.in_((WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS)), order.pooled_at.is_(None))
        .where(order.scheduled_on < today, order.due_on >= today)
        .group_by(order.staff_id)
        .order_by(order.staff_id)
    )
    return [(staff_id, contacts) for staff_id, contacts in session.execute(statement)]


def load_beside(
    session: Session, first: date, last: date, work_order_ids: Collection[int], *, of: Collection[int] | None = None
) -> list[tuple[int, date, int]]:
    """The same without these work orders; of these people alone (None: of all)."""
    return _load_between(session, first, last, work_order_ids, of)


def load_of(session: Session, staff_ids: Collection[int], first: date, last: date) -> list[tuple[int, date, int]]:
    """The same of these people alone."""
    return _load_between(session, first, last, (), staff_ids)


def _load_between(
    session: Session, first: date, last: date, without: Collection[int], of: Collection[int] | None = None
) -> list[tuple[int, date, int]]:
    statement = (
        select(WorkOrder.staff_id, WorkOrder.scheduled_on, func.count(contact_key().distinct()))
        .where(WorkOrder.state.in_(LOADING), WorkOrder.scheduled_on.between(first, last), WorkOrder.pooled_at.is_(None))
        .group_by(WorkOrder.staff_id, WorkOrder.scheduled_on)
        .order_by(WorkOrder.staff_id, WorkOrder.scheduled_on)
    )
    if of is not None:
        statement = statement.where(WorkOrder.staff_id.in_(of))
    if without:
        asked = func.unnest(cast(list(without), ARRAY(BigInteger))).column_valued("id")
        statement = statement.where(WorkOrder.id.not_in(select(asked)))
    return [(staff_id, day, count) for staff_id, day, count in session.execute(statement)]


def contact_key() -> ColumnElement[int]:
    """What the work orders of one contact have in common."""
    return func.coalesce(WorkOrder.contact_id, WorkOrder.id)


class WaitingOrder(NamedTuple):
    """A live work order whose day is today or before, with the rule of its campaign, else of the company.

    Those of one `contact` go together where one manager has them.
    """

    id: int
    state: WorkOrderState
    staff_id: int
    scheduled_on: date
    due_on: date
    rolls: int
    contact: int
    rule: str
    most_rolls: int


def lock_waiting_orders(session: Session, today: date, *, rule: str, most_rolls: int) -> list[WaitingOrder]:
    """What the morning's wave is about, locked in the order of ids, the most promising first. What is overdue is not of it."""
    order = WorkOrder
    due = or_(
        and_(order.state == WorkOrderState.PLANNED, order.scheduled_on <= today, order.pooled_at.is_(None)),
        and_(order.state.in_([WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS]), order.scheduled_on < today),
    )
    columns = (order.id, order.state, order.staff_id, order.scheduled_on, order.due_on, order.rolls, contact_key())
    own = func.coalesce(Campaign.unfinished_rule, rule), func.coalesce(Campaign.most_rolls, most_rolls)
    statement = (
        select(*columns, *own, order.value, order.score)
        .join(Campaign, Campaign.id == order.campaign_id)
        .where(due, order.due_on >= today)
        .order_by(order.id)
        .with_for_update(of=order)
    )
    rows = sorted(session.execute(statement), key=lambda row: (row.value is None, -(row.value or 0), -row.score, row.id))
    return [WaitingOrder._make(row[:-2]) for row in rows]


def lock_capacity(session: Session, staff_ids: Collection[int]) -> None:
    """Let nobody else give these people work until the end of the transaction; asked after work orders were locked."""
    statement = select(Staff.id).where(Staff.id.in_(staff_ids)).order_by(Staff.id)
    session.execute(statement.with_for_update(key_share=True))


def lock_all_capacity(session: Session) -> None:
    """The same for all terminal managers; only a run, which locks no work order, may ask for it."""
    statement = select(Staff.id).where(Staff.role == Role.TERMINAL_MANAGER).order_by(Staff.id)
    session.execute(statement.with_for_update(key_share=True))


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
