"""Taking what is due and writing down what came of it. Between the two, with no transaction open, it is sent.

A claim is a mark that ends by itself: whoever is killed while sending leaves rows that are free again after CLAIM, and are
sent once more with the same id. A sender is done long before that (sending.py bounds it), so no two ever send the same row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.notices.kinds import body_of
from app.notices.parcels import Letter, Parcel
from app.notices.quiet import QuietHours
from app.notices.retry import MAX_TRIES, Answer, Verdict, judge
from app.notices.sealing import Seal
from app.notices.signing import headers_of

CLAIM = timedelta(minutes=5)
AT_ONCE = 20  # deliveries of one endpoint in one round

# Each endpoint gets its share of a round, however long another's queue is. SKIP LOCKED: what another sender takes is not ours.
_CLAIM = text("""
WITH lane AS (
    SELECT id FROM webhook_endpoints
    WHERE disabled_at IS NULL AND (apart_since IS NOT NULL) = :apart
), due AS (
    SELECT d.id FROM lane CROSS JOIN LATERAL (
        SELECT o.id FROM outbox_deliveries o
        WHERE o.endpoint_id = lane.id AND o.state = 'pending' AND o.next_attempt_at <= :now
        ORDER BY o.next_attempt_at, o.id LIMIT :at_once FOR UPDATE SKIP LOCKED) d
)
UPDATE outbox_deliveries d SET claim = :claim, next_attempt_at = :until
FROM due, outbox_events e, webhook_endpoints w
WHERE d.id = due.id AND e.id = d.event_id AND w.id = d.endpoint_id
RETURNING d.id, d.endpoint_id, d.attempts, d.event_id, e.kind, e.happened_at, e.payload, w.url,
    ARRAY(SELECT s.secret FROM webhook_secrets s
        WHERE s.endpoint_id = w.id AND (s.expires_at IS NULL OR s.expires_at > :now) ORDER BY s.id DESC) AS secrets
""")

_CLAIM_MAIL = text("""
WITH due AS (
    SELECT id FROM outbox_deliveries
    WHERE channel = 'mail' AND state = 'pending' AND next_attempt_at <= :now
    ORDER BY next_attempt_at, id LIMIT :at_once FOR UPDATE SKIP LOCKED
)
UPDATE outbox_deliveries d SET claim = :claim, next_attempt_at = :until
FROM due, digests g LEFT JOIN mail_addresses m ON m.staff_id = g.staff_id
WHERE d.id = due.id AND g.id = d.digest_id
RETURNING d.id, d.attempts, d.event_id, g.subject, g.body, m.address
""")

# Endpoints before deliveries, as where one is disabled, so that the two never deadlock.
_SET_APART = (
    "UPDATE webhook_endpoints SET apart_since = CASE WHEN :apart THEN coalesce(apart_since, :now) END"
    " WHERE id = :endpoint_id AND (apart_since IS NOT NULL) <> :apart"
)
_RECORD = """
UPDATE outbox_deliveries SET state = :state, attempts = :attempts, next_attempt_at = :next_at, claim = NULL,
    last_status = :status, last_error = :said, finished_at = :finished_at
WHERE id = :id AND claim = :claim
"""
_RELEASE = "UPDATE outbox_deliveries SET claim = NULL, next_attempt_at = :now WHERE id = :id AND claim = :claim"
_BURY = """
UPDATE outbox_deliveries d SET state = 'dead', claim = NULL, finished_at = :now, last_error = w.disabled_because
FROM webhook_endpoints w WHERE w.id = d.endpoint_id AND w.disabled_at IS NOT NULL AND d.state = 'pending'
"""


def claim_parcels(session: Session, *, apart: bool, seal: Seal, now: datetime) -> list[Parcel]:
    """Take what is due of the endpoints that answer well, or (`apart`) of those that failed or were slow; oldest first.

    Raises WrongSealKey."""
    claim = uuid4()
    values = {"apart": apart, "now": now, "at_once": AT_ONCE, "claim": claim, "until": now + CLAIM}
    rows = sorted(session.execute(_CLAIM, values), key=lambda row: row.id)
    parcels = []
    for row in rows:
        secrets = [seal.open(bytes(secret)) for secret in row.secrets]
        body = body_of(row.kind, row.happened_at.isoformat(), row.payload)
        headers = headers_of(f"evt_{row.event_id.hex}", int(now.timestamp()), body, secrets)
        parcels.append(Parcel(row.id, claim, row.endpoint_id, row.attempts, row.url, headers, body))
    return parcels


def claim_letters(session: Session, *, now: datetime) -> list[Letter]:
    """Take the mails that are due, oldest first."""
    claim = uuid4()
    values = {"now": now, "at_once": AT_ONCE, "claim": claim, "until": now + CLAIM}
    rows = sorted(session.execute(_CLAIM_MAIL, values), key=lambda row: row.id)
    return [Letter(r.id, claim, r.attempts, f"evt_{r.event_id.hex}", r.address, r.subject, r.body) for r in rows]


def record_parcels(
    session: Session, parcels: Sequence[Parcel], answers: Mapping[int, Answer], *, now: datetime
) -> dict[str, int]:
    """Write down what came of each; one without an answer was not sent, and is free again at once.

    410 disables its endpoint, whose deliveries are then dead. A claim that ran out meanwhile is another's: nothing is written.
    Returns {delivered, failed, dead}.
    """
    verdicts = {parcel.id: judge(answers[parcel.id], parcel.tries) for parcel in parcels if parcel.id in answers}
    by_endpoint = {p.endpoint_id: verdicts[p.id] for p in sorted(parcels, key=lambda p: p.id) if p.id in verdicts}
    for endpoint_id, verdict in sorted(by_endpoint.items()):
        count_changed(session, _SET_APART, {"endpoint_id": endpoint_id, "apart": verdict.apart, "now": now})
    for endpoint_id in sorted({p.endpoint_id for p in parcels if p.id in verdicts and verdicts[p.id].gone}):
        disable(session, endpoint_id, because="answered 410: it is gone", now=now)
    for parcel in parcels:
        if parcel.id not in verdicts:
            count_changed(session, _RELEASE, {"id": parcel.id, "claim": parcel.claim, "now": now})
    return _record(session, parcels, answers, verdicts, now)


def record_letters(
    session: Session, letters: Sequence[Letter], answers: Mapping[int, Answer], *, quiet: QuietHours, now: datetime
) -> dict[str, int]:
    """As record_parcels; nothing is tried again in quiet hours. Returns {delivered, failed, dead}."""
    verdicts = {letter.id: judge(answers[letter.id], letter.tries) for letter in letters}
    return _record(session, letters, answers, verdicts, now, quiet)


def disable(session: Session, endpoint_id: int, *, because: str, now: datetime) -> None:
    """Send nothing more to an endpoint; what waits for it is dead."""
    values = {"id": endpoint_id, "because": because, "now": now}
    statement = (
        "UPDATE webhook_endpoints SET disabled_at = :now, disabled_because = :because WHERE id = :id AND disabled_at IS NULL"
    )
    count_changed(session, statement, values)
    bury(session, now=now)


def bury(session: Session, *, now: datetime) -> int:
    """Let what waits for a disabled endpoint be dead: also what was put in the moment in which it was disabled."""
    return count_changed(session, _BURY, {"now": now})


def _record(
    session: Session,
    sent: Sequence[Parcel] | Sequence[Letter],
    answers: Mapping[int, Answer],
    verdicts: Mapping[int, Verdict],
    now: datetime,
    quiet: QuietHours | None = None,
) -> dict[str, int]:
    counts = {"delivered": 0, "failed": 0, "dead": 0}
    for one in sent:
        if one.id not in verdicts:
            continue
        verdict, tries = verdicts[one.id], one.tries + 1
        state = "delivered" if verdict.delivered else "pending" if verdict.wait is not None else "dead"
        next_at = now + (verdict.wait or timedelta(0))
        values: dict[str, Any] = {
            "id": one.id,
            "claim": one.claim,
            "state": state,
            "attempts": min(tries, MAX_TRIES),
            "next_at": quiet.over(next_at) if quiet is not None else next_at,
            "status": answers[one.id].status,
            "said": verdict.said,
            "finished_at": None if state == "pending" else now,
        }
        counts["failed" if state == "pending" else state] += count_changed(session, _RECORD, values)
    return counts
