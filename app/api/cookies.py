"""The console's log-in: a cookie that holds an access token, which no script can read and no other site can send."""

from fastapi import Request
from fastapi.security import HTTPAuthorizationCredentials

from app.core.errors import Forbidden
from app.core.security import WrongToken

ACCESS_COOKIE = "gridwork_console"
_READING = {"GET", "HEAD"}


class OtherSite(Forbidden):
    """This was sent from another site."""

    code = "site.other"


def token_of(request: Request, credentials: HTTPAuthorizationCredentials | None) -> str:
    """The access token of the header, else of the console's cookie. Raises WrongToken without either, OtherSite."""
    if credentials is not None:
        return credentials.credentials
    found = request.cookies.get(ACCESS_COOKIE)
    if found is None:
        raise WrongToken
    refuse_other_sites(request)
    return found


def refuse_other_sites(request: Request) -> None:
    """Raise OtherSite where the browser says that another page asks, or does not say so of what changes something.

    Browsers tell the site only over HTTPS or to this very machine, but the origin of what changes something always.
    """
    site = request.headers.get("sec-fetch-site")
    reading = request.method in _READING
    if site is not None:
        ours = site == "same-origin" or (site == "none" and reading)
    else:
        ours = reading or request.headers.get("origin", "").partition("://")[2] == request.headers.get("host")
    if not ours:
        raise OtherSite
