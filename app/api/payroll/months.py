"""Closed months for the payroll system: the same bytes for ever."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints

from app.api.deps import Allow, Now, Payroll, SecretDep, SessionDep
from app.api.etags import IfNoneMatch
from app.api.payroll.frozen import ByteRange, IfRange, frozen_bytes
from app.api.types import LARGEST_ID, Cursor, In, Limit, MonthPath, MonthText, Out
from app.models.organisation import Role
from app.points import service
from app.reports import payroll

_ONLY_PAYROLL = Depends(Allow(Role.PAYROLL), scope="function")

router = APIRouter(prefix="/payroll/v1/months", tags=["payroll"], dependencies=[_ONLY_PAYROLL])


class Manifest(Out):
    """A closed month: what to pull and what to check it by. `points_sum` is exact."""

    month: MonthText
    closed_at: datetime
    row_count: int
    points_sum: Decimal
    sha256: str
    acknowledged_at: datetime | None


class Manifests(Out):
    """Every closed month, oldest first."""

    items: list[Manifest]


class LineOut(Out):
    """One entry, cell by cell as in the CSV."""

    entry_id: str
    month: str
    staff_no: str
    component: str
    kind: str
    points: str
    refers_to_entry: str
    reason: str


class LinesPage(Out):
    """A page of the file."""

    items: list[LineOut]
    next_cursor: str | None


class AcknowledgementIn(In):
    """What payroll holds."""

    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    row_count: int = Field(ge=0, le=LARGEST_ID, strict=True)


class AcknowledgementOut(Out):
    """Kept since `acknowledged_at`."""

    month: MonthText
    sha256: str
    acknowledged_at: datetime


@router.get("")
def months(session: SessionDep) -> Manifests:
    """Which months are closed."""
    return Manifests(items=[Manifest.model_validate(row) for row in payroll.closed_months(session)])


@router.get("/{month}")
def manifest(month: MonthPath, session: SessionDep) -> Manifest:
    """Row count, sum and SHA-256 of a closed month's file; 409 while it is open."""
    return Manifest.model_validate(payroll.get_manifest(session, month))


@router.get("/{month}/lines")
def lines(month: MonthPath, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = 500) -> LinesPage:
    """The lines of a closed month, by cursor."""
    page = payroll.lines_page(session, month, secret=secret, cursor=cursor, limit=limit)
    return LinesPage(items=[LineOut.model_validate(line) for line in page.items], next_cursor=page.next_cursor)


@router.get("/{month}/lines.csv", response_class=Response, responses={206: {}, 304: {}, 416: {}})
def lines_csv(
    month: MonthPath,
    session: SessionDep,
    if_none_match: IfNoneMatch = None,
    if_range: IfRange = None,
    byte_range: ByteRange = None,
) -> Response:
    """The file of a closed month, byte for byte; can be resumed by Range."""
    file = payroll.get_file(session, month)
    return frozen_bytes(
        file.content,
        sha256=file.sha256,
        name=f"points-{month}.csv",
        if_none_match=if_none_match,
        if_range=if_range,
        byte_range=byte_range,
    )


@router.post("/{month}/acknowledgement")
def acknowledge(
    month: MonthPath, body: AcknowledgementIn, principal: Payroll, session: SessionDep, now: Now
) -> AcknowledgementOut:
    """Say that the file arrived whole; 409 where what you hold is not this month's file. Saying it again is fine."""
    kept = service.acknowledge_file(
        session, month=month, sha256=body.sha256, row_count=body.row_count, account_id=principal.account_id, now=now
    )
    return AcknowledgementOut.model_validate(kept)
