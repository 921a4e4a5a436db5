"""What changes in my grids, as it happens: a stream of server-sent events."""

from typing import Annotated

from fastapi import APIRouter, Header

from app.api.dashboard.event_stream import MEDIA_TYPE, EventStream
from app.api.deps import LiveDep, WatcherDep
from app.api.types import LARGEST_ID

router = APIRouter(prefix="/dashboard/v1", tags=["dashboard"])

_SENT = {"description": "`hello`, `changed` {unit_ids, topics}, `reload`, `beat`", "content": {MEDIA_TYPE: {}}}


@router.get("/events", status_code=200, response_class=EventStream, responses={200: _SENT})
async def follow_events(
    watcher: WatcherDep,
    live: LiveDep,
    last: Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=LARGEST_ID)] = None,
) -> EventStream:
    """Tells which figures of which of my units changed, within a second of the commit; never what they are now.

    `changed`: ask for what shows these topics; `reload`: ask for everything; `beat`: the stream lives. With `Last-Event-ID`
    what was missed is told first, or `reload`. It ends with the access token and with the log-in: come again.
    """
    return EventStream(live, watcher, last)
