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
from app.models.feedback import Verdict
from app.models.points import EntryKind, MonthlyStatement, PayrollFile, PointsEntry, PointsMonth
from app.notices.outbox import put_event
from app.points import queries
from app.points.evidence import EvidenceRow, insert_evidence
from app.points.figures import LEFT_OUT, FeedbackFact, ManagerFigures, WorkOrderFact, gather, lines_of, ratio_of
from app.points.formula import ACCURACY, SUCCESS
from app.points.payroll_file import Contents, PayrollLine, points_text, write_file
from app.points.plans import open_month, plan_of, take_points_lock
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


def close_month(session: Session, *, month: Month, now: datetime, account_id: int | None = None) -> dict[str, Any]:
    """Judge what is not judged, post every manager's points, state them, freeze the payroll file, close.

    Raises MonthNotOver, MonthAlreadyClosed, EarlierMonthOpen. Returns counts and the file's sum and SHA-256.
    """
    if now < month.ends_at:
        raise MonthNotOver(f"The month {month} is not over.")
    take_points_lock(session)
    earlier = queries.find_open_before(session, month)
    if earlier is not None:
        raise EarlierMonthOpen(f"The month {earlier} has entries and is still open: close it first.")
    points_month = open_month(session, month=month, now=now)
    if points_month.closed_at is not None:
        raise MonthAlreadyClosed(f"The month {month} is closed already.")
    verify_feedback(session, now=now, since=month.starts_at)
    counts = _post_earned(session, points_month, now)
    entries = queries.entries_of(session, month)
    statements = _write_statements(session, month, entries)
    file = _write_file(session, month, entries, now)
    points_month.closed_at, points_month.closed_by_account_id = now, account_id
    session.flush()  # from here on the triggers refuse every change of the month
    total = {"entries": len(entries), "statements": statements, "points": str(file.points_sum), "sha256": file.sha256}
    told = {"month": str(month), "sha256": file.sha256, "entries": len(entries)}
    put_event(session, kind="month.closed", payload=told, now=now)
    return {"month": str(month)} | counts | total


def _post_earned(session: Session, points_month: PointsMonth, now: datetime) -> dict[str, int]:
    """Earned entries with their evidence; every fact is read once, so that sums and evidence agree."""
    month = points_month.month
    points_month.plan_id, plan = plan_of(session, month=month, now=now)
    work_orders = queries.work_order_facts(session, month, now=now)
    feedback = queries.feedback_facts(session, month)
    figures = gather(work_orders, feedback, queries.base_points(session, month))
    worked = {fact.staff_id for fact in work_orders} | {fact.staff_id for fact in feedback}
    managers = queries.managers(session, month, worked)
    ratio = ratio_of(figures)
    rows = [
        {"month": month, "staff_id": staff_id, "grid_id": grid_id, "plan_id": points_month.plan_id, "posted_at": now}
        | {"kind": EntryKind.EARNED, "component": line.earned.component, "points": line.earned.points}
        | {"explanation": line.explanation}
        for staff_id, _, grid_id in managers
        for line in lines_of(figures.get(staff_id, ManagerFigures()), plan, ratio)
    ]
    entries = _insert_entries(session, rows)
    insert_evidence(session, (_of_work_order(fact, *entries[fact.staff_id, SUCCESS]) for fact in work_orders))
    insert_evidence(session, (_of_feedback(fact, *entries[fact.staff_id, ACCURACY]) for fact in feedback))
    return {"managers": len(managers), "work_orders": len(work_orders), "feedbacks": len(feedback)}


def _insert_entries(session: Session, rows: list[dict[str, Any]]) -> dict[tuple[int, str], tuple[int, int]]:
    """(entry id, grid id) by (staff id, component)."""
    if not rows:
        return {}
    columns = (PointsEntry.id, PointsEntry.staff_id, PointsEntry.component, PointsEntry.grid_id)
    made = session.execute(insert(PointsEntry).returning(*columns, sort_by_parameter_order=True), rows)
    return {(staff_id, component): (entry_id, grid_id) for entry_id, staff_id, component, grid_id in made}


def _of_work_order(fact: WorkOrderFact, entry_id: int, grid_id: int) -> EvidenceRow:
    weight = 0 if fact.counted == LEFT_OUT else 1
    place = entry_id, grid_id, fact.staff_id, fact.work_order_id
    return EvidenceRow(*place, None, None, fact.order_id, fact.counted, Decimal(weight))


def _of_feedback(fact: FeedbackFact, entry_id: int, grid_id: int) -> EvidenceRow:
    place = entry_id, grid_id, fact.staff_id, fact.work_order_id
    return EvidenceRow(*place, fact.feedback_id, fact.verification_id, None, fact.verdict or Verdict.UNVERIFIABLE, fact.weight)


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


def _write_file(session: Session, month: Month, entries: Sequence[Row[PointsEntry, str]], now: datetime) -> Contents:
    file = write_file(
        PayrollLine(
            entry_id=str(entry.id),
            month=str(month),
            staff_no=staff_no,
            component=entry.component.value,
            kind=entry.kind.value,
            points=points_text(entry.points),
            refers_to_entry=str(entry.refers_to_id or ""),
            reason=entry.cause or "",
        )
        for entry, staff_no in entries
    )
    made = {"row_count": file.row_count, "points_sum": file.points_sum, "sha256": file.sha256, "content": file.content}
    session.execute(insert(PayrollFile), [{"month": month, "made_at": now} | made])
    return file
