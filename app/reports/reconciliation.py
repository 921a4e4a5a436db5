"""Ledger = files = acknowledged: what each manager has in the ledger beside what payroll's files say, month by month."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import whole_company
from app.models.ledger import LedgerOverride, LedgerPosting, LedgerSide
from app.models.organisation import Staff
from app.models.payroll import PayrollFileLine
from app.models.points import MonthlyStatement, PayrollFile, PointsMonth
from app.points.ledger.posting import points_of, units_of
from app.points.payroll.file_format import PayrollLine, points_text, read_file
from app.points.payroll.json_format import sha256_of
from app.reports.payroll_files import StoredFile, files_of


@dataclass(frozen=True)
class Difference:
    """What does not agree. `staff_no` is empty where it is about a whole file; amounts are points as text."""

    month: str
    staff_no: str
    what: str
    ledger: str
    other: str


@dataclass(frozen=True)
class FileState:
    """A file, and whether payroll said that it holds it."""

    month: str
    version: int
    row_count: int
    points_sum: str
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class Override:
    """The owner of the tables changed what must not change."""

    id: int
    taken_at: datetime
    role: str
    reason: str


@dataclass(frozen=True)
class Reconciliation:
    """`agrees`: no difference, and every file is acknowledged."""

    agrees: bool
    months: list[str]
    files: list[FileState]
    waiting: int
    differences: list[Difference]
    overrides: list[Override]


def reconcile(session: Session, *, month: Month | None = None) -> Reconciliation:
    """Of one closed month, or of all: every manager's lines in the ledger against statement and files, every file against its
    own checks, every acknowledgement."""
    with whole_company(session):  # payroll is told of a manager only what its files tell it too
        return _reconcile(session, month)


def reconciled_month(session: Session, month: Month) -> dict[str, Any]:
    """The same of one month, for people: whether all agrees, how many files wait, what does not agree."""
    found = reconcile(session, month=month)
    return {"agrees": found.agrees, "waiting": found.waiting, "differences": [asdict(one) for one in found.differences]}


def _reconcile(session: Session, month: Month | None) -> Reconciliation:
    closed = [one for one in _closed_months(session) if month in (None, one)]
    files = [file for one in _with_files(session, month) for file in files_of(session, one)]
    lines = [line for file in files for line in read_file(file.content)]
    differences = [found for one in closed for found in _of_month(session, one, lines)]
    differences += _twice(lines)
    mine = [file for file in files if month in (None, file.month)]
    differences += [found for file in mine for found in _of_file(file)]
    waiting = sum(file.acknowledged_at is None for file in mine)
    return Reconciliation(
        agrees=not differences and not waiting,
        months=[str(one) for one in closed],
        files=[
            FileState(str(file.month), file.version, file.row_count, points_text(file.points_sum), file.acknowledged_at)
            for file in mine
        ],
        waiting=waiting,
        differences=differences,
        overrides=_overrides(session),
    )


def _of_month(session: Session, month: Month, lines: Sequence[PayrollLine]) -> Iterator[Difference]:
    """A month's lines by manager, whichever file they are in; its own statement beside them."""
    ledger, stated = _ledger(session, month), _stated(session, month)
    in_files: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        if line.month == str(month):
            in_files[line.staff_no] += _units(line)
    for staff_no in sorted(ledger.keys() | in_files.keys() | stated.keys()):
        held = ledger.get(staff_no, 0)
        for what, units in (("files", in_files.get(staff_no, 0)), ("statement", stated.get(staff_no, 0))):
            if units != held:
                yield Difference(str(month), staff_no, what, _text(held), _text(units))


def _of_file(file: StoredFile) -> Iterator[Difference]:
    """A file's count, sum and hash as they were written beside it, against its bytes."""
    lines = read_file(file.content)
    checks = {
        "rows": (str(file.row_count), str(len(lines))),
        "sum": (points_text(file.points_sum), _text(sum(map(_units, lines)))),
        "hash": (file.sha256, sha256_of(file.content)),
    }
    for what, (written, found) in checks.items():
        if written != found:
            yield Difference(str(file.month), "", f"{what} of version {file.version}", written, found)


def _twice(lines: Sequence[PayrollLine]) -> Iterator[Difference]:
    """Lines that are in two files."""
    times = Counter((line.entry_id, line.month, line.staff_no) for line in lines)
    for (entry_id, month, staff_no), number in sorted(times.items()):
        if number > 1:
            yield Difference(month, staff_no, f"line {entry_id} in files", "1", str(number))


def _closed_months(session: Session) -> Sequence[Month]:
    return session.scalars(select(PointsMonth.month).where(PointsMonth.closed_at.is_not(None)).order_by(PointsMonth.month)).all()


def _with_files(session: Session, month: Month | None) -> Sequence[Month]:
    """Months whose files are to be read: all; of one month its own and those in whose corrections a line of it was paid."""
    closed = select(PayrollFile.month).join(PointsMonth, PointsMonth.month == PayrollFile.month)
    statement = closed.where(PointsMonth.closed_at.is_not(None))
    if month is not None:
        paid = select(PayrollFileLine.month).join(LedgerPosting, LedgerPosting.entry_id == PayrollFileLine.entry_id)
        of_it = paid.where(LedgerPosting.month == month)
        statement = statement.where((PayrollFile.month == month) | PayrollFile.month.in_(of_it))
    return session.scalars(statement.order_by(PayrollFile.month)).all()


def _ledger(session: Session, month: Month) -> dict[str, int]:
    """Units on each manager's account in a month, by staff number."""
    statement = (
        select(Staff.staff_no, func.sum(LedgerPosting.amount))
        .join(Staff, Staff.id == LedgerPosting.staff_id)
        .where(LedgerPosting.month == month, LedgerPosting.side == LedgerSide.MANAGER)
        .group_by(Staff.staff_no)
        .order_by(Staff.staff_no)
    )
    return {staff_no: int(units) for staff_no, units in session.execute(statement)}


def _stated(session: Session, month: Month) -> dict[str, int]:
    statement = select(Staff.staff_no, MonthlyStatement.total).join(Staff, Staff.id == MonthlyStatement.staff_id)
    rows = session.execute(statement.where(MonthlyStatement.month == month).order_by(Staff.staff_no))
    return {staff_no: units_of(total) for staff_no, total in rows}


def _overrides(session: Session) -> list[Override]:
    columns = LedgerOverride.id, LedgerOverride.taken_at, LedgerOverride.role, LedgerOverride.reason
    return [Override(*row) for row in session.execute(select(*columns).order_by(LedgerOverride.id))]


def _units(line: PayrollLine) -> int:
    whole, _, places = line.points.partition(".")
    return int(whole + places.ljust(4, "0"))


def _text(units: int) -> str:
    return points_text(points_of(units))
