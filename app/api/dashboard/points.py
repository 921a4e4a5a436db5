"""Points, success and accuracy of the managers of my grids."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from app.api.deps import Now, SecretDep, SessionDep, Viewer
from app.api.types import Cursor, Limit, MonthPath, Out
from app.reports import points

router = APIRouter(prefix="/dashboard/v1/points", tags=["dashboard"])


class ManagerOut(Out):
    """A manager's month. Rates are exact decimals as text; null where there is nothing to compute them from."""

    staff_no: str
    name: str
    grid_code: str
    as_of: datetime
    closed_at: datetime | None
    total: str
    successes: int
    matured: int
    success_rate: str | None
    success_index: str | None
    judged: int
    accuracy: str | None
    pending_feedback: int
    lines: list[dict[str, Any]]


class ManagersPage(Out):
    """Managers by number."""

    items: list[ManagerOut]
    next_cursor: str | None


@router.get("/{month}")
def managers(
    month: MonthPath,
    principal: Viewer,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ManagersPage:
    """Each manager of my grids in a month: final where it is closed, else as of now."""
    page = points.managers_page(session, month, grid_ids=principal.grid_ids, now=now, secret=secret, cursor=cursor, limit=limit)
    return ManagersPage(items=[ManagerOut.model_validate(one) for one in page.items], next_cursor=page.next_cursor)
