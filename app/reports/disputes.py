"""Disputes about points, as those who raised them and those who decide on them look at them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.dispute import PointsDispute
from app.models.organisation import Staff, Unit
from app.models.points import Component


@dataclass(frozen=True)
class DisputeRow:
    """A dispute; `shown`: the line as it stood when it was disputed; `status`: open, accepted or rejected."""

    id: UUID
    staff_no: str
    manager_name: str
    grid_code: str
    month: Month
    component: Component
    entry_id: int | None
    work_order_id: int | None
    expected: str
    reason: str
    evidence: str | None
    attachment_ids: list[str]
    shown: dict[str, Any]
    raised_at: datetime
    status: str
    decision_reason: str | None
    decided_at: datetime | None


def disputes_of(session: Session, *, staff_id: int, secret: str, cursor: str | None, limit: int) -> Page[DisputeRow]:
    """A page of one's own disputes, newest first. Raises WrongCursor, Invalid for a wrong limit."""
    statement = _rows().where(PointsDispute.staff_id == staff_id)
    return _page(session, statement, f"disputes/{staff_id}", secret, cursor, limit)


def dispute_page(
    session: Session, *, grid_ids: Collection[int], decided: bool, secret: str, cursor: str | None, limit: int
) -> Page[DisputeRow]:
    """A page of the disputes of these grids that are open, or decided; newest first. Raises WrongCursor, Invalid."""
    state = PointsDispute.decided_at.is_not(None) if decided else PointsDispute.decided_at.is_(None)
    statement = _rows().where(PointsDispute.grid_id.in_(grid_ids), state)
    return _page(session, statement, f"disputes/{decided}/{sorted(grid_ids)}", secret, cursor, limit)


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(PointsDispute, Staff.staff_no, Staff.name, Unit.code)
        .join(Staff, Staff.id == PointsDispute.staff_id)
        .join(Unit, Unit.id == PointsDispute.grid_id)
    )


def _page(
    session: Session, statement: Select[*tuple[Any, ...]], name: str, secret: str, cursor: str | None, limit: int
) -> Page[DisputeRow]:
    size = clamp_page_size(limit)
    place = tuple_(PointsDispute.raised_at, PointsDispute.id)
    if cursor is not None:
        at, last_id = read_cursor(secret, name, cursor)
        statement = statement.where(place < (datetime.fromisoformat(at), UUID(last_id)))
    ordered = statement.order_by(PointsDispute.raised_at.desc(), PointsDispute.id.desc()).limit(size + 1)
    rows = [_row(*row) for row in session.execute(ordered)]
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], write_cursor(secret, name, [last.raised_at.isoformat(), str(last.id)]) if last else None)


def _row(found: PointsDispute, staff_no: str, manager_name: str, grid_code: str) -> DisputeRow:
    plain = set(DisputeRow.__dataclass_fields__) - {"staff_no", "manager_name", "grid_code"}
    values: dict[str, Any] = {name: getattr(found, name) for name in plain}
    return DisputeRow(staff_no=staff_no, manager_name=manager_name, grid_code=grid_code, **values)
