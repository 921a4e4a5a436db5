"""Work that nobody does: the rules by which it is told to managers, what was told, and when phones were last there."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class EscalationLevel(StrEnum):
    """Whom it reached."""

    GRID = "grid"
    BRANCH = "branch"


class EscalationRule(Base):
    """A rule's days where they are not the default ones (dispatch/escalation.py)."""

    __tablename__ = "escalation_rules"

    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    after_days: Mapped[int] = mapped_column(Integer)
    branch_after_days: Mapped[int] = mapped_column(Integer)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EscalationRuleChange(Base):
    """A change of a rule's days: to what, by whom (None: at the command line), and why. Written once."""

    __tablename__ = "escalation_rule_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    rule: Mapped[str] = mapped_column(Text)
    after_days: Mapped[int] = mapped_column(Integer)
    branch_after_days: Mapped[int] = mapped_column(Integer)
    enabled: Mapped[bool]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    because: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Escalation(Base):
    """A work order that a rule found, once for each level and for each `since`, the instant from which its rule counts."""

    __tablename__ = "escalations"
    __table_args__ = (
        UniqueConstraint("work_order_id", "level", "rule", "since"),
        Index("uq_escalations_open", "work_order_id", "level", unique=True, postgresql_where=text("resolved_at IS NULL")),
        Index("ix_escalations_grid_open", "grid_id", "since", postgresql_where=text("resolved_at IS NULL")),
        Index(None, "notice_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    work_order_id: Mapped[int] = mapped_column(BigInteger)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    level: Mapped[EscalationLevel] = mapped_column(enum_text(EscalationLevel))
    rule: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PhonePull(Base):
    """When a manager's phone was last there, to a quarter of an hour: what it had got by then is taken as seen."""

    __tablename__ = "phone_pulls"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    pulled_at: Mapped[datetime] = mapped_column(UtcDateTime)
