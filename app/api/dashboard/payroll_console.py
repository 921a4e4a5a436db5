"""Months, files and acknowledgements as people look at them: administrators, and for whom they gave that permission."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from app.api.deps import Now, Permit, SessionDep, SignerDep
from app.api.types import MonthPath, Out
from app.models.access import Permission
from app.models.organisation import Role
from app.reports import payroll_files, reconciliation
from app.reports.personnel.payroll_months import payroll_months

_PERMITTED = Depends(Permit(Permission.PAYROLL_CONSOLE, Role.ADMIN), scope="function")
Version = Annotated[int, Path(ge=1, le=1_000_000, description="1: the month; 2, 3 ...: corrections to it")]

router = APIRouter(prefix="/dashboard/v1/payroll", tags=["dashboard"], dependencies=[_PERMITTED])


class MonthOut(Out):
    """A month: open, over (it can be closed) or closed. `files`: its files, `held`: those that payroll acknowledged;
    `passed_over`: checks that it was closed despite."""

    month: str
    state: str
    closed_at: datetime | None
    closed_by: str | None
    row_count: int | None
    points_sum: Decimal | None
    sha256: str | None
    files: int
    held: int
    acknowledged_at: datetime | None
    passed_over: int


class MonthsOut(Out):
    """Newest first."""

    items: list[MonthOut]


class FileOut(Out):
    """A file of a month, and what it is checked by."""

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
    """The first one first."""

    items: list[FileOut]


class ReconciledOut(Out):
    """Whether ledger, statements, files and acknowledgements agree, or where not."""

    agrees: bool
    waiting: int
    differences: list[dict[str, Any]]


@router.get("/months")
def list_months(session: SessionDep, now: Now) -> MonthsOut:
    """Which months are open, over or closed."""
    return MonthsOut.model_validate({"items": payroll_months(session, now=now)})


@router.get("/months/{month}/files")
def list_files(month: MonthPath, session: SessionDep, signer: SignerDep) -> FilesOut:
    """The files of a closed month by version."""
    return FilesOut.model_validate({"items": payroll_files.manifests(session, month, signer=signer)})


@router.get("/months/{month}/files/{version}/lines.csv", response_class=Response)
def download_file(month: MonthPath, version: Version, session: SessionDep) -> Response:
    """The bytes that payroll pulls."""
    found = payroll_files.get_version(session, month, version)
    headers = {"Content-Disposition": f'attachment; filename="points-{month}-{version}.csv"', "Cache-Control": "no-store"}
    return Response(found.content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/months/{month}/reconciliation")
def reconcile(month: MonthPath, session: SessionDep) -> ReconciledOut:
    """Of one closed month: whether all agrees."""
    return ReconciledOut.model_validate(reconciliation.reconciled_month(session, month))
