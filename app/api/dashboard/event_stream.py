"""Server-sent events as an answer: it holds no thread and no connection to the database, and is not a request in flight."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.api.errors import from_app_error
from app.core.errors import AppError
from app.reports.live.following import Live
from app.reports.live.streams import Stream, Told, Watcher

MEDIA_TYPE = "text/event-stream"
BEAT_SECONDS = 15.0
SEND_SECONDS = 60.0  # that a client may take nothing
RETRY_MS = 2_000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(Response):
    """What `watcher` may hear from now on, or from the position `last` on, until they may not any more or leave."""

    media_type = MEDIA_TYPE

    def __init__(self, live: Live, watcher: Watcher, last: int | None) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self.live, self.watcher, self.last = live, watcher, last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a refusal is an ordinary problem."""
        try:
            stream = self.live.streams.join(self.watcher, self.last)
        except AppError as error:
            await from_app_error(error)(scope, receive, send)
            return
        self.live.follow()
        leaving = asyncio.create_task(_end_when_gone(stream, receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._tell(stream, send)
        finally:
            leaving.cancel()
            self.live.streams.leave(stream)

    async def _tell(self, stream: Stream, send: Send) -> None:
        with suppress(TimeoutError):  # a client that takes nothing: it comes back, and resumes
            async for text in self._texts(stream):
                await asyncio.wait_for(send(_body(text, more=True)), SEND_SECONDS)
            await asyncio.wait_for(send(_body("", more=False)), SEND_SECONDS)

    async def _texts(self, stream: Stream) -> AsyncIterator[str]:
        """First `hello`, once everything is seen from there on; then what changed, and a beat where nothing does."""
        streams = self.live.streams
        yield f"retry: {RETRY_MS}\n\n"
        while not stream.over and not await _happens(streams.looking, BEAT_SECONDS):
            yield ": \n\n"
        if not stream.over:
            yield event_text("hello", None, {"beat_seconds": BEAT_SECONDS, "resumed": self.last is not None})
        while not stream.over:
            quiet = not await _happens(stream.woken, BEAT_SECONDS)
            told = streams.take(stream)
            if told is not None:
                yield told_text(told)
            elif quiet:  # while nobody looks it does not say that it lives
                yield ": \n\n" if streams.since is None else event_text("beat", streams.position, {})


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
        return True
    return False


async def _end_when_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


def told_text(told: Told) -> str:
    """What changed, in which units; or that everything is to be read again."""
    if told.reload:
        return event_text("reload", told.position, {})
    units, topics = {unit for unit, _ in told.changes}, {topic for _, topic in told.changes}
    return event_text("changed", told.position, {"unit_ids": sorted(units), "topics": sorted(topics)})


def event_text(kind: str, position: int | None, data: dict[str, object]) -> str:
    """One event as it is sent; with a position, that is what a client resumes from."""
    place = "" if position is None else f"id: {position}\n"
    return f"event: {kind}\n{place}data: {json.dumps(data, separators=(',', ':'))}\n\n"


def _body(text: str, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": more}
