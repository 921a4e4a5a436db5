"""What live pages are told, and what grid managers tell the phones of their managers."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, TransactionId, UtcDateTime


class LiveChange(Base):
    """One transaction changed something of `topic` in this unit. Written by triggers alone, kept for minutes, not logged.

    `changed_at`: when the row was written, by the database's clock; it is seen when its transaction commits.
    """

    __tablename__ = "live_changes"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    changed_xid: Mapped[int] = mapped_column(TransactionId, primary_key=True, server_default=text("pg_current_xact_id()"))
    unit_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    topic: Mapped[str] = mapped_column(Text, primary_key=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=text("clock_timestamp()"))


class ManagerMessage(Base):
    """A few words of who leads a manager, shown on the phone until the manager has seen them. `grid_id`: the manager's then."""

    __tablename__ = "manager_messages"
    __table_args__ = (
        Index("ix_manager_messages_unseen", "staff_id", "id", postgresql_where=text("seen_at IS NULL")),
        Index(None, "grid_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    from_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    from_name: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
