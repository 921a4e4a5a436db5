"""Work orders: who contacts whom, for what, when; and everything that happened to them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    REAL,
    BigInteger,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, TransactionId, UtcDateTime, enum_text
from app.models.campaign import Draw


class WorkOrderState(StrEnum):
    """Where a work order stands. The first three are live: they hold the contact lock (ContactLock); phones see not planned."""

    PLANNED = "planned"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    RETURNED = "returned"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


IN_HAND = "state IN ('open', 'in_progress')"
LIVE = "state IN ('planned', 'open', 'in_progress')"


class RequestOutcome(StrEnum):
    """How a requested dispatch ended; stopped: by a person, and nothing of it was kept."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class DispatchRun(Base):
    """One dispatch of a campaign with its waterfall: targets by terminal reason.

    `inputs_path`: all that decided it, a folder of the storage that campaigns of one run share; null once it was forgotten,
    which `kept_because` prevents. objective, bound: see deciding.RunDecision, of the whole run.
    `freed_places`: of a refill, for how many places that were free again it was; else null. `prices`: see run/pricing.py.
    """

    __tablename__ = "dispatch_runs"
    __table_args__ = (Index(None, "campaign_id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    target_count: Mapped[int] = mapped_column(Integer)
    waterfall: Mapped[dict[str, Any]] = mapped_column(JSONB)
    inputs_path: Mapped[str | None] = mapped_column(Text)
    inputs_sha256: Mapped[str | None] = mapped_column(Text)
    result_sha256: Mapped[str | None] = mapped_column(Text)
    objective: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    bound: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    code_version: Mapped[str | None] = mapped_column(Text)
    kept_because: Mapped[str | None] = mapped_column(Text)
    freed_places: Mapped[int | None] = mapped_column(Integer)
    prices: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class DispatchRequest(Base):
    """Campaigns that the worker is to dispatch as one run. `outcome` is null until it is done; `counts` say what came of it."""

    __tablename__ = "dispatch_requests"
    __table_args__ = (Index("ix_dispatch_requests_waiting", "id", postgresql_where=text("outcome IS NULL")),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    campaign_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[RequestOutcome | None] = mapped_column(enum_text(RequestOutcome))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    error: Mapped[str | None] = mapped_column(Text)


class WorkOrder(Base):
    """One customer to be contacted by one terminal manager for one campaign.

    `score` is the calibrated probability frozen at dispatch. `changed_xid` is kept by a trigger, for delta sync.
    Campaign, customer and manager carry no foreign key, because each costs a look-up for every order of a dispatch: triggers
    refuse, once for a run, orders without their target or manager. Product, grid and run follow from the target.
    A big run's orders are a part of the table (dispatch/run/order_part.py), so what must hold over all parts is kept by
    triggers: one order of a campaign for a customer, and that the order is there of which other tables keep the id.
    `contact_id`: the id of the first of the orders that one run made for the customer, one contact together. `value`: money.
    `rolls` counts the days that passed unfinished. `pooled_at`: in the pool of its grid since then, so that `staff_id` only says
    who had it last. Lent to another grid: that grid, the last day there, and whose it is at home.
    """

    __tablename__ = "work_orders"
    __table_args__ = (
        Index("ix_work_orders_customer_live", "customer_id", "product_family", postgresql_where=text(LIVE)),
        Index(None, "staff_id", "changed_xid"),
        Index("ix_work_orders_in_hand", "staff_id", postgresql_where=text(IN_HAND)),
        Index("ix_work_orders_grid_live", "grid_id", "staff_id", postgresql_where=text(LIVE)),
        Index("ix_work_orders_pool", "grid_id", postgresql_where=text("pooled_at IS NOT NULL")),
        Index("ix_work_orders_lent", "lent_to_grid_id", postgresql_where=text("lent_to_grid_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, server_default=text("nextval('work_orders_id_seq')"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Integer)
    dispatch_run_id: Mapped[int] = mapped_column(Integer)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    product_id: Mapped[int] = mapped_column(Integer)
    product_family: Mapped[str] = mapped_column(Text)
    grid_id: Mapped[int] = mapped_column(Integer)
    staff_id: Mapped[int] = mapped_column(Integer)
    state: Mapped[WorkOrderState] = mapped_column(enum_text(WorkOrderState))
    scheduled_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    rank: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(REAL)
    draw: Mapped[Draw] = mapped_column(enum_text(Draw))
    selection_probability: Mapped[float] = mapped_column(REAL)
    assigned_because: Mapped[str] = mapped_column(Text)
    value: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    dispatched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    close_reason: Mapped[str | None] = mapped_column(Text)
    matures_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rolls: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    pooled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lent_to_grid_id: Mapped[int | None] = mapped_column(Integer)
    lent_until: Mapped[date | None] = mapped_column(Date)
    home_staff_id: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    changed_xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))


class ContactLock(Base):
    """A customer whom a live work order holds for a product family: nobody else contacts them for it. Kept by triggers."""

    __tablename__ = "contact_locks"
    __table_args__ = (PrimaryKeyConstraint("customer_id", "product_family", name="uq_work_orders_contact_lock"),)

    customer_id: Mapped[int] = mapped_column(BigInteger)
    product_family: Mapped[str] = mapped_column(Text)
    work_order_id: Mapped[int] = mapped_column(BigInteger)


class WorkOrderEvent(Base):
    """A change of a work order after its dispatch."""

    __tablename__ = "work_order_events"
    __table_args__ = (Index(None, "work_order_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    work_order_id: Mapped[int] = mapped_column(BigInteger)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(Text)
    from_state: Mapped[WorkOrderState] = mapped_column(enum_text(WorkOrderState, constraint="from_state"))
    to_state: Mapped[WorkOrderState] = mapped_column(enum_text(WorkOrderState, constraint="to_state"))
    from_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    to_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    actor_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str | None] = mapped_column(Text)


class WorkOrderTombstone(Base):
    """A work order that left a manager's phone because another got it. Written by a trigger, read by delta sync."""

    __tablename__ = "work_order_tombstones"
    __table_args__ = (Index(None, "staff_id", "changed_xid"),)

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    work_order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    changed_xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))


class ReturnDecision(StrEnum):
    """What the grid manager said to a return."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class WorkOrderReturn(Base):
    """A manager gave a work order back: why, with what evidence, and what the manager of `grid_id` decided, if they did.

    `reason` is a code of dispatch/by_hand/returns.py; `feedback_id` a report of the manager's that shows it, `attachment_ids`
    photos and documents that do, which may arrive later.
    """

    __tablename__ = "work_order_returns"
    __table_args__ = (
        Index(None, "work_order_id"),
        Index("uq_work_order_returns_undecided", "work_order_id", unique=True, postgresql_where=text("decided_at IS NULL")),
        Index("ix_work_order_returns_grid_undecided", "grid_id", "id", postgresql_where=text("decided_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    work_order_id: Mapped[int] = mapped_column(BigInteger)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    feedback_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact_feedback.id"))
    attachment_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    returned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[ReturnDecision | None] = mapped_column(enum_text(ReturnDecision))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decision_note: Mapped[str | None] = mapped_column(Text)
