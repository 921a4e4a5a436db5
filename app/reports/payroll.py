"""What payroll reads: closed months, and their frozen file line by line or byte by byte."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, undefer

from app.core.clock import Month
from app.core.paging import Page, WrongCursor, clamp_page_size, read_cursor, write_cursor
from app.models.points import PayrollAcknowledgement, PayrollFile, PointsMonth
from app.points.payroll.file_format import PayrollLine, read_file
from app.points.statement_queries import MonthNotClosed


def closed_months(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every closed month, oldest first: (month, closed_at, row_count, points_sum, sha256, acknowledged_at)."""
    return session.execute(_closed().order_by(PayrollFile.month)).all()


def get_manifest(session: Session, month: Month) -> Row[*tuple[Any, ...]]:
    """The same of one month; raises MonthNotClosed, also for a month that never was."""
    found = session.execute(_closed().where(PayrollFile.month == month).order_by(PayrollFile.month)).one_or_none()
    if found is None:
        raise MonthNotClosed(f"The month {month} is not closed: only closed months can be pulled.")
    return found


def _closed() -> Select[*tuple[Any, ...]]:
    return (
        select(
            PayrollFile.month,
            PointsMonth.closed_at,
            PayrollFile.row_count,
            PayrollFile.points_sum,
            PayrollFile.sha256,
            PayrollAcknowledgement.acknowledged_at,
        )
        .join(PointsMonth, PointsMonth.month == PayrollFile.month)
        .outerjoin(PayrollAcknowledgement, PayrollAcknowledgement.month == PayrollFile.month)
        .where(PointsMonth.closed_at.is_not(None))
    )


def get_file(session: Session, month: Month) -> PayrollFile:
    """The file with its bytes; raises MonthNotClosed."""
    statement = select(PayrollFile).join(PointsMonth, PointsMonth.month == PayrollFile.month)
    closed = statement.where(PayrollFile.month == month, PointsMonth.closed_at.is_not(None)).options(undefer(PayrollFile.content))
    found = session.scalar(closed.order_by(PayrollFile.month))
    if found is None:
        raise MonthNotClosed(f"The month {month} is not closed: only closed months can be pulled.")
    return found


def lines_page(session: Session, month: Month, *, secret: str, cursor: str | None, limit: int) -> Page[PayrollLine]:
    """A page of the file's lines in its order. Raises MonthNotClosed, WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    list_name = f"payroll/{month}"
    start = 0 if cursor is None else read_cursor(secret, list_name, cursor)
    if not isinstance(start, int):
        raise WrongCursor
    lines = read_file(get_file(session, month).content)
    more = start + size < len(lines)
    return Page(lines[start : start + size], write_cursor(secret, list_name, start + size) if more else None)
