"""Every error as problem+json (RFC 9457): the one place where the domain's errors meet HTTP."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.api.chinese.saying import say_phrase, say_refusal
from app.core.errors import (
    AppError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Outdated,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from app.core.logs import place_of

log = structlog.get_logger(__name__)

STATUS: dict[type[AppError], tuple[int, str]] = {
    NotFound: (404, "Not found"),
    Gone: (410, "Gone"),
    Conflict: (409, "Conflict"),
    Forbidden: (403, "Forbidden"),
    Unauthenticated: (401, "Not logged in"),
    Outdated: (426, "Upgrade required"),
    Invalid: (422, "Invalid input"),
    TooMany: (429, "Too many requests"),
    Unavailable: (503, "Unavailable"),
}
RETRY_LATER = {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53100", "53200", "53300", "53400"}
CLOSED_MONTH = "GW002"
FIXED_PLAN = "GW010"


def problem(
    status: int, title: str, code: str, detail: str, *, headers: dict[str, str] | None = None, more: dict[str, Any] | None = None
) -> JSONResponse:
    """One answer of type application/problem+json; `type` is `urn:gridwork:problem:<code>`; `more` is added to it.

    `detail` is English, `detail_zh` says the same in Chinese, whoever asks: a phone keeps both and shows them without a net.
    """
    body = (more or {}) | {
        "type": f"urn:gridwork:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }
    body.setdefault("detail_zh", say_refusal(code, detail))  # unless the error knows its own
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")


def from_app_error(error: AppError) -> JSONResponse:
    """The nearest kind decides the status."""
    kind = next(kind for kind in type(error).__mro__ if kind in STATUS)
    status, title = STATUS[kind]
    more: dict[str, Any] = dict(error.context)
    headers: dict[str, str] = {}
    if isinstance(error, Invalid):
        said = say_phrase(error.expected) or say_refusal(error.code, "")
        more["errors"] = [{"field": error.field, "expected": error.expected, "expected_zh": said}]
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status, title, error.code, error.detail, headers=headers, more=more)


def from_validation(error: RequestValidationError) -> JSONResponse:
    """Which fields of the request are wrong and what was expected; what was sent is not repeated.

    `type` and `context` (its figures) say the same as `expected`, for who says it in another language.
    """
    found = [
        {"field": _place(e["loc"]), "expected": _expected(e), "type": e["type"], "context": _figures(e)} for e in error.errors()
    ]
    detail = "; ".join(f"{e['field']}: {e['expected']}" for e in found[:5])
    return problem(422, "Invalid input", "request.invalid", detail, more={"errors": found[:50]})


def _place(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location if part not in {"body", "query", "path", "header"}]
    text = ".".join(parts) or str(location[0])
    return text.encode("utf-8", "backslashreplace").decode()[:200]


def _expected(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ").encode("utf-8", "backslashreplace").decode()[:300]


def _figures(error: Any) -> dict[str, str | int | float]:
    """Bounds and choices; exceptions, and the tag that somebody sent, are none."""
    known = {name: value for name, value in error.get("ctx", {}).items() if name not in {"error", "tag"}}
    return {name: value if isinstance(value, int | float) else str(value)[:300] for name, value in known.items()}


def from_database(error: DBAPIError) -> JSONResponse:
    """A conflict, a value that no column can hold, or a database that is away: never a 500 for what a caller can mend."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state == CLOSED_MONTH:
        return problem(409, "Conflict", "month.closed", "The month is closed: corrections go to the open month.")
    if state == FIXED_PLAN:
        return problem(409, "Conflict", "campaign.plan_fixed", "The plan of this campaign is fixed: revise it first.")
    if state.startswith("23"):
        return problem(409, "Conflict", "conflict", "This contradicts what is already stored.")
    if state.startswith("22"):
        return problem(422, "Invalid input", "value.out_of_range", "A value is out of the range that can be stored.")
    if state in RETRY_LATER or state.startswith("08") or isinstance(error, OperationalError):
        return busy()
    log.error("database_error", sqlstate=state)
    return problem(500, "Internal error", "internal", "Something failed here; it was logged.")


def busy() -> JSONResponse:
    """503 with Retry-After."""
    return problem(503, "Unavailable", "unavailable", "Busy: try again in a moment.", headers={"Retry-After": "1"})


def from_http(error: HTTPException) -> JSONResponse:
    """What routing itself refuses."""
    if error.status_code == 400:
        return problem(400, "Bad request", "body.unreadable", "body: expected JSON in UTF-8, not nested too deeply")
    titles = {404: "Not found", 405: "Method not allowed"}
    title = titles.get(error.status_code, "Error")
    code = title.lower().replace(" ", "_")
    return problem(error.status_code, title, code, str(error.detail), headers=dict(error.headers or {}))


def install(app: FastAPI) -> None:
    """Map every exception that can leave a handler."""

    async def app_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AppError)
        return from_app_error(error)

    async def validation(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return from_validation(error)

    async def database(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DBAPIError)
        return from_database(error)

    async def pool(_: Request, error: Exception) -> JSONResponse:
        return busy()

    async def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return from_http(error)

    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        log.error("unexpected_error", kind=type(error).__name__, place=place_of(error))
        return problem(500, "Internal error", "internal", "Something failed here; it was logged.")

    app.add_exception_handler(AppError, app_error)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(DBAPIError, database)
    app.add_exception_handler(PoolTimeout, pool)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
