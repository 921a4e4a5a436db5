"""The console, as its files: everybody may have them, for they hold nobody's data."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.web.access import HOME
from app.web.files import answer_with
from app.web.phone import BuiltPages

router = APIRouter(include_in_schema=False)


@router.get("/console")
async def go_to_console() -> RedirectResponse:
    """To the console."""
    return RedirectResponse(HOME, status_code=308)


@router.api_route("/console/{path:path}", methods=["GET", "HEAD"])
async def show_console(path: str, request: Request, pages: BuiltPages) -> Response:
    """The page, which asks for the rest, and the licences of what is built in."""
    return answer_with(pages, f"console/{path}", request.headers)
