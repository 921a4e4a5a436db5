"""Reads of webhooks, deliveries and events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.notice import Channel, DeliveryState, OutboxDelivery, OutboxEvent, WebhookEndpoint, WebhookSecret


class UnknownEndpoint(NotFound):
    """There is no webhook with this name."""

    code = "webhook.unknown"


class UnknownDelivery(NotFound):
    """There is no delivery with this number."""

    code = "delivery.unknown"


@dataclass(frozen=True)
class EndpointRow:
    """A webhook, with how much waits for it and how much of it is dead."""

    name: str
    url: str
    kinds: list[str]
    created_at: datetime
    apart_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None
    pending: int
    dead: int


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery with its event; `endpoint` is None for a mail."""

    id: int
    event_id: UUID
    kind: str
    channel: Channel
    endpoint: str | None
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_status: int | None
    last_error: str | None
    happened_at: datetime
    finished_at: datetime | None
    replayed_at: datetime | None


def lock_endpoint(session: Session, name: str) -> WebhookEndpoint:
    """The webhook, locked until the end of the transaction; who puts events need not wait. Raises UnknownEndpoint."""
    statement = select(WebhookEndpoint).where(WebhookEndpoint.name == name).order_by(WebhookEndpoint.id)
    found = session.scalar(statement.with_for_update(key_share=True).execution_options(populate_existing=True))
    if found is None:
        raise UnknownEndpoint(f"name: there is no webhook {name}")
    return found


def lock_secrets(session: Session) -> list[WebhookSecret]:
    """Every key of a webhook, locked until the end of the transaction."""
    statement = select(WebhookSecret).order_by(WebhookSecret.id).with_for_update()
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def endpoint_rows(session: Session) -> list[EndpointRow]:
    """Every webhook, by name."""
    waiting = func.count(OutboxDelivery.id).filter(OutboxDelivery.state == DeliveryState.PENDING)
    dead = func.count(OutboxDelivery.id).filter(OutboxDelivery.state == DeliveryState.DEAD)
    end = WebhookEndpoint
    columns: list[Any] = [end.name, end.url, end.kinds, end.created_at, end.apart_since, end.disabled_at, end.disabled_because]
    columns += [waiting, dead]
    undelivered = and_(OutboxDelivery.endpoint_id == WebhookEndpoint.id, OutboxDelivery.state != DeliveryState.DELIVERED)
    statement = (
        select(*columns).outerjoin(OutboxDelivery, undelivered).group_by(WebhookEndpoint.id).order_by(WebhookEndpoint.name)
    )
    return [EndpointRow(*row) for row in session.execute(statement)]


def is_disabled(session: Session, endpoint_id: int) -> bool:
    """Whether nothing is sent to it."""
    statement = select(WebhookEndpoint.disabled_at.is_not(None)).where(WebhookEndpoint.id == endpoint_id)
    return session.scalars(statement.with_for_update(read=True)).one()


def lock_delivery(session: Session, delivery_id: int) -> OutboxDelivery:
    """The delivery, locked until the end of the transaction. Raises UnknownDelivery."""
    statement = select(OutboxDelivery).where(OutboxDelivery.id == delivery_id).order_by(OutboxDelivery.id)
    found = session.scalar(statement.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise UnknownDelivery
    return found


def delivery_page(
    session: Session, *, state: DeliveryState | None, reader: str, cursor: str | None, limit: int, secret: str
) -> Page[DeliveryRow]:
    """A page of deliveries, newest first, of one state or of all. Raises WrongCursor."""
    size = clamp_page_size(limit)
    list_name = f"deliveries/{state or ''}/{reader}"
    statement = _deliveries().order_by(OutboxDelivery.id.desc()).limit(size + 1)
    if state is not None:
        statement = statement.where(OutboxDelivery.state == state)
    if cursor is not None:
        statement = statement.where(OutboxDelivery.id < int(read_cursor(secret, list_name, cursor)))
    rows = [DeliveryRow(*row) for row in session.execute(statement)]
    more = len(rows) > size
    return Page(rows[:size], write_cursor(secret, list_name, rows[size - 1].id) if more else None)


def count_dead(session: Session) -> int:
    """Deliveries that wait for a person."""
    return session.scalars(select(func.count()).where(OutboxDelivery.state == DeliveryState.DEAD)).one()


def last_delivery_to(session: Session, endpoint_id: int) -> DeliveryRow:
    """The newest delivery of a webhook."""
    statement = _deliveries().where(OutboxDelivery.endpoint_id == endpoint_id).order_by(OutboxDelivery.id.desc()).limit(1)
    return DeliveryRow(*session.execute(statement).one())


def events_kept(*, pending_or_dead_after: datetime) -> Select[UUID]:
    """Ids of the events that are not forgotten: under way, or dead since then."""
    dead_lately = and_(OutboxDelivery.state == DeliveryState.DEAD, OutboxDelivery.finished_at > pending_or_dead_after)
    return select(OutboxDelivery.event_id).where(or_(OutboxDelivery.state == DeliveryState.PENDING, dead_lately))


def _deliveries() -> Select[*tuple[Any, ...]]:
    return (
        select(
            OutboxDelivery.id,
            OutboxDelivery.event_id,
            OutboxEvent.kind,
            OutboxDelivery.channel,
            WebhookEndpoint.name,
            OutboxDelivery.state,
            OutboxDelivery.attempts,
            OutboxDelivery.next_attempt_at,
            OutboxDelivery.last_status,
            OutboxDelivery.last_error,
            OutboxEvent.happened_at,
            OutboxDelivery.finished_at,
            OutboxDelivery.replayed_at,
        )
        .join(OutboxEvent, OutboxEvent.id == OutboxDelivery.event_id)
        .outerjoin(WebhookEndpoint, WebhookEndpoint.id == OutboxDelivery.endpoint_id)
    )
