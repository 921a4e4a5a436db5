"""A closed month's files by version: the first, and those of corrections; each as CSV and as JSON, with what it is checked by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.payroll_keys import PayrollSigner
from app.models.ledger import LedgerLeaf, LedgerSeal
from app.models.payroll import PayrollDeltaAcknowledgement, PayrollDeltaFile, PayrollFileLine
from app.models.points import PayrollAcknowledgement, PayrollFile, PointsMonth
from app.points.payroll.file_format import points_text
from app.points.payroll.files import UnknownFile
from app.points.payroll.json_format import sha256_of, signed_message, write_json
from app.points.statement_queries import MonthNotClosed

FIRST = 1


@dataclass(frozen=True)
class StoredFile:
    """One file as it is stored; `content` is the CSV."""

    month: Month
    version: int
    row_count: int
    points_sum: Decimal
    sha256: str
    content: bytes
    made_at: datetime
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class FileManifest:
    """What a file is checked by. `kind`: month or corrections. `ledger_seal` covers its last line: None for a minute or so after
    the file was made; whoever keeps it can tell later that the chain was not written anew."""

    month: str
    version: int
    kind: str
    row_count: int
    points_sum: Decimal
    csv_sha256: str
    json_sha256: str
    signature: str
    public_key: str
    made_at: datetime
    acknowledged_at: datetime | None
    ledger_seal: str | None


def manifests(session: Session, month: Month, *, signer: PayrollSigner) -> list[FileManifest]:
    """Of every file of a month, the first one first. Raises MonthNotClosed."""
    return [_manifest(session, file, signer) for file in files_of(session, month)]


def get_file_manifest(session: Session, month: Month, version: int, *, signer: PayrollSigner) -> FileManifest:
    """Of one file. Raises MonthNotClosed, UnknownFile."""
    return _manifest(session, get_version(session, month, version), signer)


def get_version(session: Session, month: Month, version: int) -> StoredFile:
    """One file with its bytes. Raises MonthNotClosed, UnknownFile."""
    found = [file for file in files_of(session, month) if file.version == version]
    if not found:
        raise UnknownFile
    return found[0]


def get_json(session: Session, month: Month, version: int) -> bytes:
    """One file as JSON. Raises MonthNotClosed, UnknownFile."""
    return write_json(get_version(session, month, version).content, month=str(month), version=version)


def files_of(session: Session, month: Month) -> Sequence[StoredFile]:
    """Every file of a month with its bytes, the first one first. Raises MonthNotClosed."""
    names = ("row_count", "points_sum", "sha256", "content", "made_at")
    first = (
        select(PayrollFile.month, literal(FIRST), *(getattr(PayrollFile, name) for name in names))
        .add_columns(PayrollAcknowledgement.acknowledged_at)
        .join(PointsMonth, PointsMonth.month == PayrollFile.month)
        .outerjoin(PayrollAcknowledgement, PayrollAcknowledgement.month == PayrollFile.month)
        .where(PayrollFile.month == month, PointsMonth.closed_at.is_not(None))
    )
    delta, kept = PayrollDeltaFile, PayrollDeltaAcknowledgement
    later = (
        select(delta.month, delta.version, *(getattr(delta, name) for name in names), kept.acknowledged_at)
        .outerjoin(kept, (kept.month == delta.month) & (kept.version == delta.version))
        .where(delta.month == month)
    )
    found = [StoredFile(*row) for row in session.execute(union_all(first, later))]
    if not any(file.version == FIRST for file in found):
        raise MonthNotClosed(f"The month {month} is not closed: only closed months can be pulled.")
    return sorted(found, key=lambda file: file.version)


def _manifest(session: Session, file: StoredFile, signer: PayrollSigner) -> FileManifest:
    json_sha256 = sha256_of(write_json(file.content, month=str(file.month), version=file.version))
    message = signed_message(
        month=str(file.month),
        version=file.version,
        row_count=file.row_count,
        points_sum=points_text(file.points_sum),
        csv_sha256=file.sha256,
        json_sha256=json_sha256,
    )
    return FileManifest(
        month=str(file.month),
        version=file.version,
        kind="month" if file.version == FIRST else "corrections",
        row_count=file.row_count,
        points_sum=file.points_sum,
        csv_sha256=file.sha256,
        json_sha256=json_sha256,
        signature=signer.sign(message),
        public_key=signer.public,
        made_at=file.made_at,
        acknowledged_at=file.acknowledged_at,
        ledger_seal=_seal_over(session, file),
    )


def _seal_over(session: Session, file: StoredFile) -> str | None:
    """The seal that covers the last line of a file, once there is one."""
    last = select(func.max(PayrollFileLine.entry_id)).where(
        PayrollFileLine.month == file.month, PayrollFileLine.version == file.version
    )
    statement = select(LedgerSeal.sha256).join(LedgerLeaf, LedgerLeaf.seal_id == LedgerSeal.id)
    return session.scalar(statement.where(LedgerLeaf.entry_id == last.scalar_subquery()).order_by(LedgerSeal.id))
