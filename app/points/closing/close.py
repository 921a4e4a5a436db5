"""Closing a month: entries, evidence, statements and the payroll file, once and for ever."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict
from app.models.points import EntryKind, MonthlyStatement, PointsEntry, PointsMonth
from app.notices.outbox import put_event
from app.points import queries
from app.points.closing.month_figures import figures_of_month, keep_evidence, take_down_facts
from app.points.figures import ManagerFigures, lines_of, ratio_of
from app.points.ledger.posting import Posting
from app.points.ledger.service import post_entries
from app.points.payroll.files import write_first_file
from app.points.payroll.recompute import keep_inputs
from app.points.plans.in_force import open_month, plans_of, stop_arrivals, take_points_lock
from app.points.statements import statement_line
from app.verification.service import verify_feedback


class MonthNotOver(Conflict):
    """The month is not over."""

    code = "month.not_over"


class MonthAlreadyClosed(Conflict):
    """The month is closed already."""

    code = "month.already_closed"


class EarlierMonthOpen(Conflict):
    """An earlier month with entries is still open: close it first."""

    code = "month.earlier_open"


def open_to_close(session: Session, *, month: Month, now: datetime) -> PointsMonth:
    """The row of a month that may be closed now, locked. Raises MonthNotOver, MonthAlreadyClosed, EarlierMonthOpen."""
    if now < month.ends_at:
        raise MonthNotOver(f"The month {month} is not over.")
    take_points_lock(session)
    earlier = queries.find_open_before(session, month)
    if earlier is not None:
        raise EarlierMonthOpen(f"The month {earlier} has entries and is still open: close it first.")
    points_month = open_month(session, month=month, now=now)
    if points_month.closed_at is not None:
        raise MonthAlreadyClosed(f"The month {month} is closed already.")
    return points_month


def close_month(session: Session, *, month: Month, now: datetime, account_id: int | None = None) -> dict[str, Any]:
    """Judge what is not judged, post every manager's points, state them, freeze the payroll file, close. Nothing is checked
    before: people close by `closing.close_checked`.

    Raises MonthNotOver, MonthAlreadyClosed, EarlierMonthOpen. Returns counts and the file's sum and SHA-256.
    """
    points_month = open_to_close(session, month=month, now=now)
    stop_arrivals(session, month)
    verify_feedback(session, now=now, since=month.starts_at)
    counts = _post_earned(session, points_month, now)
    entries = queries.entries_of(session, month)
    statements = _write_statements(session, month, entries)
    file = write_first_file(session, month=month, now=now)
    points_month.closed_at, points_month.closed_by_account_id = now, account_id
    session.flush()  # from here on the triggers refuse every change of the month
    total = {"entries": len(entries), "statements": statements, "points": str(file.points_sum), "sha256": file.sha256}
    told = {"month": str(month), "sha256": file.sha256, "entries": len(entries)}
    put_event(session, kind="month.closed", payload=told, now=now)
    return {"month": str(month)} | counts | total


def _post_earned(session: Session, points_month: PointsMonth, now: datetime) -> dict[str, int]:
    """Earned entries with their evidence; every fact is read once, so that sums and evidence agree."""
    month = points_month.month
    plans = plans_of(session, month=month, now=now)
    points_month.plan_id, _ = plans.company
    counts = take_down_facts(session, month=month, now=now)
    base_points = queries.base_points(session, month)
    figures = figures_of_month(session, base_points=base_points)
    managers = queries.managers(session, month, [staff_id for staff_id, of_one in figures.items() if of_one.worked])
    ratio = ratio_of(figures)
    keep_inputs(session, month=month, managers=managers, base_points=base_points, company_ratio=ratio)
    postings = [
        Posting(
            staff_id,
            grid_id,
            line.earned.component,
            EntryKind.EARNED.value,
            line.earned.points,
            plans.of(grid_id)[0],
            line.explanation,
        )
        for staff_id, _, grid_id in managers
        for line in lines_of(figures.get(staff_id, ManagerFigures()), plans.of(grid_id)[1], ratio)
    ]
    post_entries(session, postings, month=month, now=now)
    keep_evidence(session, month=month)
    return {"managers": len(managers)} | counts


def _write_statements(session: Session, month: Month, entries: Sequence[Row[PointsEntry, str]]) -> int:
    statements = []
    for _, rows in groupby(entries, key=lambda row: row.staff_no):
        own = [entry for entry, _ in rows]
        total = sum((entry.points for entry in own), Decimal(0))
        place = {"month": month, "staff_id": own[0].staff_id, "grid_id": own[-1].grid_id}
        statements.append(place | {"total": total, "lines": [statement_line(entry) for entry in own]})
    if statements:
        session.execute(insert(MonthlyStatement), statements)
    return len(statements)
