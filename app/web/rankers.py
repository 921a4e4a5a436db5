"""The report of a ranker, as a page of its own: whole in one file, to be printed or sent on."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from app.api.deps import SessionDep
from app.api.types import ShortText
from app.reports.ranker_page import HEADERS, render_ranker
from app.web.access import AnalystReader, ConsoleRoute

router = APIRouter(prefix="/console/rankers", include_in_schema=False, route_class=ConsoleRoute)


@router.get("/{product_code}/{number}")
def show_ranker(
    product_code: ShortText, number: Annotated[int, Path(ge=1, le=2**31 - 1)], _: AnalystReader, session: SessionDep
) -> HTMLResponse:
    """The report of one."""
    page = render_ranker(session, product_code=product_code, number=number, home="/console/#/rankers")
    return HTMLResponse(page, headers=HEADERS)
