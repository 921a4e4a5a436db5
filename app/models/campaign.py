"""What is sold, and the campaigns that sell it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class ProductKind(StrEnum):
    """Purpose of selling it."""

    ACQUIRE = "acquire"
    UPSELL = "upsell"
    CROSS_SELL = "cross_sell"
    RETENTION = "retention"
    WIN_BACK = "win_back"
    CARE = "care"


class CampaignStatus(StrEnum):
    """Life of a campaign. `lifecycle.py` says what leads from one to the next."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    CLOSED = "closed"
    EVALUATED = "evaluated"


class Draw(StrEnum):
    """How a target came onto the list: by its score, or at random."""

    RANKED = "ranked"
    EXPLORED = "explored"


class TerminalReason(StrEnum):
    """Where a customer of a list ended: exactly one of these, and the sums agree or the run fails."""

    DISPATCHED = "dispatched"
    INVALID = "invalid"
    DO_NOT_DISTURB = "do_not_disturb"
    COMPLAINT_OPEN = "complaint_open"
    ALREADY_OWNS = "already_owns"
    RESTING_AFTER_REFUSAL = "resting_after_refusal"
    RESTING_AFTER_SUCCESS = "resting_after_success"
    CONTACTED_TOO_RECENTLY = "contacted_too_recently"
    LOCKED_BY_OTHER_CAMPAIGN = "locked_by_other_campaign"
    CONTACT_LIMIT = "contact_limit"
    QUIET_DAY = "quiet_day"
    NEGATIVE_UPLIFT = "negative_uplift"
    PERMANENT_HOLDOUT = "permanent_holdout"
    CONTROL = "control"
    NO_ACTIVE_MANAGER = "no_active_manager"
    OVER_CAPACITY = "over_capacity"
    BETTER_USE = "better_use"
    OVER_BUDGET = "over_budget"
    BELOW_COST = "below_cost"
    OUTSIDE_PILOT = "outside_pilot"


class UnfinishedRule(StrEnum):
    """What becomes of a work order whose day passed unfinished: its next day, its end, or the pool of its grid."""

    ROLL = "roll"
    EXPIRE = "expire"
    POOL = "pool"


class Product(Base):
    """Something that can be sold or kept."""

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    product_code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[ProductKind] = mapped_column(enum_text(ProductKind))
    family: Mapped[str] = mapped_column(Text)
    monthly_price: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    margin: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    contact_cost: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    strategic_weight: Mapped[Decimal] = mapped_column(Numeric(14, 4), server_default=text("1"))
    attribution_days: Mapped[int] = mapped_column(Integer, server_default=text("30"))
    maturity_days: Mapped[int] = mapped_column(Integer, server_default=text("7"))
    bundle_of: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))


class Campaign(Base):
    """A list of targets for one product in one window. Shares are 0..1; days are local calendar days.

    `frozen_at`: when its list was drawn; `last_rank`: the last that its walk reached. `opened_at`: since when it is running.
    `unit_id`: its branch, null for the company. `version`: of the plan (0: before plans had versions); `approved_version`:
    the one that was approved. The plan is `CampaignOptions`; a trigger keeps it from changing outside of a draft and without
    a version.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="window"),
        CheckConstraint("list_size IS NOT NULL OR minimum_score IS NOT NULL", name="size_or_score"),
        CheckConstraint("control_share >= 0 AND control_share < 1", name="control_share"),
        CheckConstraint("holdout_share >= 0 AND holdout_share < 1", name="holdout_share"),
        CheckConstraint("exploration_share >= 0 AND exploration_share < 1", name="exploration_share"),
        CheckConstraint("approved_by IS DISTINCT FROM submitted_by OR approved_by IS NULL", name="two_people"),
        CheckConstraint("fit IN ('refuse', 'shrink')", name="fit"),
        CheckConstraint("pilot_outcome IN ('grown', 'stopped')", name="pilot_outcome"),
        CheckConstraint("approved_version IS NULL OR approved_version = version", name="approved_version"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    product_family: Mapped[str] = mapped_column(Text)
    status: Mapped[CampaignStatus] = mapped_column(enum_text(CampaignStatus))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    list_size: Mapped[int | None] = mapped_column(Integer)
    minimum_score: Mapped[float | None] = mapped_column(REAL)
    control_share: Mapped[Decimal] = mapped_column(Numeric(6, 5))
    holdout_share: Mapped[Decimal] = mapped_column(Numeric(6, 5), server_default=text("0"))
    exploration_share: Mapped[Decimal] = mapped_column(Numeric(6, 5))
    rest_days: Mapped[int] = mapped_column(Integer)
    attribution_days: Mapped[int] = mapped_column(Integer)
    maturity_days: Mapped[int] = mapped_column(Integer)
    channel: Mapped[str] = mapped_column(Text)
    talk_track: Mapped[str] = mapped_column(Text)
    seed: Mapped[int] = mapped_column(BigInteger)
    required_tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    excluded_tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    unfinished_rule: Mapped[UnfinishedRule | None] = mapped_column(enum_text(UnfinishedRule))
    most_rolls: Mapped[int | None] = mapped_column(SmallInteger)
    scoring_run_id: Mapped[int | None] = mapped_column(ForeignKey("scoring_runs.id"))
    last_rank: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    programme: Mapped[str | None] = mapped_column(Text)
    objective: Mapped[ProductKind | None] = mapped_column(enum_text(ProductKind, constraint="objective"))
    objective_reason: Mapped[str] = mapped_column(Text, server_default=text("''"))
    strategy: Mapped[str] = mapped_column(Text, server_default=text("''"))
    budget: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    minimum_volume: Mapped[int | None] = mapped_column(Integer)
    strategic_weight: Mapped[Decimal] = mapped_column(Numeric(14, 4), server_default=text("1"))
    any_tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    list_rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    maximum_score: Mapped[float | None] = mapped_column(REAL)
    minimum_load: Mapped[int | None] = mapped_column(Integer)
    maximum_load: Mapped[int | None] = mapped_column(Integer)
    fairness: Mapped[Decimal | None] = mapped_column(Numeric(6, 5))
    km_cost: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    fit: Mapped[str] = mapped_column(Text, server_default=text("'refuse'"))
    pilot: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    pilot_outcome: Mapped[str | None] = mapped_column(Text)
    pilot_decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    approved_version: Mapped[int | None] = mapped_column(Integer)
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class CampaignTarget(Base):
    """A customer of a drawn list. `reason` is null only between schedule and dispatch.

    Campaign and customer carry no foreign key, because each costs a look-up for every row of a list, half of its time:
    campaigns are never removed, and a full load of customers keeps those on a list. A big list is a part of the table.
    """

    __tablename__ = "campaign_targets"
    __table_args__ = (Index(None, "customer_id"), {"postgresql_partition_by": "LIST (campaign_id)"})

    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    grid_id: Mapped[int] = mapped_column(Integer)
    rank: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(REAL)
    uplift: Mapped[float | None] = mapped_column(REAL)
    draw: Mapped[Draw] = mapped_column(enum_text(Draw))
    selection_probability: Mapped[float] = mapped_column(REAL)
    value: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    reason: Mapped[TerminalReason | None] = mapped_column(enum_text(TerminalReason))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
