"""What managers reported, what could not be taken, and what was found to be true."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime, enum_text


class Channel(StrEnum):
    """How the customer was contacted."""

    CALL = "call"
    VISIT = "visit"
    SMS = "sms"
    COUNTER = "counter"


class Verdict(StrEnum):
    """What is known about a feedback's truth; unverifiable counts neither way."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    UNVERIFIABLE = "unverifiable"


class VerificationKind(StrEnum):
    """Who or what judged."""

    AUTOMATIC = "automatic"
    BACK_CHECK = "back_check"
    REVIEW = "review"
    DISPUTE = "dispute"


class ContactFeedback(Base):
    """One report of one contact, made on the phone. Never changed: a correction is a new one with `corrects_id`.

    `contacted_at` is the phone's start of contact, moved by the phone's measured clock error and never after
    `received_at`; `month` follows from `received_at` alone. `elapsed_ms`: of the contact, by the phone's monotonic clock;
    `order_sequence` counts a phone's reports on a work order from 1; `answer_code`: with which it was accepted, if with any.
    `home_grid_id`: of work on loan the grid that lent it, which sees the report too; `grid_id` is where the manager belongs.
    """

    __tablename__ = "contact_feedback"
    __table_args__ = (
        Index(None, "work_order_id"),
        Index(None, "customer_id"),
        Index(None, "received_at", postgresql_using="brin"),
        Index(None, "staff_id", "month"),
        Index("uq_contact_feedback_corrects_id", "corrects_id", unique=True, postgresql_where=text("corrects_id IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    work_order_id: Mapped[int] = mapped_column(BigInteger)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    home_grid_id: Mapped[int | None] = mapped_column(Integer)
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact_feedback.id"))
    channel: Mapped[Channel] = mapped_column(enum_text(Channel))
    outcome: Mapped[str] = mapped_column(Text)
    objection: Mapped[str | None] = mapped_column(Text)
    callback_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reached: Mapped[bool | None] = mapped_column(Boolean)
    note: Mapped[str | None] = mapped_column(Text)
    phone_started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    phone_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contacted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clock_offset_seconds: Mapped[int] = mapped_column(BigInteger)
    clock_doubtful: Mapped[bool] = mapped_column(Boolean)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    accuracy_metres: Mapped[float | None] = mapped_column(Float)
    mock_location: Mapped[bool | None] = mapped_column(Boolean)
    device_id: Mapped[str | None] = mapped_column(Text)
    device_sequence: Mapped[int | None] = mapped_column(BigInteger)
    elapsed_ms: Mapped[int | None] = mapped_column(BigInteger)
    order_sequence: Mapped[int | None] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    month: Mapped[Month] = mapped_column(MonthType)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer_code: Mapped[str | None] = mapped_column(Text)


class QuarantinedFeedback(Base):
    """A feedback that could not be taken, kept whole with its reason; `held` ones wait for what they refer to."""

    __tablename__ = "feedback_quarantine"
    __table_args__ = (
        UniqueConstraint("staff_id", "feedback_id", "content_hash"),
        Index(None, "waits_for_id"),
        Index("ix_feedback_quarantine_unreleased", "staff_id", postgresql_where=text("released_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feedback_id: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    code: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    waits_for_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Verification(Base):
    """One judgement of one feedback with the evidence named. Append-only; the latest by `number` stands.

    `dispute_id`: the upheld dispute that it came of.
    """

    __tablename__ = "verifications"
    __table_args__ = (
        UniqueConstraint("feedback_id", "number"),
        Index(None, "staff_id"),
        CheckConstraint("(kind = 'dispute') = (dispute_id IS NOT NULL)", name="of_a_dispute"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feedback_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_feedback.id"))
    number: Mapped[int] = mapped_column(Integer)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[VerificationKind] = mapped_column(enum_text(VerificationKind))
    verdict: Mapped[Verdict] = mapped_column(enum_text(Verdict))
    rule: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    judging_probability: Mapped[float] = mapped_column(Float)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    dispute_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("points_disputes.id"))


class BackCheck(Base):
    """A feedback drawn for a question to its customer, with the probabilities with which it was drawn.

    core_probability, risk_probability: of the two draws (verification/sampling.py); null in rows of before there were two.
    `caller_grid_id`: the grid whose people ask, never the manager's own; null where there is no other: then administrators do.
    `answers`: of the form, by question; `compared`: each that the report answers too, with its type and whether they agree.
    """

    __tablename__ = "back_checks"
    __table_args__ = (
        Index(None, "grid_id", "answered_at"),
        Index(None, "caller_grid_id", "answered_at"),
        Index("ix_back_checks_unanswered", "month", postgresql_where=text("answered_at IS NULL")),
        CheckConstraint("caller_grid_id <> grid_id", name="outside"),
        CheckConstraint("num_nulls(answered_at, answered_by_account_id, verdict) IN (0, 3)", name="answered_whole"),
    )

    feedback_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_feedback.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    inclusion_probability: Mapped[float] = mapped_column(Float)
    core_probability: Mapped[float | None] = mapped_column(Float)
    risk_probability: Mapped[float | None] = mapped_column(Float)
    caller_grid_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    verdict: Mapped[Verdict | None] = mapped_column(enum_text(Verdict))
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    compared: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    note: Mapped[str | None] = mapped_column(Text)


class BackCheckStratum(Base):
    """A stratum that was drawn from, once: what one manager reported in one part of a month, and with what. Append-only.

    `population`: how many feedbacks; `least`: how many were drawn whatever their numbers; `guaranteed`: the smaller of both.
    """

    __tablename__ = "back_check_strata"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    part: Mapped[int] = mapped_column(Integer, primary_key=True)
    population: Mapped[int] = mapped_column(Integer)
    share: Mapped[float] = mapped_column(Float)
    least: Mapped[int] = mapped_column(Integer)
    guaranteed: Mapped[int] = mapped_column(Integer)
    core_probability: Mapped[float] = mapped_column(Float)
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
