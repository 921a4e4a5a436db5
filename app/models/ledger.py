"""The ledger under the lines of points: both sides of each in whole units, seals over them, and overrides that stay on record."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, TransactionId, UtcDateTime, enum_text


class LedgerSide(StrEnum):
    """Whose account a posting is on."""

    MANAGER = "manager"
    PLAN = "plan"


class LedgerPosting(Base):
    """One side of an entry, written by the database with it. `amount` is in units of 1/10,000 point; the two sides sum to 0."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        CheckConstraint(
            "(side = 'manager') = (staff_id IS NOT NULL) AND (side = 'plan') = (plan_id IS NOT NULL)", name="account_of_its_side"
        ),
        Index(None, "month"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("points_entries.id"), primary_key=True)
    side: Mapped[LedgerSide] = mapped_column(enum_text(LedgerSide), primary_key=True)
    month: Mapped[Month] = mapped_column(MonthType)
    staff_id: Mapped[int | None]
    plan_id: Mapped[int | None]
    amount: Mapped[int] = mapped_column(BigInteger)


class LedgerOverride(Base):
    """The owner of the tables changed what must not change: who, when, why. Nobody can remove it."""

    __tablename__ = "ledger_overrides"
    __table_args__ = (CheckConstraint("length(btrim(reason)) >= 10", name="reason_given"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, server_default=text("session_user"))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=text("clock_timestamp()"))
    xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))


class LedgerOverrideRow(Base):
    """One row as it was before an override changed or removed it."""

    __tablename__ = "ledger_override_rows"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    override_id: Mapped[int] = mapped_column(ForeignKey("ledger_overrides.id"))
    table_name: Mapped[str] = mapped_column(Text)
    operation: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)


class LedgerSeal(Base):
    """A link of the chain: `sha256` covers the seal before, the leaves of this batch and all overrides so far."""

    __tablename__ = "ledger_seals"
    __table_args__ = (UniqueConstraint("previous_sha256"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last_entry_id: Mapped[int] = mapped_column(BigInteger)
    entry_count: Mapped[int] = mapped_column(Integer)
    override_count: Mapped[int] = mapped_column(Integer)
    overrides_sha256: Mapped[str] = mapped_column(Text)
    previous_sha256: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LedgerLeaf(Base):
    """The hash of an entry with its sides and its evidence as it was sealed. No key to the entry, whose removal it survives."""

    __tablename__ = "ledger_leaves"
    __table_args__ = (Index(None, "seal_id"),)

    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seal_id: Mapped[int] = mapped_column(ForeignKey("ledger_seals.id"))
    sha256: Mapped[str] = mapped_column(Text)
