"""Pushing to phones by the outbox: put, claimed, recorded. Between the last two, with no transaction open, it is sent.

As for webhooks (notices/relay.py), but for three things: nothing goes out in quiet hours, news that is half a day old is
forgotten, and a phone that is gone (404, 410) is pushed to no more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.devices.quiet_hours import over_both, parse_own
from app.devices.web_push import LIFE, Push
from app.models.device import PushMark
from app.notices.outbox import put_pushes
from app.notices.quiet import QuietHours
from app.notices.retry import GONE, MAX_TRIES, Answer, judge

CLAIM = timedelta(minutes=5)
AT_ONCE = 50
_GONE = (404, GONE)

_CLAIM = text("""
WITH due AS (
    SELECT id FROM outbox_deliveries
    WHERE endpoint_id IS NULL AND channel = 'push' AND state = 'pending' AND next_attempt_at <= :now
    ORDER BY next_attempt_at, id LIMIT :at_once FOR UPDATE SKIP LOCKED
)
UPDATE outbox_deliveries d SET claim = :claim, next_attempt_at = :until
FROM due, outbox_events e, devices v LEFT JOIN push_settings q ON q.staff_id = v.staff_id
WHERE d.id = due.id AND e.id = d.event_id AND v.id = d.device_number
RETURNING d.id, d.attempts, v.id AS device, v.push_endpoint, v.push_p256dh, v.push_auth, e.kind, e.happened_at, e.payload,
    q.quiet_hours
""")
_FORGET = "DELETE FROM outbox_deliveries WHERE id = :id AND claim = :claim"
_LATER = (
    "UPDATE outbox_deliveries SET claim = NULL, next_attempt_at = :next_at, attempts = :attempts, last_status = :status,"
    " last_error = :said WHERE id = :id AND claim = :claim"
)
_DELIVERED = (
    "UPDATE outbox_deliveries SET claim = NULL, state = 'delivered', attempts = :attempts, last_status = :status,"
    " last_error = NULL, finished_at = :now WHERE id = :id AND claim = :claim"
)
_UNSUBSCRIBE = (
    "UPDATE devices SET push_endpoint = NULL, push_p256dh = NULL, push_auth = NULL"
    " WHERE id = :device AND push_endpoint = :endpoint"
)


def push_to_people(
    session: Session, *, kind: str, told: Mapping[int, tuple[Sequence[int], Mapping[str, Any]]], snapshot: str, now: datetime
) -> None:
    """Put one message to each of these people (staff id to phones and payload), and keep when they were told, and in which
    snapshot was looked."""
    if not told:
        return
    put_pushes(session, kind=kind, told=list(told.values()), now=now)
    statement = insert(PushMark)
    changed = {"told_at": statement.excluded.told_at, "told_snapshot": statement.excluded.told_snapshot}
    marks = [{"staff_id": staff_id, "told_at": now, "told_snapshot": snapshot} for staff_id in sorted(told)]
    session.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=changed), marks)


def claim_pushes(session: Session, *, quiet: QuietHours, now: datetime) -> list[Push]:
    """Take the pushes that are due, oldest first; those in quiet hours wait for their end, those to nowhere are forgotten."""
    claim = uuid4()
    values = {"now": now, "at_once": AT_ONCE, "claim": claim, "until": now + CLAIM}
    taken = []
    for row in sorted(session.execute(_CLAIM, values), key=lambda row: row.id):
        own = parse_own(row.quiet_hours, quiet.zone)
        awake = over_both(quiet, own, now)
        if row.push_endpoint is None or awake >= row.happened_at + LIFE:
            count_changed(session, _FORGET, {"id": row.id, "claim": claim})
        elif awake > now:
            nothing = {"attempts": row.attempts, "status": None, "said": "quiet hours"}
            count_changed(session, _LATER, {"id": row.id, "claim": claim, "next_at": awake, **nothing})
        else:
            taken.append(_push(row, claim, own))
    return taken


def record_pushes(
    session: Session, pushes: Sequence[Push], answers: Mapping[int, Answer], *, quiet: QuietHours, now: datetime
) -> dict[str, int]:
    """Write down what came of each; one without an answer was not sent, and is free again at once.

    What is tried again waits for the end of quiet hours. Returns {delivered, failed, gone, forgotten}.
    """
    counts = dict.fromkeys(("delivered", "failed", "gone", "forgotten"), 0)
    for push in pushes:
        answer = answers.get(push.id)
        verdict = None if answer is None else judge(answer, push.tries)
        mine = {"id": push.id, "claim": push.claim, "status": answer and answer.status, "said": verdict and verdict.said}
        mine["attempts"] = min(push.tries + (answer is not None), MAX_TRIES)
        next_at = over_both(quiet, push.own_quiet, now + ((verdict and verdict.wait) or timedelta(0)))
        if verdict is not None and verdict.delivered:
            counts["delivered"] += count_changed(session, _DELIVERED, {**mine, "now": now})
        elif answer is not None and answer.status in _GONE:
            count_changed(session, _UNSUBSCRIBE, {"device": push.device, "endpoint": push.endpoint})
            counts["gone"] += count_changed(session, _FORGET, mine)
        elif (verdict is not None and verdict.wait is None) or next_at >= push.happened_at + LIFE:
            counts["forgotten"] += count_changed(session, _FORGET, mine)
        else:
            counts["failed"] += count_changed(session, _LATER, {**mine, "next_at": next_at})
    return counts


def _push(row: Row[Any], claim: Any, own: QuietHours | None) -> Push:
    return Push(
        row.id,
        claim,
        row.attempts,
        row.device,
        row.push_endpoint,
        bytes(row.push_p256dh),
        bytes(row.push_auth),
        row.kind,
        row.happened_at,
        row.payload,
        own,
    )
