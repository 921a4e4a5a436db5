"""Routes that are asked all day, answered in one or two round trips where nothing is out of the ordinary.

A request that is odd in any way (a token that is over, a parameter that is wrong, a database that is away) is left to the route's
own handler, which knows what to say: so there is one place that says it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import psycopg
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import AppError
from app.core.hot import Statement
from app.core.hot_pool import Connection, Pool

Asker = tuple[int, Statement]  # the account, and the statement that finds who it is and scopes the transaction
Prepare = Callable[[Request], Asker | None]
Quick = Callable[[Request, Connection, int, Statement], Awaitable[Response | None]]


class ShortWay(NamedTuple):
    """How the route of this method and path is answered in few round trips."""

    method: str
    path: str
    prepare: Prepare
    quick: Quick


class QuickRoutes:
    """ASGI middleware: a route's short way first, the route itself where that gives None or the database fails it.

    Before the routes are looked through, for what a request passes there costs as much as half of the short way.
    """

    def __init__(self, app: ASGIApp, *, ways: Sequence[ShortWay]) -> None:
        self.app = app
        self.ways = {(way.method, way.path): way for way in ways}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way = self.ways.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if way is None:
            await self.app(scope, receive, send)
            return
        heard = _Heard(receive)
        answer = await _try(way.prepare, way.quick, Request(scope, heard))
        if answer is None:
            await self.app(scope, heard.again, send)
        else:
            scope["route"] = way  # under whose path it is counted
            await answer(scope, receive, send)


class _Heard:
    """What a request sends, kept to be heard once more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: list[Message] = []

    async def __call__(self) -> Message:
        message = await self._receive()
        self._kept.append(message)
        return message

    async def again(self) -> Message:
        return self._kept.pop(0) if self._kept else await self._receive()


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
