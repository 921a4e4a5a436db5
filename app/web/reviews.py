"""The console's pages of cases: the queue, and one case with all evidence, where it is decided."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from app.api.deps import Now, SecretDep, SessionDep
from app.api.types import Cursor, IdPath, LongText
from app.core.paging import MAX_PAGE_SIZE
from app.models.evidence import CaseDecision
from app.reports.reviews import Standing, case_page, show_case
from app.verification.reviewing.service import decide_case, second_case
from app.web.access import ConsoleRoute, Reviewer
from app.web.rendering import show

router = APIRouter(prefix="/console/reviews", include_in_schema=False, route_class=ConsoleRoute)


@router.get("")
def show_queue(
    reader: Reviewer, session: SessionDep, secret: SecretDep, standing: Standing = Standing.OPEN, cursor: Cursor = None
) -> HTMLResponse:
    """The cases of my grids."""
    grids = reader.grid_ids
    page = case_page(session, grid_ids=grids, standing=standing, secret=secret, cursor=cursor, limit=MAX_PAGE_SIZE)
    return show("reviews.html.j2", reader, page=page, standing=standing, standings=list(Standing))


@router.get("/{case_id}")
def show_one(case_id: IdPath, reader: Reviewer, session: SessionDep) -> HTMLResponse:
    """One of them with its evidence."""
    return show("review.html.j2", reader, **show_case(session, case_id=case_id, grid_ids=reader.grid_ids))


@router.post("/{case_id}/decision")
def decide(
    case_id: IdPath,
    decision: Annotated[CaseDecision, Form()],
    reason: Annotated[LongText, Form()],
    reader: Reviewer,
    session: SessionDep,
    now: Now,
) -> RedirectResponse:
    """Uphold or dismiss it."""
    grids = reader.grid_ids
    decide_case(session, case_id=case_id, decision=decision, reason=reason, principal=reader, grid_ids=grids, now=now)
    return RedirectResponse(f"/console/reviews/{case_id}", status_code=303)


@router.post("/{case_id}/second")
def second(
    case_id: IdPath,
    agrees: Annotated[bool, Form()],
    reason: Annotated[LongText, Form()],
    reader: Reviewer,
    session: SessionDep,
    now: Now,
) -> RedirectResponse:
    """Agree to what somebody else upheld, or send it back."""
    grids = reader.grid_ids
    second_case(session, case_id=case_id, agrees=agrees, reason=reason, principal=reader, grid_ids=grids, now=now)
    return RedirectResponse(f"/console/reviews/{case_id}", status_code=303)
