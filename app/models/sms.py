"""Messages that ask customers whether they were contacted."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime, enum_text


class SmsAnswer(StrEnum):
    """What the customer replied."""

    YES = "yes"
    NO = "no"


class SmsConfirmation(Base):
    """The one message about a feedback. Written before it is sent: whoever is killed in between has asked nobody twice.
    `reference`: what the gateway gives back with the reply; it says nothing of the feedback."""

    __tablename__ = "sms_confirmations"

    feedback_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_feedback.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failed_because: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[SmsAnswer | None] = mapped_column(enum_text(SmsAnswer))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
