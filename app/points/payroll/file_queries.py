"""Reads behind payroll's files: which lines are in none yet, and which file is the newest."""

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.models.organisation import Staff
from app.models.payroll import PayrollDeltaAcknowledgement, PayrollDeltaFile, PayrollFileLine
from app.models.points import EntryKind, PointsEntry, PointsMonth
from app.points.payroll.file_format import PayrollLine, points_text


def lines_for_close(session: Session, month: Month) -> list[PayrollLine]:
    """The month's lines that no file of corrections holds already."""
    return _as_lines(session, _lines().where(PointsEntry.month == month, ~_in_a_file()))


def lines_for_delta(session: Session, month: Month) -> list[PayrollLine]:
    """Lines of open months that correct a line of this closed one, and are in no file yet."""
    corrected = aliased(PointsEntry)
    about = select(corrected.id).where(corrected.id == PointsEntry.refers_to_id, corrected.month == month).exists()
    still_open = select(PointsMonth.month).where(PointsMonth.month == PointsEntry.month, PointsMonth.closed_at.is_(None)).exists()
    return _as_lines(session, _lines().where(PointsEntry.kind != EntryKind.EARNED, about, still_open, ~_in_a_file()))


def posted_lines(session: Session, month: Month) -> list[PayrollLine]:
    """The lines of a month's first file that were posted to it, not earned in it."""
    held = select(PayrollFileLine.entry_id).where(PayrollFileLine.entry_id == PointsEntry.id, PayrollFileLine.version == 1)
    return _as_lines(session, _lines().where(PointsEntry.month == month, PointsEntry.kind != EntryKind.EARNED, held.exists()))


def last_version(session: Session, month: Month) -> int:
    """The newest version of a closed month's files: 1 where there is no file of corrections."""
    newest = select(func.coalesce(func.max(PayrollDeltaFile.version), 1)).where(PayrollDeltaFile.month == month)
    return session.scalars(newest).one()


def find_delta(session: Session, month: Month, version: int) -> PayrollDeltaFile | None:
    """A file of corrections."""
    one = select(PayrollDeltaFile).where(PayrollDeltaFile.month == month, PayrollDeltaFile.version == version)
    return session.scalar(one.order_by(PayrollDeltaFile.version))


def find_delta_acknowledgement(session: Session, month: Month, version: int) -> PayrollDeltaAcknowledgement | None:
    """Payroll's word that it holds a file of corrections."""
    kept = PayrollDeltaAcknowledgement
    return session.scalar(select(kept).where(kept.month == month, kept.version == version).order_by(kept.version))


def _lines() -> Select[PointsEntry, str]:
    return select(PointsEntry, Staff.staff_no).join(Staff, Staff.id == PointsEntry.staff_id).order_by(PointsEntry.id)


def _in_a_file() -> ColumnElement[bool]:
    return select(PayrollFileLine.entry_id).where(PayrollFileLine.entry_id == PointsEntry.id).exists()


def _as_lines(session: Session, statement: Select[PointsEntry, str]) -> list[PayrollLine]:
    return [_line(row) for row in session.execute(statement)]


def _line(row: Row[PointsEntry, str]) -> PayrollLine:
    entry, staff_no = row
    return PayrollLine(
        entry_id=str(entry.id),
        month=str(entry.month),
        staff_no=staff_no,
        component=entry.component.value,
        kind=entry.kind.value,
        points=points_text(entry.points),
        refers_to_entry=str(entry.refers_to_id or ""),
        reason=entry.cause or "",
    )
