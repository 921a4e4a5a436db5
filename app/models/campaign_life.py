"""What happened to campaigns, and by whom."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text
from app.models.campaign import CampaignStatus


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
