"""The customer data centre: tags by rule, words for features, talk tracks, and runs of the next best product."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime


class TagDefinition(Base):
    """One version of a tag: the rule by which customers bear it. The version without `retired_at` is in use.

    Only one version of a code has members: the last that was computed. `problem` says why it could not be computed since.
    """

    __tablename__ = "tag_definitions"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        Index("uq_tag_definitions_current", "code", unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    owner: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    computed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    member_count: Mapped[int | None] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(Text)


class CustomerTag(Base):
    """A customer who bears a tag, by the version that said so, since the day it was first so without a break."""

    __tablename__ = "customer_tags"
    __table_args__ = (Index(None, "customer_id"),)

    tag_id: Mapped[int] = mapped_column(ForeignKey("tag_definitions.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    since: Mapped[date] = mapped_column(Date)


class FeatureWord(Base):
    """What people call a feature, in both languages."""

    __tablename__ = "feature_words"

    feature: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    unit_zh: Mapped[str | None] = mapped_column(Text)
    unit_en: Mapped[str | None] = mapped_column(Text)


class TalkTrack(Base):
    """What to say about a product: to whom a feature speaks for it, or (without a feature) to everybody."""

    __tablename__ = "talk_tracks"
    __table_args__ = (UniqueConstraint("product_id", "feature", postgresql_nulls_not_distinct=True),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    feature: Mapped[str | None] = mapped_column(Text)
    text_zh: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)


class OfferRun(Base):
    """One choice of the next best products of all customers; `folder` holds them as Parquet by branch, in the storage."""

    __tablename__ = "offer_runs"
    __table_args__ = (Index(None, "finished_at"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    as_of: Mapped[date] = mapped_column(Date)
    folder: Mapped[str] = mapped_column(Text)
    customer_count: Mapped[int] = mapped_column(Integer)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
