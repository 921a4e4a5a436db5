"""What a feed said before it said otherwise, kept by triggers: so that a past view is what was served then. Append-only."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Identity, Index, Integer, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime


class OrderVersion(Base):
    """An order as it was until `changed_at`."""

    __tablename__ = "order_versions"
    __table_args__ = (Index(None, "order_id", "changed_at"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[int] = mapped_column(BigInteger)
    order_no: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    product_id: Mapped[int] = mapped_column(Integer)
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    known_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BasePointsVersion(Base):
    """A line of the existing scheme as it was until `changed_at`; no points: it was not there."""

    __tablename__ = "base_points_versions"
    __table_args__ = (Index(None, "period", "staff_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    period: Mapped[Month] = mapped_column(MonthType)
    staff_id: Mapped[int] = mapped_column(Integer)
    component: Mapped[str] = mapped_column(Text)
    points: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
