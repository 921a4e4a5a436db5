"""Putting an event: a row in the transaction of what happened, and a delivery for each endpoint that wants its kind."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app.models.notice import Channel, DeliveryState, OutboxDelivery, OutboxEvent
from app.notices.kinds import check_payload

# The id is made here, not by the database, so that nobody who puts an event needs to read the table.
_FAN_OUT = text(
    "INSERT INTO outbox_deliveries (event_id, channel, endpoint_id, state, next_attempt_at)"
    " SELECT :event_id, 'webhook', w.id, 'pending', :now FROM webhook_endpoints w"
    " WHERE w.disabled_at IS NULL AND (w.kinds = '[]' OR w.kinds @> to_jsonb(CAST(:kind AS text))) ORDER BY w.id"
)


def put_event(session: Session, *, kind: str, payload: Mapping[str, Any], now: datetime, grid_id: int | None = None) -> UUID:
    """Tell other systems of something in this very transaction: it is sent if and only if that is committed.

    `kind` and the fields of `payload` are those of notices/kinds.py; codes, counts and ids only. `grid_id` where it is about
    one grid. Returns the event's id, the `webhook-id`. Raises ValueError for a kind or a field that is not listed.
    """
    event_id = add_event(session, kind=kind, payload=payload, grid_id=grid_id, now=now)
    session.execute(_FAN_OUT, {"event_id": event_id, "kind": kind, "now": now})
    return event_id


def put_event_for(session: Session, *, endpoint_id: int, kind: str, payload: Mapping[str, Any], now: datetime) -> UUID:
    """As put_event, for one endpoint alone, whatever kinds it wants."""
    event_id = add_event(session, kind=kind, payload=payload, grid_id=None, now=now)
    _deliver(session, event_id, now, channel=Channel.WEBHOOK, endpoint_id=endpoint_id)
    return event_id


def put_mail(session: Session, *, kind: str, digest_id: int, not_before: datetime, now: datetime) -> UUID:
    """As put_event, by mail: the digest with this id, not before that instant."""
    event_id = add_event(session, kind=kind, payload={"digest_id": digest_id}, grid_id=None, now=now)
    _deliver(session, event_id, not_before, channel=Channel.MAIL, digest_id=digest_id)
    return event_id


def put_pushes(session: Session, *, kind: str, told: Sequence[tuple[Collection[int], Mapping[str, Any]]], now: datetime) -> None:
    """As put_event, to phones: each of `told` is an event with this payload, to these phones, which have nothing pending."""
    events, deliveries = [], []
    for numbers, payload in told:
        check_payload(kind, payload)
        event_id = uuid4()
        events.append({"id": event_id, "kind": kind, "grid_id": None, "payload": dict(payload), "happened_at": now})
        pending = {"event_id": event_id, "state": DeliveryState.PENDING, "next_attempt_at": now, "channel": Channel.PUSH}
        deliveries += [{**pending, "device_number": number} for number in numbers]
    if events:
        session.execute(insert(OutboxEvent), events)
        session.execute(insert(OutboxDelivery), deliveries)


def add_event(session: Session, *, kind: str, payload: Mapping[str, Any], grid_id: int | None, now: datetime) -> UUID:
    """The event alone, for nobody yet."""
    check_payload(kind, payload)
    event_id = uuid4()
    values = {"id": event_id, "kind": kind, "grid_id": grid_id, "payload": dict(payload), "happened_at": now}
    session.execute(insert(OutboxEvent).values(values))
    return event_id


def _deliver(session: Session, event_id: UUID, at: datetime, **target: Any) -> None:
    values = {"event_id": event_id, "state": DeliveryState.PENDING, "next_attempt_at": at, **target}
    session.execute(insert(OutboxDelivery).values(values))
