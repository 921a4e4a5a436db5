"""The files of a closed month by version, their signatures, and whether ledger, files and acknowledgements agree."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from app.api.deps import Allow, Now, Payroll, SessionDep, SignerDep
from app.api.etags import IfNoneMatch
from app.api.payroll.frozen import ByteRange, IfRange, frozen_bytes
from app.api.payroll.months import AcknowledgementIn, AcknowledgementOut
from app.api.types import MonthPath, OptionalMonth, Out
from app.models.organisation import Role
from app.points.payroll import files as service
from app.points.payroll.json_format import sha256_of
from app.reports import payroll_files, reconciliation

_ONLY_PAYROLL = Depends(Allow(Role.PAYROLL), scope="function")
_PARTS: dict[int | str, dict[str, Any]] = {206: {}, 304: {}, 416: {}}
Version = Annotated[int, Path(ge=1, le=1_000_000, description="1: the month; 2, 3 ...: corrections to it")]

router = APIRouter(prefix="/payroll/v1", tags=["payroll"], dependencies=[_ONLY_PAYROLL])


class FileOut(Out):
    """A file and what it is checked by. `signature`: Ed25519, base64url, over the lines `gridwork-payroll-1`, month, version,
    row_count, points_sum with four places, csv_sha256, json_sha256, each ended by a line feed."""

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


class FilesOut(Out):
    """The files of a month, the first one first."""

    items: list[FileOut]


class KeyOut(Out):
    """The public key of the signatures, 32 bytes in base64url."""

    algorithm: str
    public_key: str


class DifferenceOut(Out):
    """What does not agree, in points as text; `staff_no` is empty where it is about a whole file."""

    month: str
    staff_no: str
    what: str
    ledger: str
    other: str


class FileStateOut(Out):
    """A file, and since when payroll holds it."""

    month: str
    version: int
    row_count: int
    points_sum: str
    acknowledged_at: datetime | None


class OverrideOut(Out):
    """A change by the owner of the tables that the guards would have refused."""

    id: int
    taken_at: datetime
    role: str
    reason: str


class ReconciliationOut(Out):
    """Ledger = files = acknowledged, or where not. `waiting`: files that are not acknowledged."""

    agrees: bool
    months: list[str]
    files: list[FileStateOut]
    waiting: int
    differences: list[DifferenceOut]
    overrides: list[OverrideOut]


@router.get("/key")
def key(signer: SignerDep) -> KeyOut:
    """By which key files are signed."""
    return KeyOut(algorithm="Ed25519", public_key=signer.public)


@router.get("/reconciliation")
def reconcile(session: SessionDep, month: OptionalMonth) -> ReconciliationOut:
    """Whether ledger, statements, files and acknowledgements agree: of one month, or of all that are closed."""
    return ReconciliationOut.model_validate(reconciliation.reconcile(session, month=month))


@router.get("/months/{month}/files")
def files(month: MonthPath, session: SessionDep, signer: SignerDep) -> FilesOut:
    """The files of a closed month: version 1 never changes, corrections only ever come as further ones with new lines."""
    return FilesOut(items=[FileOut.model_validate(one) for one in payroll_files.manifests(session, month, signer=signer)])


@router.get("/months/{month}/files/{version}")
def file(month: MonthPath, version: Version, session: SessionDep, signer: SignerDep) -> FileOut:
    """Count, sum, hashes and signature of one file."""
    return FileOut.model_validate(payroll_files.get_file_manifest(session, month, version, signer=signer))


@router.get("/months/{month}/files/{version}/lines.csv", response_class=Response, responses=_PARTS)
def lines_csv(
    month: MonthPath,
    version: Version,
    session: SessionDep,
    if_none_match: IfNoneMatch = None,
    if_range: IfRange = None,
    byte_range: ByteRange = None,
) -> Response:
    """One file as CSV, byte for byte; can be resumed by Range."""
    found = payroll_files.get_version(session, month, version)
    parts: dict[str, Any] = {"if_none_match": if_none_match, "if_range": if_range, "byte_range": byte_range}
    return frozen_bytes(found.content, sha256=found.sha256, name=f"points-{month}-{version}.csv", **parts)


@router.get("/months/{month}/files/{version}/lines.json", response_class=Response, responses=_PARTS)
def lines_json(
    month: MonthPath,
    version: Version,
    session: SessionDep,
    if_none_match: IfNoneMatch = None,
    if_range: IfRange = None,
    byte_range: ByteRange = None,
) -> Response:
    """The same rows as JSON, byte for byte; can be resumed by Range."""
    found = payroll_files.get_json(session, month, version)
    parts: dict[str, Any] = {"if_none_match": if_none_match, "if_range": if_range, "byte_range": byte_range}
    name, json = f"points-{month}-{version}.json", "application/json"
    return frozen_bytes(found, sha256=sha256_of(found), name=name, media_type=json, **parts)


@router.post("/months/{month}/files/{version}/acknowledgement")
def acknowledge(
    month: MonthPath, version: Version, body: AcknowledgementIn, principal: Payroll, session: SessionDep, now: Now
) -> AcknowledgementOut:
    """Say that this file arrived whole, by the hash of its CSV; 409 where what you hold is another. Saying it again is fine."""
    kept = service.acknowledge_version(
        session,
        month=month,
        version=version,
        sha256=body.sha256,
        row_count=body.row_count,
        account_id=principal.account_id,
        now=now,
    )
    return AcknowledgementOut.model_validate(kept)
