"""What was reported on a work order of my grids, whole."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter

from app.api.deps import GridManager, SessionDep
from app.api.types import IdPath, Out
from app.reports.order_feedback import reports_on

router = APIRouter(prefix="/dashboard/v1/work-orders", tags=["dashboard"])


class CompetitorOut(Out):
    """What the customer has from another operator, and the last day of that contract."""

    operator: str
    monthly_price: str | None
    ends_on: date | None


class ProposedOut(Out):
    """A correction proposed with it; see /correction-proposals."""

    field: str
    decision: str | None


class AttachedOut(Out):
    """An attachment that it names: not_arrived, arriving, refused or kept; see /attachments/{id}."""

    id: UUID
    content_type: str | None
    kept_bytes: int | None
    standing: str


class ReportOut(Out):
    """One report. contacted_at: by the phone's clock, corrected; elapsed_ms: of the contact; corrected_by: the newer one."""

    id: UUID
    staff_no: str
    manager_name: str
    corrects_id: UUID | None
    corrected_by: UUID | None
    channel: str
    outcome: str
    objection: str | None
    reached: bool | None
    callback_at: datetime | None
    note: str | None
    contacted_at: datetime
    received_at: datetime
    elapsed_ms: int | None
    clock_doubtful: bool
    latitude: float | None
    longitude: float | None
    accuracy_metres: float | None
    mock_location: bool | None
    verdict: str | None
    competitor: CompetitorOut | None
    proposals: list[ProposedOut]
    attachments: list[AttachedOut]


class ReportsOut(Out):
    """In the order in which they came."""

    work_order_id: int
    reports: list[ReportOut]


@router.get("/{work_order_id}/feedback")
def list_reports(work_order_id: IdPath, principal: GridManager, session: SessionDep) -> ReportsOut:
    """Every report on it, with what it found and what is attached."""
    return ReportsOut.model_validate(reports_on(session, work_order_id=work_order_id, grid_ids=principal.grid_ids))
