"""Signing in to the console and out, and its first page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from app.access import service
from app.api.deps import Now, SecretDep, SessionDep, TokenRulesDep
from app.api.types import Secret, ShortText
from app.web.access import AccessToken, ConsoleRoute, Reader, from_this_site, signed_in, signed_out
from app.web.rendering import show

router = APIRouter(prefix="/console", include_in_schema=False, route_class=ConsoleRoute)


@router.get("/sign-in")
def show_sign_in() -> HTMLResponse:
    """The form."""
    return show("sign_in.html.j2", None, said="")


@router.post("/sign-in", dependencies=[Depends(from_this_site)])
def sign_in(
    request: Request,
    login: Annotated[ShortText, Form()],
    password: Annotated[Secret, Form()],
    session: SessionDep,
    rules: TokenRulesDep,
    now: Now,
) -> Response:
    """Start a log-in that lasts as long as an access token."""
    return signed_in(request, service.log_in(session, login=login, password=password, device_id="console", rules=rules, now=now))


@router.post("/sign-out", dependencies=[Depends(from_this_site)])
def sign_out(token: AccessToken, session: SessionDep, secret: SecretDep, now: Now) -> Response:
    """End the log-in."""
    service.end_log_in(session, access_token=token, secret=secret, now=now)
    return signed_out()


@router.get("")
def show_home(reader: Reader) -> HTMLResponse:
    """What this person can look at."""
    return show("home.html.j2", reader)
