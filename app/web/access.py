"""Who looks at a page that the server writes itself, and how they are told what is wrong."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from app.api.chinese.saying import say_refusal
from app.api.deps import Allow
from app.api.errors import from_app_error, from_validation
from app.core.errors import AppError, Unauthenticated
from app.core.security import Principal
from app.models.organisation import Role
from app.web.rendering import show_wrong

HOME = "/console/"


class ConsoleRoute(APIRoute):
    """Errors as pages: who is not logged in comes to the console's log-in, everybody else reads what was wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As the router asks for it."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                found: Response = await handler(request)
                return found
            except Unauthenticated:
                return RedirectResponse(HOME, status_code=303)
            except AppError as error:
                plain = from_app_error(error)
                said = f"{say_refusal(error.code, error.detail) or ''} {error.detail}"
                return show_wrong(plain.status_code, said=said, code=error.code)
            except RequestValidationError as error:
                plain = from_validation(error)
                return show_wrong(plain.status_code, said="", code="request.invalid")

        return answer


AnalystReader = Annotated[Principal, Depends(Allow(Role.ANALYST, Role.ADMIN), scope="function")]
