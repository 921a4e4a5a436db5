"""What is told to people and to other systems: events and their deliveries, webhooks, notices, digests."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text
from app.models.organisation import Role


class Channel(StrEnum):
    """By which way an event leaves."""

    WEBHOOK = "webhook"
    MAIL = "mail"
    PUSH = "push"


class DeliveryState(StrEnum):
    """Where a delivery stands. A dead one is tried again only by hand."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class OutboxEvent(Base):
    """Something that happened, written in the transaction in which it happened. Its id is the `webhook-id`."""

    __tablename__ = "outbox_events"
    __table_args__ = (Index(None, "happened_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    grid_id: Mapped[int | None] = mapped_column(Integer)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WebhookEndpoint(Base):
    """Another system that wants to be told. No `kinds`: everything. `apart_since`: it failed or was slow, so it is served
    apart from the others."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    apart_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_because: Mapped[str | None] = mapped_column(Text)


class WebhookSecret(Base):
    """A key that signs for an endpoint, until it expires. Kept as it is, because it must sign; shown once."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (Index(None, "endpoint_id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id"))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Digest(Base):
    """One mail of a day to one person, in words; counts only, no customer in it."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("staff_id", "day"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date] = mapped_column(Date)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailAddress(Base):
    """Where a person gets the digest. Who has none gets none."""

    __tablename__ = "mail_addresses"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OutboxDelivery(Base):
    """One event on its way to one endpoint, mailbox or phone. While `claim` is set somebody is sending it, at the longest until
    `next_attempt_at`; then it is free again. `attempts` counts answers, so that a killed sender costs none."""

    __tablename__ = "outbox_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        UniqueConstraint("digest_id"),
        CheckConstraint(
            "(channel = 'webhook' AND endpoint_id IS NOT NULL AND digest_id IS NULL AND device_number IS NULL)"
            " OR (channel = 'mail' AND endpoint_id IS NULL AND digest_id IS NOT NULL AND device_number IS NULL)"
            " OR (channel = 'push' AND endpoint_id IS NULL AND digest_id IS NULL AND device_number IS NOT NULL)",
            name="target",
        ),
        Index("ix_outbox_deliveries_due", "endpoint_id", "next_attempt_at", "id", postgresql_where=text("state = 'pending'")),
        Index("uq_outbox_deliveries_device_pending", "device_number", unique=True, postgresql_where=text("state = 'pending'")),
        Index("ix_outbox_deliveries_dead", "id", postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("outbox_events.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(enum_text(Channel))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("webhook_endpoints.id"))
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digests.id"))
    device_number: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    state: Mapped[DeliveryState] = mapped_column(enum_text(DeliveryState))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claim: Mapped[UUID | None] = mapped_column(Uuid)
    last_status: Mapped[int | None] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replayed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notice(Base):
    """Something that whoever has `role` in `unit_id` should look at, or of them `for_staff_id` alone. One open notice for each
    of these and `subject`: what comes to it later raises it again, so that forty late orders of a manager are one notice."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("uq_notices_open", "unit_id", "role", "subject", unique=True, postgresql_where=text("resolved_at IS NULL")),
        Index(None, "unit_id", "role", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    role: Mapped[Role] = mapped_column(enum_text(Role))
    subject: Mapped[str] = mapped_column(Text)
    about_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    for_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeRead(Base):
    """Somebody has read a notice as it was then; raised again, it is unread again."""

    __tablename__ = "notice_reads"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
