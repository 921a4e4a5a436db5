"""Following what changes, for all live pages of one process: one connection, which listens and looks.

A notification says only that there is something; what, is in `live_changes`, of which every row that has become visible since
the last look is read, whatever the order of the commits. Who committed without notifying is found by looking every half second.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from app.access.queries import ACTOR, REVOKED
from app.core import clock
from app.core.hot import written
from app.models.organisation import Role
from app.reports.live.streams import Change, Key, Streams

log = structlog.get_logger(__name__)

CHANNEL = "gridwork_live"
WATCHING = (Role.GRID_MANAGER, Role.BRANCH_MANAGER, Role.ADMIN)
PACE = 0.2  # seconds between two looks, at the least
PATIENCE = 0.5  # and at the most
KEEP_EVERY = 20.0  # seconds after which who listens is asked for again
LINGER = 30.0  # that the connection stays after the last page was closed
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # between two tries to connect

Connect = Callable[[], Awaitable[AsyncConnection[Any]]]

# What the snapshot before did not see is what began after it and what was under way in it.
_LOOK = """
SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 1,
    pg_current_snapshot()::text, (SELECT json_agg(DISTINCT jsonb_build_array(unit_id, topic)) FROM (
        SELECT unit_id, topic FROM live_changes WHERE changed_xid >= pg_snapshot_xmax(%(seen)s::pg_snapshot)
        UNION ALL SELECT unit_id, topic FROM live_changes
        WHERE changed_xid IN (SELECT pg_snapshot_xip(%(seen)s::pg_snapshot))) new)
"""
_NOW = "SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint, pg_current_snapshot()::text"
_SCOPE = "SELECT set_config('gridwork.scope', 'all', false)"  # which pages hear of what is decided for each of them
_ACTOR = (
    written(ACTOR)
    .replace("%(account_id)s", "asked.account_id")
    .replace("%(family_id)s", "asked.family_id")
    .replace("%(device_id)s", "CAST(NULL AS text)")
)
_STANDING = f"""
SELECT asked.account_id, asked.family_id, actor.role, actor.unit_id, actor.grid_ids
FROM unnest(%(accounts)s::int[], %(families)s::bigint[]) AS asked(account_id, family_id)
    CROSS JOIN LATERAL ({_ACTOR}) actor
WHERE actor.revoked_device_id IS NULL
"""  # noqa: S608 - made of constants


class Live:
    """The open streams of this process and the connection that feeds them, which is there while somebody listens."""

    def __init__(self, connect: Connect, *, most_streams: int) -> None:
        self.streams = Streams(most_streams)
        self._connect = connect
        self._task: asyncio.Task[None] | None = None

    def follow(self) -> None:
        """See to it that somebody looks; called in the loop of the streams."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())
            self._task.add_done_callback(lambda _: self.streams.lose())

    def stop(self) -> None:
        """End all streams, and the connection with them."""
        self.streams.stop()
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with await self._connect() as connection:
                    pause = FIRST_PAUSE
                    await self._listen(connection)
                if not self.streams.open:  # and nobody came while it was closed
                    return
            except (psycopg.Error, OSError) as error:
                self.streams.lose()
                log.warning("live_connection_lost", kind=type(error).__name__)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _listen(self, connection: AsyncConnection[Any]) -> None:
        """Look whenever there may be something, until nobody has listened for a while."""
        await connection.execute(f"LISTEN {CHANNEL}")
        await connection.execute(_SCOPE)
        position, seen = await _row(connection, _NOW, {})
        self.streams.begin(position)
        asked_at = listened_at = time.monotonic()
        while time.monotonic() - listened_at < LINGER:
            await self._wait(connection)
            before, after, seen, changes = await _row(connection, _LOOK, {"seen": seen})
            self.streams.see([_change(one) for one in changes or ()], before=before, after=after)
            self.streams.release(time.monotonic())
            if time.monotonic() - asked_at >= KEEP_EVERY:
                asked_at = time.monotonic()
                now = clock.now()
                standing = await _standing(connection, self.streams, clock.local_date(now))
                self.streams.keep(standing, now.timestamp())
            if self.streams.open:
                listened_at = time.monotonic()
        self.streams.looking.clear()
        self.streams.lose()

    async def _wait(self, connection: AsyncConnection[Any]) -> None:
        await asyncio.sleep(PACE)
        if not self.streams.busy:
            async for _ in connection.notifies(timeout=PATIENCE - PACE, stop_after=1):
                pass


async def _row(connection: AsyncConnection[Any], statement: str, values: dict[str, Any]) -> Any:
    return await (await connection.execute(statement, values)).fetchone()


def _change(found: list[Any]) -> Change:
    return int(found[0]), str(found[1])


async def _standing(connection: AsyncConnection[Any], streams: Streams, today: date) -> dict[Key, frozenset[int]]:
    """Of those who listen, who may go on, and of which units they may hear now."""
    keys = sorted({stream.watcher.key for stream in streams.open}, key=str)
    values = {"accounts": [key[0] for key in keys], "families": [key[1] for key in keys], "today": today, "revoked": REVOKED}
    rows = await (await connection.execute(_STANDING, values)).fetchall()
    return {(row[0], row[1]): units_of(row[3], row[4]) for row in rows if row[2] in WATCHING}


def units_of(unit_id: int | None, grid_ids: list[int]) -> frozenset[int]:
    """Of which units somebody of this unit hears: their grids, and their own unit, to which notices go."""
    return frozenset([*grid_ids, *([] if unit_id is None else [unit_id])])
