"""My points, as the server has them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.api.deps import Now, SessionDep, TerminalManager
from app.api.types import MonthPath, OptionalMonth, Out
from app.points import service

router = APIRouter(prefix="/mobile/v1/points", tags=["phone"])


class LineOut(Out):
    """Points of one component, or an adjustment to an earlier month, in words and figures."""

    entry_id: int | None
    component: str
    kind: str
    points: str
    refers_to_entry: int | None
    cause: str | None
    words: str
    figures: dict[str, Any]


class RejectedOut(Out):
    """A report of mine that was not taken, and why."""

    feedback_id: str
    code: str
    detail: str
    received_at: datetime


class PendingOut(Out):
    """What does not count yet. `kind`: feedback or work_order; `code`: not_checked, calls_missing, orders_missing, maturing."""

    kind: str
    feedback_id: UUID | None
    work_order_id: int
    since: datetime
    until: datetime | None
    code: str
    zh: str
    en: str


class MyMonth(Out):
    """Final where `closed_at` is set; else what the month would come to if it ended at `as_of`."""

    month: str
    as_of: datetime
    closed_at: datetime | None
    total: str
    lines: list[LineOut]
    pending_feedback: int
    waiting_work_orders: int
    rejected: list[RejectedOut]
    pending: list[PendingOut]


class WorkLineOut(Out):
    """One work order or report behind a line: how it counted, and what proves it."""

    component: str
    entry_id: int | None
    work_order_id: int
    customer_no: str | None
    counted: str
    weight: str
    order_no: str | None
    feedback_id: UUID | None
    evidence: dict[str, Any] | None


class WorkLines(Out):
    """Everything behind my month."""

    items: list[WorkLineOut]


@router.get("")
def my_month(principal: TerminalManager, session: SessionDep, now: Now, month: OptionalMonth) -> MyMonth:
    """My points of a month (this one where none is named), with what is pending and what was rejected."""
    shown = service.show_my_month(session, staff_id=principal.staff_id or 0, month=month, now=now)
    return MyMonth.model_validate(shown)


@router.get("/{month}/lines")
def my_lines(month: MonthPath, principal: TerminalManager, session: SessionDep, now: Now) -> WorkLines:
    """My month down to single work orders and reports."""
    lines = service.explain_statement(session, staff_id=principal.staff_id or 0, month=month, now=now)
    return WorkLines(items=[WorkLineOut.model_validate(line) for line in lines])
