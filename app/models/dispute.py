"""Disputes: a manager says that a line of points should read otherwise, and somebody else decides."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Numeric, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime, enum_text
from app.models.feedback import Verdict
from app.models.points import Component


class DisputeDecision(StrEnum):
    """What was decided; nothing yet while it is open."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


_DECIDED = "num_nulls(decision, decided_at, decision_reason, decided_by_staff_id) IN (0, 4)"
_PROPOSED = "num_nulls(proposed_points, proposed_reason, proposed_at, proposed_by_staff_id) IN (0, 4)"
_OVERRULES = "num_nulls(feedback_id, verdict) = 2 OR (num_nulls(feedback_id, verdict) = 0 AND component = 'accuracy')"


class PointsDispute(Base):
    """A line (of a component, perhaps of one entry or one work order) that a manager disputes; the id was made on the phone.

    `shown`: the line as the server had it then. `grid_id`: the manager's then, whose managers decide, until `due_on`.
    `expected_points`: what the line should read where that is a figure; `accepted_points`: by how much an accepted one
    changes it. proposed_...: an acceptance that needs a second person. `feedback_id`, `verdict`: the report that an accepted or
    proposed one judges otherwise, and how. A trigger lets nothing of a decided one change.
    """

    __tablename__ = "points_disputes"
    __table_args__ = (
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint("decided_by_staff_id <> staff_id", name="not_ones_own"),
        CheckConstraint("proposed_by_staff_id <> staff_id", name="not_proposed_oneself"),
        CheckConstraint(_PROPOSED, name="proposed_whole"),
        CheckConstraint(
            "decision <> 'accepted' OR proposed_points IS NULL OR decided_by_staff_id <> proposed_by_staff_id",
            name="second_person",
        ),
        CheckConstraint("decision = 'accepted' OR accepted_points IS NULL", name="points_of_an_accepted"),
        CheckConstraint(_OVERRULES, name="verdict_of_a_report"),
        CheckConstraint("decision = 'accepted' OR decision IS NULL OR verdict IS NULL", name="verdict_of_an_accepted"),
        Index(
            "uq_points_disputes_open",
            "staff_id",
            "month",
            "component",
            "entry_id",
            "work_order_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_points_disputes_grid_open", "grid_id", "raised_at", postgresql_where=text("decided_at IS NULL")),
        Index(None, "grid_id", "raised_at"),
        Index(None, "staff_id", "raised_at"),
        Index(None, "month"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    component: Mapped[Component] = mapped_column(enum_text(Component))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("points_entries.id"))
    work_order_id: Mapped[int | None] = mapped_column(BigInteger)
    expected: Mapped[str] = mapped_column(Text)
    expected_points: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    attachment_ids: Mapped[list[str]] = mapped_column(JSONB)
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date | None] = mapped_column(Date)
    told_branch_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_company_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proposed_points: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    proposed_reason: Mapped[str | None] = mapped_column(Text)
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proposed_by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decision: Mapped[DisputeDecision | None] = mapped_column(enum_text(DisputeDecision))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    accepted_points: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    feedback_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact_feedback.id"))
    verdict: Mapped[Verdict | None] = mapped_column(enum_text(Verdict))

    @property
    def status(self) -> str:
        """open, accepted or rejected."""
        return self.decision.value if self.decision else "open"

    @property
    def waits_for_second(self) -> bool:
        """Whether somebody accepted it and another person is to agree."""
        return self.decision is None and self.proposed_at is not None
