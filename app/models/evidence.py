"""Hints about reports, the cases that people decide from them, and which rules are in use."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime, enum_text


class CaseKind(StrEnum):
    """What a case is about: one report, or a manager's month."""

    FEEDBACK = "feedback"
    MANAGER = "manager"


class CaseDecision(StrEnum):
    """What a person decided: the reports are not true, or nothing is wrong; nothing yet while it is open."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


class EvidenceFinding(Base):
    """What one rule found at one report. Append-only; it judges nothing by itself.

    `strength`: 0 to 1, how rare the rule takes it to be among honest reports. `facts`: the figures behind it, by name.
    """

    __tablename__ = "evidence_findings"
    __table_args__ = (
        UniqueConstraint("feedback_id", "rule", "rule_version"),
        Index(None, "month", "rule"),
        Index(None, "staff_id", "month"),
        CheckConstraint("strength >= 0 AND strength <= 1", name="strength"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feedback_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_feedback.id"))
    rule: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[int] = mapped_column(Integer)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    strength: Mapped[float] = mapped_column(Float)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReviewCase(Base):
    """A report, or a manager's month, that a person is asked to look at; opened once and never by itself a reason to pay less.

    `reasons`: a list of {rule, version, zh, en, facts}. `grid_id`: where the manager belonged, whose managers decide.
    """

    __tablename__ = "review_cases"
    __table_args__ = (
        UniqueConstraint(
            "kind", "staff_id", "month", "feedback_id", name="uq_review_cases_once", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("(kind = 'feedback') = (feedback_id IS NOT NULL)", name="about"),
        CheckConstraint(
            "num_nulls(decision, decision_reason, decided_at, decided_by_account_id) IN (0, 4)", name="decided_whole"
        ),
        CheckConstraint("num_nulls(seconded_at, seconded_by_account_id) IN (0, 2)", name="seconded_whole"),
        CheckConstraint("seconded_at IS NULL OR decided_at IS NOT NULL", name="seconded_after"),
        CheckConstraint("seconded_by_account_id <> decided_by_account_id", name="two_persons"),
        Index("ix_review_cases_grid_open", "grid_id", "opened_at", postgresql_where=text("decided_at IS NULL")),
        Index(
            "ix_review_cases_grid_to_second",
            "grid_id",
            "opened_at",
            postgresql_where=text("decision = 'upheld' AND seconded_at IS NULL"),
        ),
        Index(None, "grid_id", "opened_at"),
        Index(None, "staff_id", "month"),
        Index(None, "feedback_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[CaseKind] = mapped_column(enum_text(CaseKind))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    feedback_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact_feedback.id"))
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[CaseDecision | None] = mapped_column(enum_text(CaseDecision))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    seconded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconded_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class EvidenceRuleState(Base):
    """How a rule's cases were decided, and whether it is in use: below its floor it is switched off.

    `floor`: the least share of decided cases that must have been upheld. A version without a row is in use.
    """

    __tablename__ = "evidence_rule_states"
    __table_args__ = (
        CheckConstraint("num_nulls(switched_off_at, because) IN (0, 2)", name="switched_off_whole"),
        CheckConstraint("floor >= 0 AND floor <= 1", name="floor"),
        CheckConstraint("upheld BETWEEN 0 AND decided", name="upheld"),
    )

    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    floor: Mapped[float] = mapped_column(Float)
    decided: Mapped[int] = mapped_column(Integer)
    upheld: Mapped[int] = mapped_column(Integer)
    switched_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    because: Mapped[str | None] = mapped_column(Text)
