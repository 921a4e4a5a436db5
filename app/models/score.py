"""Rankers, their runs, and the scores they gave."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import REAL, BigInteger, Date, ForeignKey, Identity, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class RankerStatus(StrEnum):
    """Life of a ranker version; at most one champion per product."""

    CANDIDATE = "candidate"
    CHAMPION = "champion"
    RETIRED = "retired"


class RankerVersion(Base):
    """One trained ranker of a product, kept whole: what it learned from, how well, and its bytes."""

    __tablename__ = "ranker_versions"
    __table_args__ = (
        UniqueConstraint("product_id", "number"),
        Index("uq_ranker_versions_champion", "product_id", unique=True, postgresql_where=text("status = 'champion'")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    number: Mapped[int] = mapped_column(Integer)
    status: Mapped[RankerStatus] = mapped_column(enum_text(RankerStatus))
    as_of: Mapped[date] = mapped_column(Date)
    label_window_days: Mapped[int] = mapped_column(Integer)
    data_from: Mapped[date] = mapped_column(Date)
    data_to: Mapped[date] = mapped_column(Date)
    example_count: Mapped[int] = mapped_column(Integer)
    positive_count: Mapped[int] = mapped_column(Integer)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    artifact: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    checksum: Mapped[str] = mapped_column(Text)
    trained_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScoringRun(Base):
    """One ranking of all customers for one product."""

    __tablename__ = "scoring_runs"
    __table_args__ = (Index(None, "product_id", "finished_at"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    ranker_version_id: Mapped[int] = mapped_column(ForeignKey("ranker_versions.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    as_of: Mapped[date] = mapped_column(Date)
    customer_count: Mapped[int] = mapped_column(Integer)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CustomerScore(Base):
    """A customer's calibrated probability and rank (1 is best) in one run; reasons for the top of the list."""

    __tablename__ = "customer_scores"

    scoring_run_id: Mapped[int] = mapped_column(ForeignKey("scoring_runs.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float] = mapped_column(REAL)
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
