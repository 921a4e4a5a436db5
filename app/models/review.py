"""What people did about cases, and to rules of evidence. Written once."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Identity, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class ReviewAct(StrEnum):
    """What somebody did about a case: decided, or agreed to an upheld one as the second person, or sent it back."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"
    SECONDED = "seconded"
    SENT_BACK = "sent_back"


class ReviewEvent(Base):
    """One act about a case, with its reason. A case that was sent back is open again; this remembers."""

    __tablename__ = "review_events"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("review_cases.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    act: Mapped[ReviewAct] = mapped_column(enum_text(ReviewAct))
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RuleSwitch(Base):
    """A rule was switched off, by its precision (no account) or by a person, or on again, by a person. `decided`, `upheld`:
    its cases since it was last switched on, as they stood then."""

    __tablename__ = "rule_switches"
    __table_args__ = (
        Index(None, "rule", "version"),
        CheckConstraint("account_id IS NOT NULL OR NOT switched_on", name="on_by_a_person"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    rule: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    switched_on: Mapped[bool] = mapped_column(Boolean)
    because: Mapped[str] = mapped_column(Text)
    decided: Mapped[int] = mapped_column(Integer)
    upheld: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
