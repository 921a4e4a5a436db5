"""Customers and what the operator's systems know of them. Every table here is written by the package `ingest` alone."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, TransactionId, UtcDateTime, enum_text


class PreferenceStatus(StrEnum):
    """Whether the customer lets us."""

    REFUSED = "refused"
    ALLOWED = "allowed"


class Arm(StrEnum):
    """Whether a customer of a list was contacted or kept as control."""

    TREATED = "treated"
    CONTROL = "control"


class Customer(Base):
    """A customer of one grid, perhaps with an owner among its terminal managers.

    `draw_key` is core.draws.draw_key of the number; null in rows of before there was one, and then computed when it is asked.
    """

    __tablename__ = "customers"
    __table_args__ = (Index(None, "grid_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_no: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    owner_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    segment: Mapped[str | None] = mapped_column(Text)
    lifecycle: Mapped[str | None] = mapped_column(Text)
    opened_on: Mapped[date | None] = mapped_column(Date)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    draw_key: Mapped[int | None] = mapped_column(BigInteger)
    changed_xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))


class CustomerOwnership(Base):
    """Whose customer somebody was: a period of grid and owner, its last day not included. Periods never overlap.

    Rows are there only for customers who changed at least once; the open period says what `customers` says. `from_date` is
    null where it was so when the customer became known.
    """

    __tablename__ = "customer_ownerships"
    # The keys alone keep them apart, also of concurrent writers: one period begins on a day (null: at the beginning), one ends,
    # and each but the first begins when another ended. So they are one chain, of which every link is later than the one before.
    __table_args__ = (
        CheckConstraint("from_date < to_date", name="period"),
        UniqueConstraint(
            "customer_id", "from_date", name="uq_customer_ownerships_one_begins", postgresql_nulls_not_distinct=True
        ),
        UniqueConstraint("customer_id", "to_date", name="uq_customer_ownerships_one_ends", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(
            ["customer_id", "from_date"],
            ["customer_ownerships.customer_id", "customer_ownerships.to_date"],
            name="fk_customer_ownerships_follows",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    owner_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    from_date: Mapped[date | None] = mapped_column(Date)
    to_date: Mapped[date | None] = mapped_column(Date)


class CustomerArrival(Base):
    """A customer who came from another grid, and the grid they are in now: its managers see what happened before."""

    __tablename__ = "customer_arrivals"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))


class ContactPreference(Base):
    """A refusal or consent. scope: `all`, `call`, `visit`, `sms`, or a product family; source: see ingest/preferences.py."""

    __tablename__ = "contact_preferences"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[PreferenceStatus] = mapped_column(enum_text(PreferenceStatus))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str | None] = mapped_column(Text)


class FeatureFile(Base):
    """The customers' figures of one day and branch as a Parquet file of the storage; the one without `replaced_at` counts.

    `columns`: name of each figure and its kind. The branch is the customer's at the time of the import.
    """

    __tablename__ = "feature_files"
    __table_args__ = (
        Index(
            "uq_feature_files_current", "snapshot_date", "branch_id", unique=True, postgresql_where=text("replaced_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    snapshot_date: Mapped[date] = mapped_column(Date)
    branch_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    path: Mapped[str] = mapped_column(Text, unique=True)
    row_count: Mapped[int] = mapped_column(Integer)
    byte_count: Mapped[int] = mapped_column(BigInteger)
    columns: Mapped[dict[str, str]] = mapped_column(JSONB)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Holding(Base):
    """A product that a customer holds or held."""

    __tablename__ = "holdings"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    from_date: Mapped[date] = mapped_column(Date, primary_key=True)
    to_date: Mapped[date | None] = mapped_column(Date)


class Order(Base):
    """A sale in billing: the only truth about success. `known_at`: here since then; None: from before that was kept."""

    __tablename__ = "orders"
    __table_args__ = (Index(None, "customer_id", "product_id"), Index(None, "ordered_at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_no: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    channel: Mapped[str | None] = mapped_column(Text)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    known_at: Mapped[datetime | None] = mapped_column(UtcDateTime, server_default=text("recorded_now()"))


class Call(Base):
    """A call between a manager's work number and a customer."""

    __tablename__ = "calls"
    __table_args__ = (Index(None, "staff_id", "customer_id", "started_at"), Index(None, "started_at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    call_id: Mapped[str] = mapped_column(Text, unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_seconds: Mapped[int] = mapped_column(Integer)


class Complaint(Base):
    """A complaint of a customer."""

    __tablename__ = "complaints"
    __table_args__ = (Index(None, "customer_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    complaint_no: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    topic: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class PastContact(Base):
    """A contact made before Gridwork, from an earlier system."""

    __tablename__ = "contact_history"
    __table_args__ = (Index(None, "customer_id", "product_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    contact_no: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    contacted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    channel: Mapped[str | None] = mapped_column(Text)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str | None] = mapped_column(Text)
    campaign_code: Mapped[str | None] = mapped_column(Text)
    arm: Mapped[Arm | None] = mapped_column(enum_text(Arm))


class Tie(Base):
    """An observed link between two customers."""

    __tablename__ = "ties"
    __table_args__ = (UniqueConstraint("customer_id", "other_customer_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    other_customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    weight: Mapped[float | None] = mapped_column(Float)
