"""The console's log-in: two cookies that no script can read, one for each request and one to renew it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.access import service
from app.access.service import TokenRules, Tokens, WrongRefreshToken
from app.api.cookies import ACCESS_COOKIE, refuse_other_sites
from app.api.deps import Now, SessionDep, TokenRulesDep, refuse_when_full
from app.api.types import In, Secret, ShortText

REFRESH_COOKIE = "gridwork_console_renewal"
SESSION = "/console/session"
DEVICE = "console"
_DAY_SECONDS = 24 * 3600


async def from_our_page(request: Request) -> None:
    """Raise OtherSite where another site's page asks."""
    refuse_other_sites(request)


async def get_refresh_token(request: Request) -> str:
    """The token of the cookie; raises WrongRefreshToken where there is none."""
    found = request.cookies.get(REFRESH_COOKIE)
    if found is None:
        raise WrongRefreshToken
    return found


RefreshCookie = Annotated[str, Depends(get_refresh_token)]
router = APIRouter(prefix=SESSION, include_in_schema=False, dependencies=[Depends(from_our_page)])


class Credentials(In):
    """A person's."""

    login: ShortText
    password: Secret


@router.post("", status_code=204, dependencies=[Depends(refuse_when_full)])
def log_in(body: Credentials, request: Request, session: SessionDep, rules: TokenRulesDep, now: Now) -> Response:
    """Start a log-in."""
    tokens = service.log_in(session, login=body.login, password=body.password, device_id=DEVICE, rules=rules, now=now)
    return _keeping(tokens, request, rules)


@router.post("/renew", status_code=204)
def renew(token: RefreshCookie, request: Request, session: SessionDep, rules: TokenRulesDep, now: Now) -> Response:
    """Go on with it."""
    return _keeping(service.refresh(session, refresh_token=token, rules=rules, now=now), request, rules)


@router.delete("", status_code=204)
def log_out(token: RefreshCookie, session: SessionDep, now: Now) -> Response:
    """End it, everywhere and not only the cookies."""
    service.log_out(session, refresh_token=token, now=now)
    answer = Response(status_code=204)
    answer.delete_cookie(ACCESS_COOKIE, path="/", httponly=True, samesite="strict")
    answer.delete_cookie(REFRESH_COOKIE, path=SESSION, httponly=True, samesite="strict")
    return answer


def _keeping(tokens: Tokens, request: Request, rules: TokenRules) -> Response:
    answer = Response(status_code=204)
    https = request.url.scheme == "https"
    days = rules.refresh_days * _DAY_SECONDS
    for name, token, path in ((ACCESS_COOKIE, tokens.access_token, "/"), (REFRESH_COOKIE, tokens.refresh_token or "", SESSION)):
        answer.set_cookie(name, token, max_age=days, path=path, httponly=True, samesite="strict", secure=https)
    return answer
