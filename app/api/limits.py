"""Bounds on what comes in: the size of a body, whatever it claims of its length, and how many requests at once."""

from asyncio import CancelledError

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import busy, problem

UPLOADS = "/operations/v1/imports/"
ALWAYS_ANSWERED = ("/health/", "/metrics")


class BodyTooLarge(Exception):
    """The body passed its bound."""


class BodyLimit:
    """ASGI middleware: 413 for a body over the limit; uploads of feeds have their own."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, max_upload_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.max_upload_bytes if scope["path"].startswith(UPLOADS) else self.max_bytes
        if _declared_length(scope) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        seen = 0
        refused = False

        async def counting_receive() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge
            return message

        async def refusing_send(message: Message) -> None:
            nonlocal refused
            if seen <= limit:
                await send(message)
            elif not refused:  # whatever the handler made of the cut body is not what we answer
                refused = True
                await _too_large(limit)(scope, receive, send)

        try:
            await self.app(scope, counting_receive, refusing_send)
        except BodyTooLarge:
            await refusing_send({"type": "http.response.start"})


class InFlightLimit:
    """ASGI middleware: 503 with Retry-After at once for what would only wait; health and metrics are always answered.

    The same for a request that the end of the process cuts off. A stream of events is in flight only until it begins.
    """

    def __init__(self, app: ASGIApp, *, max_in_flight: int) -> None:
        self.app = app
        self.max_in_flight = max_in_flight
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS_ANSWERED):
            await self.app(scope, receive, send)
            return
        if self.in_flight >= self.max_in_flight:
            await busy()(scope, receive, send)
            return
        answered = streams = False

        async def noting_send(message: Message) -> None:
            nonlocal answered, streams
            answered = True
            if message["type"] == "http.response.start" and is_stream(message):
                streams = True
                self.in_flight -= 1
            await send(message)

        self.in_flight += 1
        try:
            await self.app(scope, receive, noting_send)
        except CancelledError:
            if answered:
                raise
            await busy()(scope, receive, send)
        finally:
            self.in_flight -= not streams


def is_stream(start: Message) -> bool:
    """Whether the answer that begins so is a stream of events."""
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in start["headers"])


def _too_large(limit: int) -> JSONResponse:
    return problem(413, "Content too large", "body.too_large", f"body: expected at most {limit} bytes")


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:19])
    return 0
