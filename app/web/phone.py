"""The phone app, as its files: everybody may have them, for they hold nobody's data."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.web.files import Pages, answer_with

HOME = "/phone/"

router = APIRouter(include_in_schema=False)


async def get_pages(request: Request) -> Pages:
    """What was built, as this process read it when it started."""
    pages: Pages = request.app.state.pages
    return pages


BuiltPages = Annotated[Pages, Depends(get_pages)]


@router.get("/phone")
async def go_to_phone() -> RedirectResponse:
    """To the app; the service worker is in charge of what lies below the slash."""
    return RedirectResponse(HOME, status_code=308)


@router.api_route("/phone/{path:path}", methods=["GET", "HEAD"])
async def show_phone(path: str, request: Request, pages: BuiltPages) -> Response:
    """The page, its service worker, manifest and pictures: asked for each time, answered by 304 while they are the same."""
    return answer_with(pages, f"phone/{path}", request.headers)


@router.api_route("/assets/{path:path}", methods=["GET", "HEAD"])
async def show_asset(path: str, request: Request, pages: BuiltPages) -> Response:
    """Scripts and styles, which have their content's hash in their name."""
    return answer_with(pages, f"assets/{path}", request.headers)
