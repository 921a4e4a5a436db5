"""Counts and times every request by its route, and logs it without what was in it."""

import time

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.limits import is_stream

log = structlog.get_logger(__name__)

REQUESTS = Counter("gridwork_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("gridwork_request_seconds", "Time to answer", ["method", "route"])


class Observe:
    """ASGI middleware: metrics and one log line for each request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, streams = 500, False
        started = time.perf_counter()

        async def noting_send(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status, streams = message["status"], is_stream(message)
            await send(message)

        try:
            await self.app(scope, receive, noting_send)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - started
            REQUESTS.labels(scope["method"], route, str(status)).inc()
            if not streams:  # how long a page was open says nothing of how long it took
                SECONDS.labels(scope["method"], route).observe(seconds)
            log.info("request", method=scope["method"], route=route, status=status, seconds=round(seconds, 4))
