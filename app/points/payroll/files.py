"""Payroll's files: the first of a month, made at its close, and those of corrections; no line is ever in two."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict, NotFound
from app.models.payroll import PayrollDeltaAcknowledgement, PayrollDeltaFile, PayrollFileLine
from app.models.points import PayrollAcknowledgement, PayrollFile
from app.notices.outbox import put_event
from app.points import statement_queries
from app.points.payroll import file_queries
from app.points.payroll.file_format import Contents, PayrollLine, write_file
from app.points.plans.in_force import take_points_lock
from app.points.service import WrongFile, acknowledge_file


class NothingToPay(Conflict):
    """No correction of this month waits to be paid."""

    code = "payroll.nothing_new"


class UnknownFile(NotFound):
    """This month has no file with this version."""

    code = "payroll.unknown_file"


def write_first_file(session: Session, *, month: Month, now: datetime) -> Contents:
    """The file of a month that is being closed: its lines but for those that a file of corrections holds already."""
    lines = file_queries.lines_for_close(session, month)
    file = write_file(lines)
    session.execute(insert(PayrollFile).values(_values(file) | {"month": month, "made_at": now}))
    _mark(session, lines, month, 1)
    return file


def make_delta_file(session: Session, *, month: Month, now: datetime) -> dict[str, Any]:
    """A file of the corrections to a closed month that were posted since and are in no file yet, to be paid at once.

    They stay lines of their own, open month, whose first file then leaves them out. Returns month, version, rows, points and
    SHA-256. Raises MonthNotClosed, NothingToPay.
    """
    take_points_lock(session)
    statement_queries.get_payroll_file(session, month)
    lines = file_queries.lines_for_delta(session, month)
    if not lines:
        raise NothingToPay(f"No correction of {month} waits to be paid.")
    file, version = write_file(lines), file_queries.last_version(session, month) + 1
    session.execute(insert(PayrollDeltaFile).values(_values(file) | {"month": month, "version": version, "made_at": now}))
    _mark(session, lines, month, version)
    told = {"month": str(month), "version": version, "sha256": file.sha256, "entries": file.row_count}
    put_event(session, kind="payroll.file_made", payload=told, now=now)
    counted = {"rows": file.row_count, "points": str(file.points_sum), "sha256": file.sha256}
    return {"month": str(month), "version": version} | counted


def acknowledge_version(
    session: Session, *, month: Month, version: int, sha256: str, row_count: int, account_id: int, now: datetime
) -> PayrollAcknowledgement | PayrollDeltaAcknowledgement:
    """Keep payroll's word that it holds exactly this file; saying it again is fine.

    Raises MonthNotClosed, UnknownFile, WrongFile.
    """
    if version == 1:
        return acknowledge_file(session, month=month, sha256=sha256, row_count=row_count, account_id=account_id, now=now)
    statement_queries.get_payroll_file(session, month)
    file = file_queries.find_delta(session, month, version)
    if file is None:
        raise UnknownFile
    if (file.sha256, file.row_count) != (sha256, row_count):
        raise WrongFile(sha256=file.sha256, row_count=file.row_count)
    values = {"month": month, "version": version, "account_id": account_id, "sha256": sha256, "acknowledged_at": now}
    session.execute(postgresql.insert(PayrollDeltaAcknowledgement).values(values).on_conflict_do_nothing())
    kept = file_queries.find_delta_acknowledgement(session, month, version)
    assert kept is not None  # written just now or before
    return kept


def _values(file: Contents) -> dict[str, Any]:
    return {"row_count": file.row_count, "points_sum": file.points_sum, "sha256": file.sha256, "content": file.content}


def _mark(session: Session, lines: list[PayrollLine], month: Month, version: int) -> None:
    """In which file these are; the key of the table refuses a line that is in one already."""
    if lines:
        rows = [{"entry_id": int(line.entry_id), "month": month, "version": version} for line in lines]
        session.execute(insert(PayrollFileLine), rows)
