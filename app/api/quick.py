"""Routes that are asked all day, answered in one or two round trips where nothing is out of the ordinary.

A request that is odd in any way (a token that is over, a parameter that is wrong, a database that is away) is left to the route's
own handler, which knows what to say: so there is one place that says it.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import psycopg
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from app.core.errors import AppError
from app.core.hot import Statement
from app.core.hot_pool import Connection, Pool

Asker = tuple[int, Statement]  # the account, and the statement that finds who it is and scopes the transaction
Prepare = Callable[[Request], Asker | None]
Quick = Callable[[Request, Connection, int, Statement], Awaitable[Response | None]]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def quick_route(prepare: Prepare, quick: Quick) -> type[APIRoute]:
    """A kind of route that asks `quick` first, and its handler where either gives None or the database fails it."""

    class QuickRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            ordinary = super().get_route_handler()

            async def handle(request: Request) -> Response:
                return await _try(prepare, quick, request) or await ordinary(request)

            return handle

    return QuickRoute


async def _try(prepare: Prepare, quick: Quick, request: Request) -> Response | None:
    pool: Pool | None = getattr(request.state, "hot", None)
    try:
        asker = None if pool is None else prepare(request)
        if pool is None or asker is None:
            return None
        connection = await pool.take()
        try:
            return await quick(request, connection, *asker)
        finally:
            pool.give_back(connection)
    except (AppError, RequestValidationError, psycopg.Error):
        return None
