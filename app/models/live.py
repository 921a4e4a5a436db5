"""What live pages are told, and what grid managers tell the phones of their managers."""

from datetime import datetime

from sqlalchemy import Integer, Text, text
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
