"""Phones: which ones a person works with, how they stand, and where they are pushed to."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime


class Device(Base):
    """A phone on which a person works; `device_id` was made on it. `queue_length`: reports that it had still to send at
    `last_sync_at`. `push_*`: a browser's subscription of Web Push (RFC 8030, 8291), none where the phone wants no pushes."""

    __tablename__ = "devices"
    __table_args__ = (
        UniqueConstraint("staff_id", "device_id"),
        CheckConstraint("num_nulls(push_endpoint, push_p256dh, push_auth) IN (0, 3)", name="push_whole"),
        CheckConstraint("revoked_at IS NULL OR push_endpoint IS NULL", name="revoked_unpushed"),
        Index("ix_devices_pushed", "staff_id", postgresql_where=text("push_endpoint IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    device_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    app_version: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_sync_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queue_length: Mapped[int | None] = mapped_column(Integer)
    oldest_queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    push_endpoint: Mapped[str | None] = mapped_column(Text)
    push_p256dh: Mapped[bytes | None] = mapped_column(LargeBinary)
    push_auth: Mapped[bytes | None] = mapped_column(LargeBinary)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    revoke_reason: Mapped[str | None] = mapped_column(Text)


class PushMark(Base):
    """When a person was last told of new work, and the snapshot (pg_snapshot, as text) in which was looked: what it did not see
    was not told, however early it says it happened."""

    __tablename__ = "push_marks"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_snapshot: Mapped[str] = mapped_column(Text)


class PushSetting(Base):
    """Hours in which a person wants no pushes, such as `20-9`; those of everybody hold beside them."""

    __tablename__ = "push_settings"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    quiet_hours: Mapped[str | None] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
