"""Rankers, their runs, and the scores they gave."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class RankerStatus(StrEnum):
    """Life of a ranker version; at most one champion per product."""

    CANDIDATE = "candidate"
    CHAMPION = "champion"
    RETIRED = "retired"


class RankerTarget(StrEnum):
    """What a ranker foretells of a customer, within its label window."""

    ORDER = "order"  # buys when contacted
    LOSS = "loss"  # gives up the product's family when left alone
    COMPLAINT = "complaint"  # complains when left alone


class Ordering(StrEnum):
    """By what a ranker puts customers in order."""

    PROPENSITY = "propensity"
    UPLIFT = "uplift"


class RankerVersion(Base):
    """One trained ranker of a product, kept whole: what it learned from, how well, and its bytes.

    `report` holds the figures behind the pictures of its page, `judged_path` the rows it was judged on, in the storage.
    A blocked version is not scored with.
    """

    __tablename__ = "ranker_versions"
    __table_args__ = (
        UniqueConstraint("product_id", "number"),
        Index("uq_ranker_versions_champion", "product_id", "target", unique=True, postgresql_where=text("status = 'champion'")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    number: Mapped[int] = mapped_column(Integer)
    target: Mapped[RankerTarget] = mapped_column(enum_text(RankerTarget), server_default=text("'order'"))
    ordering: Mapped[Ordering] = mapped_column(enum_text(Ordering), server_default=text("'propensity'"))
    status: Mapped[RankerStatus] = mapped_column(enum_text(RankerStatus))
    as_of: Mapped[date] = mapped_column(Date)
    label_window_days: Mapped[int] = mapped_column(Integer)
    data_from: Mapped[date] = mapped_column(Date)
    data_to: Mapped[date] = mapped_column(Date)
    example_count: Mapped[int] = mapped_column(Integer)
    positive_count: Mapped[int] = mapped_column(Integer)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), deferred=True)
    judged_path: Mapped[str | None] = mapped_column(Text)
    artifact: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    checksum: Mapped[str] = mapped_column(Text)
    trained_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    block_reason: Mapped[str | None] = mapped_column(Text)


class RankerPromotion(Base):
    """A champion was made, by a person, after its gates: `gates` are their figures. `replaced_id` is the champion before."""

    __tablename__ = "ranker_promotions"
    __table_args__ = (Index(None, "product_id", "target", "id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    target: Mapped[RankerTarget] = mapped_column(enum_text(RankerTarget))
    ranker_version_id: Mapped[int] = mapped_column(ForeignKey("ranker_versions.id"))
    replaced_id: Mapped[int | None] = mapped_column(ForeignKey("ranker_versions.id"))
    is_revert: Mapped[bool] = mapped_column(Boolean)
    gates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    promoted_by: Mapped[str] = mapped_column(Text)
    promoted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RankerCalibration(Base):
    """A later calibration of a version on newer labels; the newest is the one in use."""

    __tablename__ = "ranker_calibrations"
    __table_args__ = (Index(None, "ranker_version_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    ranker_version_id: Mapped[int] = mapped_column(ForeignKey("ranker_versions.id"))
    calibration: Mapped[dict[str, Any]] = mapped_column(JSONB)
    contacts_from: Mapped[date] = mapped_column(Date)
    contacts_to: Mapped[date] = mapped_column(Date)
    example_count: Mapped[int] = mapped_column(Integer)
    positive_count: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    fitted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WatchConsequence(StrEnum):
    """What was done about what was seen."""

    NONE = "none"
    RECALIBRATED = "recalibrated"
    RETRAINED = "retrained"
    BLOCKED = "blocked"


class RankerWatch(Base):
    """What the watch over a champion saw on a day: drift of inputs and scores, base rate, calibration."""

    __tablename__ = "ranker_watches"
    __table_args__ = (Index(None, "ranker_version_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    ranker_version_id: Mapped[int] = mapped_column(ForeignKey("ranker_versions.id"))
    as_of: Mapped[date] = mapped_column(Date)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    alarms: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    consequence: Mapped[WatchConsequence] = mapped_column(enum_text(WatchConsequence))
    watched_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScoringRun(Base):
    """One ranking of all customers for one product. `folder` holds its scores as Parquet by branch, in the storage."""

    __tablename__ = "scoring_runs"
    __table_args__ = (Index(None, "product_id", "finished_at"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    ranker_version_id: Mapped[int] = mapped_column(ForeignKey("ranker_versions.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    as_of: Mapped[date] = mapped_column(Date)
    folder: Mapped[str | None] = mapped_column(Text)
    customer_count: Mapped[int] = mapped_column(Integer)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CustomerScore(Base):
    """A customer's calibrated probability and rank (1 is best) in one run; reasons for the top of the list."""

    __tablename__ = "customer_scores"

    scoring_run_id: Mapped[int] = mapped_column(ForeignKey("scoring_runs.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float] = mapped_column(REAL)
    uplift: Mapped[float | None] = mapped_column(REAL)
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
