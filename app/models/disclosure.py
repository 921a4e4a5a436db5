"""What was shown of customers beyond the daily work, to whom and why. Written once."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class DisclosureKind(StrEnum):
    """What was shown, or opened."""

    REVEAL = "reveal"  # a phone number
    CALL = "call"  # a phone number, to be dialled for a work order
    RELAYED_CALL = "relayed_call"  # a call through a relay: the number stayed here
    OPENING = "opening"  # a customer outside one's territory, until `ends_at`
    VIEW = "view"  # such a customer was looked at


class Disclosure(Base):
    """`unit_id` is where the person worked then, `customer_grid_id` where the customer lived. The customer stands here by
    number, so that the row outlives the customer's data."""

    __tablename__ = "disclosures"
    __table_args__ = (Index(None, "staff_id", "happened_at"), Index(None, "unit_id", "id"), Index(None, "customer_grid_id", "id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[DisclosureKind] = mapped_column(enum_text(DisclosureKind))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    customer_no: Mapped[str] = mapped_column(Text)
    customer_grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    work_order_id: Mapped[int | None] = mapped_column(BigInteger)
    purpose: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
