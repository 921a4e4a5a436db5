"""The two routes that every phone asks all day, in one or two round trips (app.api.quick): a pull, and reports that need not be
kept aside."""

import re

from fastapi import Request, Response

from app.access.quick import find_asker, manager_statement
from app.api.deps import LONGEST_VERSION
from app.api.mobile.bodies import read_batch
from app.api.mobile.schemas import LARGEST_PAGE, SMALLEST_PAGE, FeedbackAnswer, FeedbackAnswers
from app.api.quick import Asker
from app.api.types import CODE
from app.core import clock
from app.core.hot import Statement, ask
from app.core.hot_pool import Connection
from app.core.security import read_access_token
from app.devices.versions import refuse_old
from app.feedback.quick import read_plain, reads, settle_plain
from app.feedback.service import Batch
from app.reports.phone import PAGE_BYTES
from app.reports.phone_quick import pull_quickly

_BEGIN: Statement = ("BEGIN", {})
_COMMIT: Statement = ("COMMIT", {})
_ROLLBACK: Statement = ("ROLLBACK", {})
_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,9}")


def prepare(request: Request) -> Asker | None:
    """Who asks, by the header that phones send; None where what the phone says of itself is odd."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    device_id, version = request.headers.get("x-device-id"), request.headers.get("x-app-version")
    sound = (device_id is None or re.fullmatch(CODE, device_id)) and len(version or "") <= LONGEST_VERSION
    if kind.lower() != "bearer" or not sound:
        return None
    refuse_old(version, request.app.state.settings.minimum_app_version)
    now = clock.now()
    claims = read_access_token(token, secret=request.app.state.secret, now=now)
    return claims.account_id, manager_statement(claims, clock.local_date(now), device_id)


async def pull(request: Request, connection: Connection, account_id: int, who: Statement) -> Response | None:
    """GET /mobile/v1/work-orders."""
    query = request.query_params
    cursor, set_hash, size = query.get("cursor"), query.get("set_hash"), query.get("max_bytes", str(PAGE_BYTES))
    if set_hash is not None and not _HASH.fullmatch(set_hash):
        return None
    if not _NUMBER.fullmatch(size) or not SMALLEST_PAGE <= int(size) <= LARGEST_PAGE:
        return None
    secret, now = request.app.state.secret, clock.now()
    body = await pull_quickly(
        connection,
        account_id=account_id,
        who=who,
        secret=secret,
        cursor=cursor,
        set_hash=set_hash,
        page_bytes=int(size),
        noted=request.state.noted,
        now=now,
    )
    return None if body is None else Response(body, media_type="application/json")


async def send(request: Request, connection: Connection, _account_id: int, who: Statement) -> Response | None:
    """POST /mobile/v1/feedback: committed before it is answered, or undone and left to the handler."""
    body, now = await read_batch(request), clock.now()
    batch = Batch(body.sent_at, body.device_id, body.items)
    reports = read_plain(batch, now)
    if reports is None:
        return None
    _, asker, *found = await ask(connection, [_BEGIN, who, *reads(reports)])
    principal = find_asker(asker)
    settled = settle_plain(reports, found, principal=principal, now=now) if principal else None
    if settled is None:
        await ask(connection, [_ROLLBACK])
        return None
    await ask(connection, [*settled.writes, _COMMIT])
    answers = FeedbackAnswers(items=[FeedbackAnswer.model_validate(one) for one in settled.answers])
    return Response(answers.model_dump_json(), status_code=207, media_type="application/json")
