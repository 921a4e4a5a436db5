"""Pages of the console: templates with escaping on, and the headers of every page."""

from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from app.core.security import Principal
from app.web.pages import menu_of

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def show(template: str, principal: Principal | None, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of `templates/`, for this person: `principal` and `menu` are there besides `values`. No scripts."""
    menu = menu_of(principal.role) if principal else ()
    content = _templates().get_template(template).render(principal=principal, menu=menu, **values)
    return HTMLResponse(content, status_code=status, headers=HEADERS)


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("app.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["figure"] = _figure
    found.filters["said"] = _said
    return found


def _said(value: Any) -> str:
    """A value of a customer for people; a dash for none."""
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _figure(value: float | int | None, digits: int = 3) -> str:
    """A number for people; a dash for none."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"
