"""Who may do more than their role says, what was done to accounts, who looked at people's histories, and who did what."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class Permission(StrEnum):
    """What a role alone does not allow."""

    PERSONNEL = "personnel"  # the history of people, for posting and promotion
    PAYROLL_CONSOLE = "payroll_console"  # the files of closed months, and whether payroll holds them


class AccountAct(StrEnum):
    """What was done to an account."""

    CREATED = "created"
    DISABLED = "disabled"
    ENABLED = "enabled"
    RESET = "password_reset"
    CHOSEN = "password_chosen"


class AccountEvent(Base):
    """What was done to an account, by whom; nobody: at the command line. Append-only."""

    __tablename__ = "account_events"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    act: Mapped[AccountAct] = mapped_column(enum_text(AccountAct))
    by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PermissionGrant(Base):
    """That a person may do something beyond their role until a day (included). Nobody grants to oneself. Append-only."""

    __tablename__ = "permission_grants"
    __table_args__ = (
        CheckConstraint("granted_by_staff_id <> staff_id", name="not_oneself"),
        CheckConstraint("length(btrim(reason)) >= 10", name="reason_given"),
        Index(None, "staff_id", "permission"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    permission: Mapped[Permission] = mapped_column(enum_text(Permission))
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[date] = mapped_column(Date)
    granted_by_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PermissionEnd(Base):
    """That a grant was ended before its day. Append-only."""

    __tablename__ = "permission_ends"

    grant_id: Mapped[int] = mapped_column(ForeignKey("permission_grants.id"), primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    ended_by_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonnelLook(Base):
    """That somebody looked at the history of a person, or at the people of a unit side by side. Append-only."""

    __tablename__ = "personnel_looks"
    __table_args__ = (
        CheckConstraint("num_nonnulls(staff_id, unit_id) = 1", name="at_one"),
        Index(None, "staff_id", "looked_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """Who did what when, as triggers keep it of what is recorded elsewhere; only they write here.

    `act`: `case.upheld`, `disclosure.reveal` ...; `object`: kind and reference, such as `customer:C01`. No account: the system.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "happened_at", "id"),
        Index(None, "account_id", "happened_at", "id"),
        Index(None, "object", "happened_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(Text)
    object: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
