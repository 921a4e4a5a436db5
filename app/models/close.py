"""What was said about a month at its close: checks that somebody passed over, and what was carried over undecided."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime, enum_text


class CarriedKind(StrEnum):
    """What can be carried over."""

    DISPUTE = "dispute"
    REVIEW = "review"


class MonthOverride(Base):
    """A month was closed although this check was not met: who said so, why, and what was found. Append-only, with the month."""

    __tablename__ = "month_overrides"

    month: Mapped[Month] = mapped_column(ForeignKey("points_months.month"), primary_key=True)
    check_code: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    overridden_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CarriedOver(Base):
    """Something undecided about a month that need not keep it open, with the reason of who said so. Append-only.

    `ref`: the id of the dispute or the review, as text; `grid_id`: its grid, for row level security.
    """

    __tablename__ = "carried_over"
    __table_args__ = (Index(None, "month"),)

    kind: Mapped[CarriedKind] = mapped_column(enum_text(CarriedKind), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[Month] = mapped_column(MonthType)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    carried_at: Mapped[datetime] = mapped_column(UtcDateTime)
