"""My points, as the server has them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.api.chinese.rows import Refusable
from app.api.deps import DisputeTermsDep, Now, SessionDep, TerminalManager
from app.api.explained import ExplainedOut, LinePath
from app.api.types import MonthPath, OptionalMonth, Out, PastInstant
from app.points import service
from app.points.explaining.service import explain_line
from app.points.past import show_my_month_at
from app.reports import points_plans

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


class RejectedOut(Refusable):
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
    """Final where `closed_at` is set; else what the month would come to if it ended at `as_of`.

    `dispute_until`: the last day on which a line of a closed month may be disputed; null while the month is open: any day.
    """

    month: str
    as_of: datetime
    closed_at: datetime | None
    total: str
    lines: list[LineOut]
    pending_feedback: int
    waiting_work_orders: int
    rejected: list[RejectedOut]
    pending: list[PendingOut]
    dispute_until: date | None


class MyPlan(Out):
    """The page in Chinese and English, as Markdown."""

    month: str
    code: str
    version: int
    zh: str
    en: str


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
def my_month(
    principal: TerminalManager,
    session: SessionDep,
    now: Now,
    terms: DisputeTermsDep,
    month: OptionalMonth,
    as_of: PastInstant = None,
) -> MyMonth:
    """My points of a month (this one where none is named), with what is pending and what was rejected.

    `as_of`: all of it as it was served at that instant.
    """
    mine = principal.staff_id or 0
    shown = show_my_month_at(session, staff_id=mine, month=month, as_of=as_of, now=now, terms=terms)
    return MyMonth.model_validate(shown)


@router.get("/plan")
def my_plan(principal: TerminalManager, session: SessionDep, now: Now, month: OptionalMonth) -> MyPlan:
    """The plan by which I am paid in a month (this one where none is named), as a page to read."""
    found = points_plans.my_plan(session, staff_id=principal.staff_id or 0, month=month, now=now)
    return MyPlan.model_validate(found)


@router.get("/{month}/lines")
def my_lines(month: MonthPath, principal: TerminalManager, session: SessionDep, now: Now) -> WorkLines:
    """My month down to single work orders and reports."""
    lines = service.explain_statement(session, staff_id=principal.staff_id or 0, month=month, now=now)
    return WorkLines(items=[WorkLineOut.model_validate(line) for line in lines])


@router.get("/{month}/lines/{line}")
def my_line(month: MonthPath, line: LinePath, principal: TerminalManager, session: SessionDep, now: Now) -> ExplainedOut:
    """One line of mine: its parts, which sum to it, and the orders, reports, evidence, verdicts and rule behind it."""
    found = explain_line(session, staff_id=principal.staff_id or 0, month=month, line=line, now=now)
    return ExplainedOut.model_validate(found)
