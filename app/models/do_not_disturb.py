"""Customers who told a manager not to disturb them, and managers who want that taken back."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class DoNotDisturb(Base):
    """A refusal as a manager recorded it on the phone. What holds is in `contact_preferences`; this says who, when and why.

    `asked_at`: when the customer asked, by the server's clock; `until`: the last day, null for ever; `withdrawn`: work orders
    that it ended at once; `before`: the operator's own row that it replaced.
    """

    __tablename__ = "do_not_disturb"
    __table_args__ = (Index(None, "customer_id", "scope"), Index(None, "staff_id"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    work_order_id: Mapped[int] = mapped_column(BigInteger)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    scope: Mapped[str] = mapped_column(Text)
    until: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn: Mapped[int] = mapped_column(Integer)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UndoDecision(StrEnum):
    """What was said to taking a refusal back."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class DoNotDisturbUndo(Base):
    """That somebody wants a refusal taken back, why, and what somebody else decided."""

    __tablename__ = "do_not_disturb_undos"
    __table_args__ = (
        Index("uq_do_not_disturb_undos_undecided", "request_id", unique=True, postgresql_where=text("decided_at IS NULL")),
        Index("ix_do_not_disturb_undos_grid_undecided", "grid_id", "id", postgresql_where=text("decided_at IS NULL")),
        CheckConstraint("decided_by_account_id <> asked_by_account_id", name="two_persons"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("do_not_disturb.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_by_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[UndoDecision | None] = mapped_column(enum_text(UndoDecision))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decision_reason: Mapped[str | None] = mapped_column(Text)
