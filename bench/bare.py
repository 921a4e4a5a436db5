"""The floor for the phone's routes: a bare Starlette handler with raw SQL by asyncpg and JSON by orjson, on the same tables.

Run as `DATABASE_URL=... uvicorn --factory bench.bare:create_app`. It checks no token and keeps no rule.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_ORDERS = """
SELECT w.id, w.version, w.state, k.name AS campaign, k.channel, r.product_code, r.name AS product, w.scheduled_on, w.due_on,
    c.customer_no, c.name, c.phone, c.address, c.latitude, c.longitude, c.segment, c.tags, k.talk_track
FROM work_orders w JOIN campaigns k ON k.id = w.campaign_id JOIN products r ON r.id = w.product_id
    JOIN customers c ON c.id = w.customer_id
WHERE w.staff_id = $1 AND w.state IN ('open', 'in_progress') ORDER BY w.id
"""
_STORE = """
INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, channel, outcome, phone_started_at, contacted_at,
    clock_offset_seconds, clock_doubtful, received_at, month, content_hash)
SELECT $1, w.id, w.customer_id, w.staff_id, w.grid_id, 'call', $3, $4, $4, 0, false, $5, date_trunc('month', $5::timestamptz)::date, ''
FROM work_orders w WHERE w.id = $2 ON CONFLICT (id) DO NOTHING
"""


async def _pull(request: Request) -> Response:
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(_ORDERS, int(request.query_params["staff_id"]))
    return Response(orjson.dumps([dict(row) for row in rows]), media_type="application/json")


async def _send(request: Request) -> Response:
    item = orjson.loads(await request.body())["items"][0]
    started = datetime.fromisoformat(item["started_at"])
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(_STORE, UUID(item["id"]), item["work_order_id"], item["outcome"], started, datetime.now(UTC))
    return Response(orjson.dumps({"id": item["id"], "status": "accepted"}), status_code=207, media_type="application/json")


def create_app() -> Starlette:
    """Two routes and a pool."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        url = make_url(os.environ["DATABASE_URL"])
        app.state.pool = await asyncpg.create_pool(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            database=url.database,
            min_size=16,
            max_size=16,
            server_settings={"gridwork.scope": "all"},
        )
        yield
        await app.state.pool.close()

    return Starlette(routes=[Route("/pull", _pull), Route("/send", _send, methods=["POST"])], lifespan=lifespan)
