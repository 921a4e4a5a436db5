"""The API's documentation page, from files that come along: a machine without the internet shows it too."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.api.examples import add_examples
from app.core import clock

FILES = Path(__file__).parent / "swagger_ui"  # Swagger UI 5.35.0, Apache-2.0: its licence lies beside it
FILES_URL = "/docs/files"

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def show_documentation() -> HTMLResponse:
    """Swagger UI on this service's OpenAPI document."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Gridwork API",
        swagger_js_url=f"{FILES_URL}/swagger-ui-bundle.min.js",
        swagger_css_url=f"{FILES_URL}/swagger-ui.min.css",
        swagger_favicon_url=f"{FILES_URL}/favicon.png",
    )


def document_with_examples(app: FastAPI) -> None:
    """Let the application's OpenAPI document have an example for each body, whose days are counted from today."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        add_examples(document, today=clock.local_date(clock.now()))
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


def mount_files(app: FastAPI) -> None:
    """Serve the page's files."""
    app.mount(FILES_URL, StaticFiles(directory=FILES), name="documentation files")
