"""What planners look at while they plan and run: the sample that lists are counted on, and how far a run is."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Identity, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime


class PlanningSample(Base):
    """Customers drawn at random, with all that a list rule may ask of them, as a file of the storage (`path`).

    `by_branch`: by the branch's id {"customers": how many there are, "sampled": how many of them are in it}. `figures`: what
    each feature looks like, for who writes a rule. `ranked_at`: when the newest ranking in it was finished.
    """

    __tablename__ = "planning_samples"
    __table_args__ = (CheckConstraint("sampled BETWEEN 0 AND customers", name="sampled"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    as_of: Mapped[date] = mapped_column(Date)
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ranked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    path: Mapped[str] = mapped_column(Text)
    customers: Mapped[int] = mapped_column(Integer)
    sampled: Mapped[int] = mapped_column(Integer)
    by_branch: Mapped[dict[str, Any]] = mapped_column(JSONB)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CapacityMap(Base):
    """What all managers can take and what of it is taken, by grid and week, as it was at `measured_at`: the newest row alone.

    `cells`: [{"grid": id, "week": its Monday, "capacity": contacts, "used": by live work, "booked": by approved campaigns}].
    `seen`: the last event of campaigns and the last run that it knows of.
    """

    __tablename__ = "capacity_maps"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    measured_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_day: Mapped[date] = mapped_column(Date)
    seen: Mapped[str] = mapped_column(Text)
    cells: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class RunProgress(Base):
    """How far a requested dispatch is, and whether somebody asked it to stop: beside the request, which its run keeps locked."""

    __tablename__ = "run_progress"

    request_id: Mapped[int] = mapped_column(ForeignKey("dispatch_requests.id"), primary_key=True, autoincrement=False)
    phase: Mapped[int] = mapped_column(SmallInteger)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stop_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stop_asked_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
