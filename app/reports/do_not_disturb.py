"""Refusals that managers recorded, and requests to take them back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.customer import Customer
from app.models.do_not_disturb import DoNotDisturb, DoNotDisturbUndo
from app.models.organisation import Staff

LATEST = 100
PENDING = "pending"


@dataclass(frozen=True)
class MyRefusal:
    """A refusal that a manager recorded. `undo`: pending, accepted or rejected, None where nobody asked."""

    id: UUID
    work_order_id: int
    scope: str
    until: date | None
    note: str | None
    recorded_at: datetime
    undone_at: datetime | None
    undo: str | None
    undo_reason: str | None


@dataclass(frozen=True)
class UndoRow:
    """A request to take a refusal back, on which nobody decided yet."""

    id: int
    request_id: UUID
    customer_no: str
    staff_no: str
    manager_name: str
    scope: str
    until: date | None
    note: str | None
    recorded_at: datetime
    reason: str
    asked_at: datetime


def my_refusals(session: Session, *, staff_id: int) -> list[MyRefusal]:
    """The latest that this manager recorded, newest first."""
    undo = (
        select(DoNotDisturbUndo.decision, DoNotDisturbUndo.decision_reason, DoNotDisturbUndo.id)
        .where(DoNotDisturbUndo.request_id == DoNotDisturb.id)
        .order_by(DoNotDisturbUndo.id.desc())
        .limit(1)
        .lateral()
    )
    statement = (
        select(DoNotDisturb, undo.c.id, undo.c.decision, undo.c.decision_reason)
        .outerjoin(undo, true())
        .where(DoNotDisturb.staff_id == staff_id)
        .order_by(DoNotDisturb.recorded_at.desc(), DoNotDisturb.id)
        .limit(LATEST)
    )
    return [
        MyRefusal(
            id=one.id,
            work_order_id=one.work_order_id,
            scope=one.scope,
            until=one.until,
            note=one.note,
            recorded_at=one.recorded_at,
            undone_at=one.undone_at,
            undo=None if undo_id is None else decision or PENDING,
            undo_reason=why,
        )
        for one, undo_id, decision, why in session.execute(statement)
    ]


def undecided_undos(session: Session, *, grid_ids: Collection[int], secret: str, cursor: str | None, limit: int) -> Page[UndoRow]:
    """A page of what waits for a decision in these grids, oldest first. Raises WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    name = f"do-not-disturb-undos/{sorted(grid_ids)}"
    undo, refusal = DoNotDisturbUndo, DoNotDisturb
    whose = (Customer.customer_no, Staff.staff_no, Staff.name.label("manager_name"))
    said = (refusal.scope, refusal.until, refusal.note, refusal.recorded_at)
    statement = (
        select(undo.id, undo.request_id, *whose, *said, undo.reason, undo.asked_at)
        .join(refusal, refusal.id == undo.request_id)
        .join(Customer, Customer.id == refusal.customer_id)
        .join(Staff, Staff.id == undo.staff_id)
        .where(undo.grid_id.in_(grid_ids), undo.decided_at.is_(None))
        .order_by(undo.id)
        .limit(size + 1)
    )
    if cursor is not None:
        statement = statement.where(undo.id > read_cursor(secret, name, cursor))
    rows = [UndoRow(**found) for found in session.execute(statement).mappings()]
    return Page(rows[:size], write_cursor(secret, name, rows[size - 1].id) if len(rows) > size else None)
