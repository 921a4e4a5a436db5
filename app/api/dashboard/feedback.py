"""What the managers of my grids reported and was not taken."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.api.deps import GridManager, SecretDep, SessionDep
from app.api.types import Cursor, Limit, Out
from app.feedback import queries

router = APIRouter(prefix="/dashboard/v1/feedback", tags=["dashboard"])


class SetAsideReport(Out):
    """A report that was not taken, and why. One that waits is taken by itself when the other one arrives."""

    feedback_id: str
    staff_no: str
    staff_name: str
    code: str
    detail: str
    waits_for_id: UUID | None
    received_at: datetime
    content: Any


class SetAsideReports(Out):
    """Newest first."""

    items: list[SetAsideReport]
    next_cursor: str | None


@router.get("/set-aside")
def set_aside(
    principal: GridManager, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = 100
) -> SetAsideReports:
    """Reports of my grids' managers that were not taken, with the reason, newest first."""
    page = queries.set_aside_in_grids(session, principal=principal, secret=secret, cursor=cursor, limit=limit)
    return SetAsideReports(items=[SetAsideReport.model_validate(one) for one in page.items], next_cursor=page.next_cursor)
