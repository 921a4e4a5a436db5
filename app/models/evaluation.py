"""What campaigns were found to have brought: each evaluation is kept as it was computed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Identity, Index, Integer, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text
from app.models.work_order import RequestOutcome


class CampaignEvaluation(Base):
    """One evaluation of a campaign: the next computation is the next `number`. Append-only.

    `computed_at`: as of when; `account_id` None: the system. `is_final`: its orders were mature then. `bounds`: up to where the
    inputs reached. `figures`: assessing.as_kept; `difference`: to the version before, null of the first. `wins`: ids of the
    orders that count as bought, of all targets, sorted: what a later version is held against.
    """

    __tablename__ = "campaign_evaluations"
    __table_args__ = (UniqueConstraint("campaign_id", "number"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    number: Mapped[int] = mapped_column(Integer)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    comment: Mapped[str | None] = mapped_column(Text)
    is_final: Mapped[bool] = mapped_column(Boolean)
    bounds: Mapped[dict[str, Any]] = mapped_column(JSONB)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    difference: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    wins: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), deferred=True)


class EvaluatedManager(Base):
    """How a manager did in a campaign as it was evaluated; `grid_id`: where they belonged then. Append-only.

    orders, successes: with shared credit, `expected` the sum of the scores. verdict: above, below, as, silent (doing_well.py).
    """

    __tablename__ = "evaluated_managers"

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("campaign_evaluations.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    orders: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    successes: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    expected: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    index: Mapped[float] = mapped_column(Float)
    low: Mapped[float] = mapped_column(Float)
    high: Mapped[float] = mapped_column(Float)
    verdict: Mapped[str] = mapped_column(Text)


class EvaluationRequest(Base):
    """An evaluation that the worker is to make for the person of `login`; null: nobody's.

    `outcome` is null until it is done; `error`: what it was refused for. What came of it is the campaign's newest evaluation.
    """

    __tablename__ = "evaluation_requests"
    __table_args__ = (Index("ix_evaluation_requests_waiting", "id", postgresql_where=text("outcome IS NULL")),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    campaign_code: Mapped[str] = mapped_column(Text)
    login: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(Text)
    concludes: Mapped[bool] = mapped_column(Boolean)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[RequestOutcome | None] = mapped_column(enum_text(RequestOutcome))
    error: Mapped[str | None] = mapped_column(Text)
