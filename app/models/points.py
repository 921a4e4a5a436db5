"""Points: plans, entries that are only ever added, and months that stay closed."""

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime, enum_text


class Component(StrEnum):
    """A part of a plan."""

    SUCCESS = "success"
    ACCURACY = "accuracy"
    EXISTING_SCHEME = "existing_scheme"


class EntryKind(StrEnum):
    """Earned in its month, or posted later with a link: what became known late; taken back whole; what stands instead of that."""

    EARNED = "earned"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"
    CORRECTION = "correction"


class BasePoints(Base):
    """A line of the operator's existing points scheme, as fed."""

    __tablename__ = "base_points"

    period: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    component: Mapped[str] = mapped_column(Text, primary_key=True)
    points: Mapped[Decimal] = mapped_column(Numeric(14, 4))


class PointsPlan(Base):
    """A version of the rules by which points are earned, as somebody wrote it. Never changed: a change is a new version.

    It is in force from `effective_from` to `effective_to` (None: until another is), once it is approved; the built-in one, which
    has no author, always. `unit_id`: the branch for which it is; None: the company.
    """

    __tablename__ = "points_plans"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        CheckConstraint("effective_to >= effective_from", name="effective_to"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    effective_from: Mapped[Month] = mapped_column(MonthType)
    pays: Mapped[str] = mapped_column(Text)
    index_prior: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    minimum_matured: Mapped[int] = mapped_column(Integer)
    minimum_judged: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    effective_to: Mapped[Month | None] = mapped_column(MonthType)
    author_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(Text, server_default=text("''"))


class PlanStep(StrEnum):
    """What was done with a plan after it was drafted."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENT_BACK = "sent_back"


class PointsPlanStep(Base):
    """That somebody submitted, approved or sent back a plan."""

    __tablename__ = "points_plan_steps"

    plan_id: Mapped[int] = mapped_column(ForeignKey("points_plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    step: Mapped[PlanStep] = mapped_column(enum_text(PlanStep))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    comment: Mapped[str] = mapped_column(Text)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PointsPlanApproval(Base):
    """That a second person agreed to a submitted plan; one for each scope and first month. A trigger fills in what the plan and
    its submission say."""

    __tablename__ = "points_plan_approvals"
    __table_args__ = (
        UniqueConstraint("unit_id", "effective_from", postgresql_nulls_not_distinct=True),
        CheckConstraint("approved_by <> author_account_id AND approved_by <> submitted_by", name="two_persons"),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("points_plans.id"), primary_key=True, autoincrement=False)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    effective_from: Mapped[Month] = mapped_column(MonthType)
    author_account_id: Mapped[int] = mapped_column(Integer)
    submitted_by: Mapped[int] = mapped_column(Integer)
    approved_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanComponent(Base):
    """Weight of a component, and the values between which it is normalised; `fallback` is the share of the weight
    that is paid where there is too little to judge."""

    __tablename__ = "plan_components"

    plan_id: Mapped[int] = mapped_column(ForeignKey("points_plans.id"), primary_key=True)
    component: Mapped[Component] = mapped_column(enum_text(Component), primary_key=True)
    weight: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    floor: Mapped[Decimal] = mapped_column(Numeric(14, 8))
    target: Mapped[Decimal] = mapped_column(Numeric(14, 8))
    cap: Mapped[Decimal] = mapped_column(Numeric(14, 8))
    fallback: Mapped[Decimal] = mapped_column(Numeric(14, 8))


class PointsMonth(Base):
    """A month of points. Once `closed_at` is set, a trigger lets nothing of it change."""

    __tablename__ = "points_months"

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("points_plans.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class PointsEntry(Base):
    """A line of points of one manager. `explanation` holds the figures and the formula in words.

    `recorded_at` is the database's own time, None from releases that did not keep it. Only
    app/points/ledger/service.py writes here.
    """

    __tablename__ = "points_entries"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'earned') = (cause IS NULL) AND (kind <> 'earned' OR refers_to_id IS NULL)"
            " AND (kind NOT IN ('reversal', 'correction') OR refers_to_id IS NOT NULL)",
            name="linked",
        ),
        Index("uq_points_entries_reversed", "refers_to_id", unique=True, postgresql_where=text("kind = 'reversal'")),
        Index("ix_points_entries_dispute_id", "dispute_id", postgresql_where=text("dispute_id IS NOT NULL")),
        Index(
            "uq_points_entries_earned", "month", "staff_id", "component", unique=True, postgresql_where=text("kind = 'earned'")
        ),
        UniqueConstraint("refers_to_id", "cause"),
        Index(None, "staff_id", "month"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    month: Mapped[Month] = mapped_column(ForeignKey("points_months.month"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    component: Mapped[Component] = mapped_column(enum_text(Component))
    kind: Mapped[EntryKind] = mapped_column(enum_text(EntryKind))
    points: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    plan_id: Mapped[int] = mapped_column(ForeignKey("points_plans.id"))
    refers_to_id: Mapped[int | None] = mapped_column(ForeignKey("points_entries.id"))
    cause: Mapped[str | None] = mapped_column(Text)
    explanation: Mapped[dict[str, Any]] = mapped_column(JSONB)
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    dispute_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("points_disputes.id", use_alter=True))
    recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PointsEvidence(Base):
    """What a line was made from: one work order or feedback and how it counted. weight is a decimal number; `score` is what a
    work order promised, None of a feedback and of months that were closed before it was kept.

    Nothing here carries a foreign key, because a close writes a row for each work order and feedback of its month: triggers look
    once for a statement whether all is there that it names, and keep it from going. Grid and person are the entry's, for row
    level security.
    """

    __tablename__ = "points_evidence"
    __table_args__ = (Index(None, "entry_id"), Index(None, "work_order_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInteger)
    grid_id: Mapped[int] = mapped_column(Integer)
    staff_id: Mapped[int] = mapped_column(Integer)
    work_order_id: Mapped[int] = mapped_column(BigInteger)
    feedback_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    verification_id: Mapped[int | None] = mapped_column(BigInteger)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    counted: Mapped[str] = mapped_column(Text)
    weight: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    score: Mapped[Decimal | None] = mapped_column(Numeric())


class MonthlyStatement(Base):
    """A manager's closed month: total and lines, as they were at the close."""

    __tablename__ = "monthly_statements"
    __table_args__ = (Index(None, "staff_id", "month"),)

    month: Mapped[Month] = mapped_column(ForeignKey("points_months.month"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    total: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class PayrollFile(Base):
    """The bytes that payroll pulls for a closed month, made once at its close."""

    __tablename__ = "payroll_files"

    month: Mapped[Month] = mapped_column(ForeignKey("points_months.month"), primary_key=True)
    row_count: Mapped[int] = mapped_column(Integer)
    points_sum: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    sha256: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PayrollAcknowledgement(Base):
    """Payroll's word that it holds a month's file, bit by bit."""

    __tablename__ = "payroll_acknowledgements"

    month: Mapped[Month] = mapped_column(ForeignKey("payroll_files.month"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    sha256: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime] = mapped_column(UtcDateTime)
