"""Points, success and accuracy of the managers of my grids."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from app.api.deps import Now, SecretDep, SessionDep, Viewer
from app.api.explained import ExplainedOut, LinePath
from app.api.types import CodePath, Credit, Cursor, Limit, MonthPath, Out, PastInstant
from app.reports import points
from app.reports.line import line_of_manager

router = APIRouter(prefix="/dashboard/v1/points", tags=["dashboard"])


class ManagerOut(Out):
    """A manager's month. Rates are exact decimals as text, null where there is nothing to compute them from.

    `successes`, `matured`: numbers of up to four places, since of a shared work order only the manager's credit counts.
    """

    staff_no: str
    name: str
    grid_code: str
    as_of: datetime
    closed_at: datetime | None
    total: str
    successes: Credit
    matured: Credit
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
    as_of: PastInstant = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ManagersPage:
    """Each manager of my grids in a month: final where it is closed, else as of now; with `as_of` as it was served then."""
    mine = principal.grid_ids
    page = points.managers_page(session, month, grid_ids=mine, now=now, as_of=as_of, secret=secret, cursor=cursor, limit=limit)
    return ManagersPage(items=[ManagerOut.model_validate(one) for one in page.items], next_cursor=page.next_cursor)


@router.get("/{month}/{staff_no}/lines/{line}")
def line_of(
    month: MonthPath, staff_no: CodePath, line: LinePath, principal: Viewer, session: SessionDep, now: Now
) -> ExplainedOut:
    """One line of a manager of my grids, with everything behind it; its parts sum to it."""
    mine = principal.grid_ids
    found = line_of_manager(session, staff_no=staff_no, grid_ids=mine, month=month, line=line, now=now)
    return ExplainedOut.model_validate(found)
