"""What reports say beside their outcome: competitors, corrections proposed to the data's owner, attachments."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, Date, ForeignKey, Identity, Index, Numeric, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class CompetitorFinding(Base):
    """What a customer had from another operator when a report was made; scoring may read it.

    Those of a report that was corrected do not count. `ends_on`: the last day of the contract there; price a month.
    """

    __tablename__ = "competitor_findings"
    __table_args__ = (Index(None, "customer_id", "found_at"),)

    feedback_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_feedback.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    operator: Mapped[str] = mapped_column(Text)
    monthly_price: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    ends_on: Mapped[date | None] = mapped_column(Date)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProposalDecision(StrEnum):
    """What the owner of the data said to a correction."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class CorrectionProposal(Base):
    """That a field of a customer should hold another value, as a manager found. `field`: a code of feedback/findings.py.

    Nothing is overwritten: an accepted one is told to the operator's systems, whose next extract brings it.
    """

    __tablename__ = "correction_proposals"
    __table_args__ = (
        UniqueConstraint("feedback_id", "field"),
        Index(None, "customer_id"),
        Index("ix_correction_proposals_undecided", "grid_id", "id", postgresql_where=text("decided_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feedback_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_feedback.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    field: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[ProposalDecision | None] = mapped_column(enum_text(ProposalDecision))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decision_note: Mapped[str | None] = mapped_column(Text)


class FeedbackAttachment(Base):
    """That a report refers to an attachment, which may not have arrived yet: so there is no foreign key to it."""

    __tablename__ = "feedback_attachments"
    __table_args__ = (Index(None, "attachment_id"),)

    feedback_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_feedback.id"), primary_key=True)
    attachment_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
