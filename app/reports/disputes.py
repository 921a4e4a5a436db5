"""Disputes about points, as those who raised them and those who decide on them look at them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.clock import Month
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.dispute import PointsDispute
from app.models.feedback import Verdict
from app.models.organisation import Role, Staff, Unit
from app.models.points import Component, PointsEntry


class DisputeStanding(StrEnum):
    """Where a dispute stands: nobody decided; so, and past its last day; accepted by one of the two who are needed; decided."""

    OPEN = "open"
    OVERDUE = "overdue"
    TO_SECOND = "to_second"
    DECIDED = "decided"


@dataclass(frozen=True)
class Posted:
    """What an accepted dispute posted, and to which month."""

    entry_id: int
    month: Month
    points: Decimal


@dataclass(frozen=True)
class DisputeRow:
    """A dispute; `shown`: the line as it stood when it was disputed; `status`: open, accepted or rejected. `verdict`: how the
    report `feedback_id` is judged by an acceptance, proposed or decided. told_...: when those above the grid were told that it is
    overdue. `proposed_by`, `decided_by`: names, with the role that they have now."""

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
    told_branch_at: datetime | None
    told_company_at: datetime | None
    proposed_points: Decimal | None
    proposed_reason: str | None
    proposed_at: datetime | None
    proposed_by: str | None
    proposed_by_role: Role | None
    decided_by: str | None
    decided_by_role: Role | None
    accepted_points: Decimal | None
    feedback_id: UUID | None
    verdict: Verdict | None
    posted: Posted | None


def get_dispute_row(session: Session, dispute: PointsDispute, *, now: datetime) -> DisputeRow:
    """One dispute as it is shown."""
    return _rows_of(session, session.execute(_rows().where(PointsDispute.id == dispute.id)).all(), now)[0]


def find_dispute_row(session: Session, dispute_id: UUID, *, grid_ids: Collection[int], now: datetime) -> DisputeRow | None:
    """A dispute of these grids as it is shown."""
    found = session.execute(_rows().where(PointsDispute.id == dispute_id, PointsDispute.grid_id.in_(grid_ids))).all()
    return next(iter(_rows_of(session, found, now)), None)


def disputes_of(
    session: Session, *, staff_id: int, now: datetime, secret: str, cursor: str | None, limit: int
) -> Page[DisputeRow]:
    """A page of one's own disputes, newest first. Raises WrongCursor, Invalid for a wrong limit."""
    statement = _rows().where(PointsDispute.staff_id == staff_id)
    return _page(session, statement, f"disputes/{staff_id}", now, secret, cursor, limit)


def dispute_page(
    session: Session,
    *,
    grid_ids: Collection[int],
    standing: DisputeStanding,
    now: datetime,
    secret: str,
    cursor: str | None,
    limit: int,
) -> Page[DisputeRow]:
    """A page of the disputes of these grids that stand so: what is decided newest first, what waits by how long it does, since
    that is due first. Raises WrongCursor, Invalid."""
    statement = _rows().where(PointsDispute.grid_id.in_(grid_ids), _stands(standing, clock.local_date(now)))
    name, oldest_first = f"disputes/{standing}/{sorted(grid_ids)}", standing is not DisputeStanding.DECIDED
    return _page(session, statement, name, now, secret, cursor, limit, oldest_first=oldest_first)


def _stands(standing: DisputeStanding, today: date) -> ColumnElement[bool]:
    if standing is DisputeStanding.DECIDED:
        return PointsDispute.decided_at.is_not(None)
    waits = PointsDispute.decided_at.is_(None)
    if standing is DisputeStanding.OVERDUE:
        return waits & (PointsDispute.due_on < today)
    return waits & PointsDispute.proposed_at.is_not(None) if standing is DisputeStanding.TO_SECOND else waits


def _rows() -> Select[*tuple[Any, ...]]:
    proposer, decider = aliased(Staff), aliased(Staff)
    return (
        select(PointsDispute, Staff.staff_no, Staff.name, Unit.code, proposer.name, proposer.role, decider.name, decider.role)
        .join(Staff, Staff.id == PointsDispute.staff_id)
        .join(Unit, Unit.id == PointsDispute.grid_id)
        .outerjoin(proposer, proposer.id == PointsDispute.proposed_by_staff_id)
        .outerjoin(decider, decider.id == PointsDispute.decided_by_staff_id)
    )


def _page(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    name: str,
    now: datetime,
    secret: str,
    cursor: str | None,
    limit: int,
    *,
    oldest_first: bool = False,
) -> Page[DisputeRow]:
    size = clamp_page_size(limit)
    place = tuple_(PointsDispute.raised_at, PointsDispute.id)
    if cursor is not None:
        at, last_id = read_cursor(secret, name, cursor)
        seen = datetime.fromisoformat(at), UUID(last_id)
        statement = statement.where(place > seen if oldest_first else place < seen)
    order = PointsDispute.raised_at, PointsDispute.id
    ordered = statement.order_by(*(order if oldest_first else (one.desc() for one in order))).limit(size + 1)
    rows = _rows_of(session, session.execute(ordered).all(), now)
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], write_cursor(secret, name, [last.raised_at.isoformat(), str(last.id)]) if last else None)


def _rows_of(session: Session, found: Sequence[Row[*tuple[Any, ...]]], now: datetime) -> list[DisputeRow]:
    """These disputes as they are shown, each with what it posted."""
    ids = [dispute.id for dispute, *_ in found if dispute.accepted_points is not None]
    made = session.scalars(select(PointsEntry).where(PointsEntry.dispute_id.in_(ids)).order_by(PointsEntry.id)) if ids else ()
    posted = {entry.dispute_id: Posted(entry.id, entry.month, entry.points) for entry in made}
    today = clock.local_date(now)
    return [_row(dispute, posted.get(dispute.id), today, beside) for dispute, *beside in found]


_BESIDE = "staff_no", "manager_name", "grid_code", "proposed_by", "proposed_by_role", "decided_by", "decided_by_role"


def _row(found: PointsDispute, posted: Posted | None, today: date, beside: Sequence[Any]) -> DisputeRow:
    values: dict[str, Any] = dict(zip(_BESIDE, beside, strict=True)) | {"posted": posted}
    values["overdue"] = found.decision is None and found.due_on is not None and found.due_on < today
    of_row = {name: getattr(found, name) for name in DisputeRow.__dataclass_fields__ if name not in values}
    return DisputeRow(**values, **of_row)
