"""Disputes about points, as those who raised them and those who decide on them look at them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.dispute import PointsDispute
from app.models.feedback import Verdict
from app.models.organisation import Staff, Unit
from app.models.points import Component, PointsEntry


@dataclass(frozen=True)
class Posted:
    """What an accepted dispute posted, and to which month."""

    entry_id: int
    month: Month
    points: Decimal


@dataclass(frozen=True)
class DisputeRow:
    """A dispute; `shown`: the line as it stood when it was disputed; `status`: open, accepted or rejected. `verdict`: how the
    report `feedback_id` is judged by an acceptance, proposed or decided."""

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
    expected_points: Decimal | None
    due_on: date | None
    overdue: bool
    waits_for_second: bool
    proposed_points: Decimal | None
    proposed_reason: str | None
    accepted_points: Decimal | None
    feedback_id: UUID | None
    verdict: Verdict | None
    posted: Posted | None


def get_dispute_row(session: Session, dispute: PointsDispute, *, now: datetime) -> DisputeRow:
    """One dispute as it is shown."""
    return _rows_of(session, session.execute(_rows().where(PointsDispute.id == dispute.id)).all(), now)[0]


def disputes_of(
    session: Session, *, staff_id: int, now: datetime, secret: str, cursor: str | None, limit: int
) -> Page[DisputeRow]:
    """A page of one's own disputes, newest first. Raises WrongCursor, Invalid for a wrong limit."""
    statement = _rows().where(PointsDispute.staff_id == staff_id)
    return _page(session, statement, f"disputes/{staff_id}", now, secret, cursor, limit)


def dispute_page(
    session: Session, *, grid_ids: Collection[int], decided: bool, now: datetime, secret: str, cursor: str | None, limit: int
) -> Page[DisputeRow]:
    """A page of the disputes of these grids that are open, or decided; newest first. Raises WrongCursor, Invalid."""
    state = PointsDispute.decided_at.is_not(None) if decided else PointsDispute.decided_at.is_(None)
    statement = _rows().where(PointsDispute.grid_id.in_(grid_ids), state)
    return _page(session, statement, f"disputes/{decided}/{sorted(grid_ids)}", now, secret, cursor, limit)


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(PointsDispute, Staff.staff_no, Staff.name, Unit.code)
        .join(Staff, Staff.id == PointsDispute.staff_id)
        .join(Unit, Unit.id == PointsDispute.grid_id)
    )


def _page(
    session: Session, statement: Select[*tuple[Any, ...]], name: str, now: datetime, secret: str, cursor: str | None, limit: int
) -> Page[DisputeRow]:
    size = clamp_page_size(limit)
    place = tuple_(PointsDispute.raised_at, PointsDispute.id)
    if cursor is not None:
        at, last_id = read_cursor(secret, name, cursor)
        statement = statement.where(place < (datetime.fromisoformat(at), UUID(last_id)))
    ordered = statement.order_by(PointsDispute.raised_at.desc(), PointsDispute.id.desc()).limit(size + 1)
    rows = _rows_of(session, session.execute(ordered).all(), now)
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], write_cursor(secret, name, [last.raised_at.isoformat(), str(last.id)]) if last else None)


def _rows_of(session: Session, found: Sequence[Row[PointsDispute, str, str, str]], now: datetime) -> list[DisputeRow]:
    """These disputes as they are shown, each with what it posted."""
    ids = [dispute.id for dispute, *_ in found if dispute.accepted_points is not None]
    made = session.scalars(select(PointsEntry).where(PointsEntry.dispute_id.in_(ids)).order_by(PointsEntry.id)) if ids else ()
    posted = {entry.dispute_id: Posted(entry.id, entry.month, entry.points) for entry in made}
    today = clock.local_date(now)
    return [_row(dispute, posted.get(dispute.id), today, *place) for dispute, *place in found]


def _row(
    found: PointsDispute, posted: Posted | None, today: date, staff_no: str, manager_name: str, grid_code: str
) -> DisputeRow:
    ours = {"staff_no", "manager_name", "grid_code", "overdue", "posted"}
    values: dict[str, Any] = {name: getattr(found, name) for name in set(DisputeRow.__dataclass_fields__) - ours}
    overdue = found.decision is None and found.due_on is not None and found.due_on < today
    return DisputeRow(staff_no=staff_no, manager_name=manager_name, grid_code=grid_code, overdue=overdue, posted=posted, **values)
