"""What somebody looked at and wants to look at again, or show to others."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class ViewKind(StrEnum):
    """Which screen it is a view of."""

    CUBE = "cube"


class SavedView(Base):
    """The definition of a view, never its figures: who opens it sees their own grids by it.

    Shared with everybody of a role, with the people of a unit and of the units below it, with both, or with nobody.
    """

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("owner_staff_id", "kind", "name"), Index(None, "shared_unit_id"))

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    owner_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[ViewKind] = mapped_column(enum_text(ViewKind))
    name: Mapped[str] = mapped_column(Text)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    shared_role: Mapped[str | None] = mapped_column(Text)
    shared_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
