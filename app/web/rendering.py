"""What is said in place of a page that the server writes itself: a template with escaping on, and its headers."""

from functools import cache

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def show_wrong(status: int, *, said: str, code: str) -> HTMLResponse:
    """A page that says what was wrong. No scripts."""
    return HTMLResponse(_template().render(said=said, code=code), status_code=status, headers=HEADERS)


@cache
def _template() -> Template:
    return Environment(loader=PackageLoader("app.web"), autoescape=True, undefined=StrictUndefined).get_template("wrong.html.j2")
