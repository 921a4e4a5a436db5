"""Who looks at the console: a cookie that holds an access token, which no script can read and no other site can send."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from app.access.service import Tokens, WrongLogin, identify
from app.api.deps import Now, SecretDep, SessionDep, WrongRole
from app.api.errors import from_app_error, from_validation
from app.core.errors import AppError, Forbidden, Unauthenticated
from app.core.security import Principal, WrongToken
from app.models.organisation import Role
from app.web.pages import ANALYSTS, PLANNING, READERS, REVIEWERS
from app.web.rendering import show

COOKIE = "gridwork_console"
HOME = "/console"
SIGN_IN = "/console/sign-in"


class OtherSite(Forbidden):
    """This was sent from another site."""

    code = "site.other"


class ConsoleRoute(APIRoute):
    """Errors as pages: who is not signed in comes to the sign-in form, everybody else reads what was wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As the router asks for it."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                found: Response = await handler(request)
                return found
            except WrongLogin as error:
                return show("sign_in.html.j2", None, status=401, said=error.detail)
            except Unauthenticated:
                return RedirectResponse(SIGN_IN, status_code=303)
            except AppError as error:
                plain = from_app_error(error)
                return show("wrong.html.j2", None, status=plain.status_code, said=error.detail, code=error.code)
            except RequestValidationError as error:
                plain = from_validation(error)
                return show("wrong.html.j2", None, status=plain.status_code, said="", code="request.invalid")

        return answer


def access_token_of(request: Request) -> str:
    """The token of the cookie; raises WrongToken where there is none."""
    found = request.cookies.get(COOKIE)
    if found is None:
        raise WrongToken
    return found


AccessToken = Annotated[str, Depends(access_token_of)]


def get_reader(session: SessionDep, now: Now, secret: SecretDep, token: AccessToken) -> Principal:
    """Who is signed in; scopes the transaction for row level security."""
    return identify(session, access_token=token, secret=secret, now=now)


Reader = Annotated[Principal, Depends(get_reader, scope="function")]


class AllowReader:
    """Dependency: who is signed in, if their role is one of these."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(role.value for role in roles)

    async def __call__(self, reader: Reader) -> Principal:
        if reader.role not in self.roles:
            raise WrongRole
        return reader


AnyReader = Annotated[Principal, Depends(AllowReader(*READERS), scope="function")]
PlanningReader = Annotated[Principal, Depends(AllowReader(*PLANNING), scope="function")]
Reviewer = Annotated[Principal, Depends(AllowReader(*REVIEWERS), scope="function")]
AnalystReader = Annotated[Principal, Depends(AllowReader(*ANALYSTS), scope="function")]


async def from_this_site(request: Request) -> None:
    """Raise OtherSite where the browser says that a form of another site was sent."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise OtherSite


def signed_in(request: Request, tokens: Tokens) -> Response:
    """On to the console, with the cookie."""
    answer = RedirectResponse(HOME, status_code=303)
    answer.set_cookie(
        COOKIE,
        tokens.access_token,
        max_age=tokens.expires_in,
        path=HOME,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def signed_out() -> Response:
    """Back to the form, without the cookie."""
    answer = RedirectResponse(SIGN_IN, status_code=303)
    answer.delete_cookie(COOKIE, path=HOME, httponly=True, samesite="strict")
    return answer
