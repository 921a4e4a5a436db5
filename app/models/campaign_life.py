"""What happened to campaigns, and by whom: their plan's versions, the steps of their life, what they book and were to bring."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text
from app.models.campaign import CampaignStatus
from app.models.work_order import RequestOutcome


class CampaignEvent(Base):
    """One step in the life of a campaign. Without an account it was the system. Append-only."""

    __tablename__ = "campaign_events"
    __table_args__ = (Index(None, "campaign_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verb: Mapped[str] = mapped_column(Text)
    from_status: Mapped[CampaignStatus | None] = mapped_column(enum_text(CampaignStatus, constraint="from_status"))
    to_status: Mapped[CampaignStatus] = mapped_column(enum_text(CampaignStatus, constraint="to_status"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    comment: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int | None] = mapped_column(Integer)


class CampaignVersion(Base):
    """A plan as somebody wrote it; `content` is plan_content.content_of. Append-only: a change is the next version."""

    __tablename__ = "campaign_versions"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    author_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    comment: Mapped[str | None] = mapped_column(Text)


class CampaignPreview(Base):
    """What a version was expected to bring, as it was shown at a step of its life (`shown_for`). Append-only."""

    __tablename__ = "campaign_previews"
    __table_args__ = (Index(None, "campaign_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    version: Mapped[int] = mapped_column(Integer)
    shown_for: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CapacityBooking(Base):
    """Contacts of a grid in the week from the Monday `week` on, which an approved campaign keeps for itself until `ended_at`."""

    __tablename__ = "capacity_bookings"
    __table_args__ = (
        CheckConstraint("contacts > 0", name="contacts"),
        Index("ix_capacity_bookings_live", "week", "grid_id", postgresql_where=text("ended_at IS NULL")),
        Index(
            "uq_capacity_bookings_live", "campaign_id", "grid_id", "week", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    week: Mapped[date] = mapped_column(Date)
    contacts: Mapped[int] = mapped_column(Integer)
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlanRequest(Base):
    """A preview, submission or approval that the worker is to make for the person of `login`; `step`: how far it is.

    `outcome` is null until it is done; `error`: what it was refused for. What came of it is in the campaigns and their previews.
    """

    __tablename__ = "plan_requests"
    __table_args__ = (
        CheckConstraint("verb IN ('preview', 'submit', 'approve')", name="verb"),
        Index("ix_plan_requests_waiting", "id", postgresql_where=text("outcome IS NULL")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    verb: Mapped[str] = mapped_column(Text)
    campaign_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    login: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(Text)
    step: Mapped[int] = mapped_column(Integer)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[RequestOutcome | None] = mapped_column(enum_text(RequestOutcome))
    error: Mapped[str | None] = mapped_column(Text)
