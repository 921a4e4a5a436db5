"""What every open live page asks again and again, in one round trip (app.api.quick)."""

import re

from fastapi import Request, Response
from fastapi.security import HTTPAuthorizationCredentials

from app.access.quick import leader_statement
from app.api.cookies import token_of
from app.api.dashboard.live_schemas import StuckList, TodayOut
from app.api.quick import Asker
from app.api.types import CODE
from app.core import clock
from app.core.hot import Statement
from app.core.hot_pool import Connection
from app.core.security import read_access_token
from app.reports.live.quick import stuck_quickly, today_quickly

_JSON = "application/json"


def prepare(request: Request) -> Asker | None:
    """Who asks, by the header or the console's cookie; None for a phone."""
    if "x-device-id" in request.headers:
        return None
    kind, _, said = request.headers.get("authorization", "").partition(" ")
    credentials = HTTPAuthorizationCredentials(scheme=kind, credentials=said) if kind.lower() == "bearer" else None
    claims = read_access_token(token_of(request, credentials), secret=request.app.state.secret, now=clock.now())
    return claims.account_id, leader_statement(claims, clock.local_date(clock.now()))


async def today(request: Request, connection: Connection, _account_id: int, who: Statement) -> Response | None:
    """GET /dashboard/v1/live."""
    code = request.query_params.get("grid_code")
    if code is not None and not re.fullmatch(CODE, code):
        return None
    found = await today_quickly(connection, who, grid_code=code, now=clock.now())
    return None if found is None else Response(TodayOut.model_validate(found).model_dump_json(), media_type=_JSON)


async def stuck(_request: Request, connection: Connection, _account_id: int, who: Statement) -> Response | None:
    """GET /dashboard/v1/live/stuck."""
    found = await stuck_quickly(connection, who)
    return None if found is None else Response(StuckList.model_validate({"items": found}).model_dump_json(), media_type=_JSON)
