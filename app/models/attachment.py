"""Photos and documents that managers send for their reports."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime


class Attachment(Base):
    """A file under the id that its phone made: announced, coming in pieces, then checked and kept, or refused.

    content_type, size_bytes, sha256: as announced. `parts`: the pieces in the storage, in order, until it is whole. `kept_*`: the
    clean file, null until then; `look`: how a photo looks, by attachments/looks.py. Reports and returns name the id, perhaps
    before the file is here.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        Index(None, "work_order_id"),
        Index(None, "staff_id", "begun_at"),
        Index(None, "touched_at"),
        CheckConstraint("received_bytes BETWEEN 0 AND size_bytes", name="received"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    work_order_id: Mapped[int] = mapped_column(BigInteger)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    content_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    received_bytes: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kept_path: Mapped[str | None] = mapped_column(Text)
    kept_bytes: Mapped[int | None] = mapped_column(BigInteger)
    kept_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    look: Mapped[int | None] = mapped_column(BigInteger)
    refused_because: Mapped[str | None] = mapped_column(Text)
