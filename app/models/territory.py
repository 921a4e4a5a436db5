"""Handovers: customers and their live work orders go to other managers or another grid, from a day on."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class HandoverKind(StrEnum):
    """What gives rise to it."""

    LEAVE = "leave"
    EXIT = "exit"
    TRANSFER = "transfer"
    NEW_MANAGER = "new_manager"
    GRID_SPLIT = "grid_split"
    GRID_MERGE = "grid_merge"


class HandoverStatus(StrEnum):
    """Where it stands. Until it is applied it can be cancelled; a leave that is over is returned."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    APPLIED = "applied"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class OrderWay(StrEnum):
    """What becomes of a live work order in a handover."""

    MOVED = "moved"  # to another manager or another grid, on its day or the next one free
    LATER = "later"  # its manager does it after the leave
    POOL = "pool"  # nobody has a day free for it
    STAYS = "stays"  # somebody was promised a call, and the manager who promised it keeps it


class Handover(Base):
    """A handover of a grid (`grid_id`), perhaps to another one.

    `staff_id`: who goes, or in new_manager who comes. `effective_on`: the first day on which it is otherwise; `return_on`: of a
    leave, the first day on which it is as before. `choices`: what was asked for; `preview`: what it looked like when planned;
    `outcome`: what was done, or `problem`: why it could not be.
    """

    __tablename__ = "handovers"
    __table_args__ = (
        Index(None, "grid_id"),
        Index("ix_handovers_due", "effective_on", postgresql_where=text("status IN ('confirmed', 'applied')")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    kind: Mapped[HandoverKind] = mapped_column(enum_text(HandoverKind))
    status: Mapped[HandoverStatus] = mapped_column(enum_text(HandoverStatus))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    to_grid_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    effective_on: Mapped[date] = mapped_column(Date)
    return_on: Mapped[date | None] = mapped_column(Date)
    choices: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(Text)
    preview: Mapped[dict[str, Any]] = mapped_column(JSONB)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    problem: Mapped[str | None] = mapped_column(Text)
    planned_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HandoverCustomer(Base):
    """A customer of a handover: whose it was and whose it becomes."""

    __tablename__ = "handover_customers"
    __table_args__ = (Index(None, "customer_id"),)

    handover_id: Mapped[int] = mapped_column(ForeignKey("handovers.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    from_grid_id: Mapped[int] = mapped_column(Integer)
    from_staff_id: Mapped[int | None] = mapped_column(Integer)
    to_grid_id: Mapped[int] = mapped_column(Integer)
    to_staff_id: Mapped[int | None] = mapped_column(Integer)


class HandoverOrder(Base):
    """A live work order of a handover: whose and when it was and becomes. Planned until the handover is applied, then as done."""

    __tablename__ = "handover_orders"

    handover_id: Mapped[int] = mapped_column(ForeignKey("handovers.id"), primary_key=True)
    work_order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    way: Mapped[OrderWay] = mapped_column(enum_text(OrderWay))
    from_grid_id: Mapped[int] = mapped_column(Integer)
    from_staff_id: Mapped[int] = mapped_column(Integer)
    from_day: Mapped[date] = mapped_column(Date)
    to_grid_id: Mapped[int] = mapped_column(Integer)
    to_staff_id: Mapped[int] = mapped_column(Integer)
    to_day: Mapped[date] = mapped_column(Date)


class OwnershipHold(Base):
    """A customer whom a handover gave away while the feed still says what it said before. Written by ingest alone."""

    __tablename__ = "ownership_holds"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    feed_grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    feed_owner_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    handover_id: Mapped[int] = mapped_column(ForeignKey("handovers.id"))


class OwnershipNews(Base):
    """A customer with live work whose grid or owner the feed changed, and who owned them before the first such change; until
    the work has followed. Written and taken away by ingest alone."""

    __tablename__ = "ownership_news"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    owner_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class PostingHold(Base):
    """A person whose unit or last day a handover set while the feed still says what it said before. Written by ingest alone."""

    __tablename__ = "posting_holds"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    feed_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    feed_active_to: Mapped[date | None] = mapped_column(Date)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handovers.id"))
