"""Handovers as they are looked at: with codes and numbers instead of ids, of one's grids."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.campaign import Campaign
from app.models.customer import Customer
from app.models.organisation import Staff, Unit
from app.models.territory import Handover, HandoverCustomer, HandoverKind, HandoverOrder, HandoverStatus
from app.models.work_order import WorkOrder
from app.territory.handover_queries import UnknownHandover

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
Table = type[HandoverCustomer] | type[HandoverOrder]


@dataclass(frozen=True)
class HandoverView:
    """A handover. `preview` is what it looked like when it was planned, `outcome` what was done."""

    id: int
    kind: HandoverKind
    status: HandoverStatus
    grid_code: str
    to_grid_code: str | None
    staff_no: str | None
    others: list[str]
    orders_only: bool
    keep_promised: bool
    effective_on: date
    return_on: date | None
    reason: str
    preview: dict[str, Any]
    outcome: dict[str, Any] | None
    problem: str | None
    planned_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    applied_at: datetime | None
    returned_at: datetime | None


@dataclass(frozen=True)
class Wanted:
    """Which page of a list: None of a cursor is its start; `grid_ids` None is the whole company."""

    grid_ids: Collection[int] | None
    secret: str
    cursor: str | None
    limit: int


def get_handover(session: Session, *, handover_id: int, grid_ids: Collection[int] | None) -> HandoverView:
    """A handover from or to these grids (None: any). Raises UnknownHandover alike for one that is not there and one elsewhere."""
    row = session.execute(_handovers(grid_ids).where(Handover.id == handover_id).order_by(Handover.id)).one_or_none()
    if row is None:
        raise UnknownHandover
    return _view(row)


def handover_page(session: Session, *, wanted: Wanted, status: HandoverStatus | None) -> Page[HandoverView]:
    """The handovers from or to these grids, the newest first. Raises WrongCursor."""
    name = f"handovers/{status}/{_scope(wanted)}"
    statement = _handovers(wanted.grid_ids)
    if status is not None:
        statement = statement.where(Handover.status == status)
    if wanted.cursor is not None:
        statement = statement.where(Handover.id < read_cursor(wanted.secret, name, wanted.cursor))
    size = clamp_page_size(wanted.limit)
    rows = session.execute(statement.order_by(Handover.id.desc()).limit(size + 1)).all()
    more = write_cursor(wanted.secret, name, rows[size - 1][0].id) if len(rows) > size else None
    return Page([_view(row) for row in rows[:size]], more)


def customers_of_handover(session: Session, *, handover_id: int, wanted: Wanted) -> Page[AnyRow]:
    """Rows of customer_no and of grid code and staff number before and after, by customer.

    Raises UnknownHandover, WrongCursor.
    """
    columns: AnySelect = select(HandoverCustomer.customer_id, Customer.customer_no)
    statement = columns.join(Customer, Customer.id == HandoverCustomer.customer_id)
    return _rows(session, statement, HandoverCustomer, HandoverCustomer.customer_id, handover_id, wanted)


def orders_of_handover(session: Session, *, handover_id: int, wanted: Wanted) -> Page[AnyRow]:
    """Rows of work_order_id, campaign_code, way, and of grid code, staff number and day before and after, by work order.

    Raises UnknownHandover, WrongCursor.
    """
    row = HandoverOrder
    columns: AnySelect = select(row.work_order_id, Campaign.code.label("campaign_code"), row.way, row.from_day, row.to_day)
    statement = columns.join(WorkOrder, WorkOrder.id == row.work_order_id).join(Campaign, Campaign.id == WorkOrder.campaign_id)
    return _rows(session, statement, row, row.work_order_id, handover_id, wanted)


def _rows(
    session: Session,
    statement: AnySelect,
    table: Table,
    place: InstrumentedAttribute[int],
    handover_id: int,
    wanted: Wanted,
) -> Page[AnyRow]:
    get_handover(session, handover_id=handover_id, grid_ids=wanted.grid_ids)
    name = f"handover/{table.__tablename__}/{handover_id}/{_scope(wanted)}"
    for side in ("from", "to"):
        unit, person = aliased(Unit), aliased(Staff)
        statement = statement.add_columns(unit.code.label(f"{side}_grid_code"), person.staff_no.label(f"{side}_staff_no"))
        statement = statement.join(unit, unit.id == getattr(table, f"{side}_grid_id"))
        statement = statement.outerjoin(person, person.id == getattr(table, f"{side}_staff_id"))
    if wanted.cursor is not None:
        statement = statement.where(place > read_cursor(wanted.secret, name, wanted.cursor))
    size = clamp_page_size(wanted.limit)
    rows = session.execute(statement.where(table.handover_id == handover_id).order_by(place).limit(size + 1)).all()
    return Page(rows[:size], write_cursor(wanted.secret, name, rows[size - 1][0]) if len(rows) > size else None)


def _scope(wanted: Wanted) -> str:
    return "all" if wanted.grid_ids is None else ",".join(map(str, sorted(wanted.grid_ids)))


def _handovers(grid_ids: Collection[int] | None) -> AnySelect:
    to_grid = aliased(Unit)
    statement = (
        select(Handover, Unit.code, to_grid.code, Staff.staff_no)
        .join(Unit, Unit.id == Handover.grid_id)
        .outerjoin(to_grid, to_grid.id == Handover.to_grid_id)
        .outerjoin(Staff, Staff.id == Handover.staff_id)
    )
    if grid_ids is None:
        return statement
    return statement.where(or_(Handover.grid_id.in_(grid_ids), Handover.to_grid_id.in_(grid_ids)))


def _view(row: AnyRow) -> HandoverView:
    handover, grid_code, to_grid_code, staff_no = row
    plain = ("id", "kind", "status", "effective_on", "return_on", "reason", "preview", "outcome", "problem")
    moments = ("planned_at", "confirmed_at", "cancelled_at", "applied_at", "returned_at")
    return HandoverView(
        grid_code=grid_code,
        to_grid_code=to_grid_code,
        staff_no=staff_no,
        others=handover.choices["named"],
        orders_only=handover.choices["orders_only"],
        keep_promised=handover.choices["keep_promised"],
        **{name: getattr(handover, name) for name in (*plain, *moments)},
    )
