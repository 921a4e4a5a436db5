"""Figures of the past, added up by day and by month, and what has changed since they were. Written by the package `figures`."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, TransactionId, UtcDateTime, enum_text


def _count() -> Mapped[int]:
    return mapped_column(Integer, server_default=text("0"))


def _sum() -> Mapped[Decimal]:
    return mapped_column(Numeric, server_default=text("0"))


class Measures:
    """What is counted, each on the day that its comment names. Sums of them over rows are sums over work orders.

    Where several have a part in a work order, `sold` to `revenue` are theirs in parts (app.points.credit). Days are local.
    """

    # of dispatch
    dispatched: Mapped[int] = _count()
    promised: Mapped[Decimal] = _sum()  # scores frozen at dispatch
    # for which it was planned, once it was on a phone
    released: Mapped[int] = _count()
    # on which the report came; the orders reported on are counted at their first report, those reached at the first that was
    reports: Mapped[int] = _count()
    contacted: Mapped[int] = _count()
    reached: Mapped[int] = _count()
    claimed: Mapped[int] = _count()
    refused: Mapped[int] = _count()
    pending: Mapped[int] = _count()
    unreached: Mapped[int] = _count()
    impossible: Mapped[int] = _count()
    cost: Mapped[Decimal] = _sum()
    confirmed: Mapped[int] = _count()
    contradicted: Mapped[int] = _count()
    unverifiable: Mapped[int] = _count()
    truthful_weight: Mapped[Decimal] = _sum()
    judged_weight: Mapped[Decimal] = _sum()
    truthful_squares: Mapped[Decimal] = _sum()
    judged_squares: Mapped[Decimal] = _sum()
    # on which it was closed; seconds from dispatch to that of those done
    done: Mapped[int] = _count()
    returned: Mapped[int] = _count()
    expired: Mapped[int] = _count()
    withdrawn: Mapped[int] = _count()
    done_seconds: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    # its last
    due: Mapped[int] = _count()
    due_met: Mapped[int] = _count()
    # of the sale, matured or not
    sold: Mapped[Decimal] = _sum()
    # on which it matures, which may be still to come: then as it would count today
    matured: Mapped[Decimal] = _sum()
    successes: Mapped[Decimal] = _sum()
    left_out: Mapped[Decimal] = _sum()
    expected: Mapped[Decimal] = _sum()
    value: Mapped[Decimal] = _sum()
    revenue: Mapped[Decimal] = _sum()


class DailyFigures(Measures, Base):
    """By day, grid, manager and campaign. `grid_id`: of the work order; the manager may be another's, who helped."""

    __tablename__ = "daily_figures"
    __table_args__ = (Index(None, "campaign_id", "grid_id"),)

    grid_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    staff_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class GridDayFigures(Measures, Base):
    """By day and grid: the sums of DailyFigures."""

    __tablename__ = "grid_day_figures"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    grid_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class GridMonthFigures(Measures, Base):
    """By month and grid: the sums of DailyFigures."""

    __tablename__ = "grid_month_figures"

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    grid_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class MonthlyFigures(Measures, Base):
    """By month, grid and manager: the sums of DailyFigures."""

    __tablename__ = "monthly_figures"
    __table_args__ = (Index(None, "staff_id", "month"), Index(None, "grid_id", "month"))

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    grid_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    staff_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class CampaignMonthFigures(Measures, Base):
    """By month, grid and campaign, from which the product follows: the sums of DailyFigures."""

    __tablename__ = "campaign_month_figures"
    __table_args__ = (Index(None, "campaign_id"),)

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    grid_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class CampaignResultFigures(Base):
    """Work orders of a campaign in a grid by state, and by the outcome reported last; '' where there is none, or the order is
    still to be done."""

    __tablename__ = "campaign_result_figures"

    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    grid_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(Text, primary_key=True)
    outcome: Mapped[str] = mapped_column(Text, primary_key=True)
    orders: Mapped[int] = mapped_column(Integer)


class FigureMark(Base):
    """Something changed that figures come from. Written by triggers in the changing transaction, so that it is there exactly
    when the change is; taken away by the transaction that added it up.

    Says one of: a campaign (and a grid, null for all of them), a work order, a judged feedback, a sale (customer, product,
    time), or a product; nothing of these: all campaigns. `changed_at`: when it was written.
    """

    __tablename__ = "figure_marks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(Integer)
    grid_id: Mapped[int | None] = mapped_column(Integer)
    work_order_id: Mapped[int | None] = mapped_column(BigInteger)
    feedback_id: Mapped[UUID | None] = mapped_column(Uuid)
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    product_id: Mapped[int | None] = mapped_column(Integer)
    ordered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=text("clock_timestamp()"))
    changed_xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))


class FigureTarget(Base):
    """What a grid is to reach in a month by a metric; the newest one set counts, for there is only that one."""

    __tablename__ = "figure_targets"
    __table_args__ = (UniqueConstraint("grid_id", "month", "metric"), Index(None, "month", "metric"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    metric: Mapped[str] = mapped_column(Text)
    value: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    set_by_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlarmSide(StrEnum):
    """On which side of its threshold a figure raises an alarm."""

    BELOW = "below"
    ABOVE = "above"


class FigureAlarm(Base):
    """A threshold that somebody set for themselves: a metric of a unit over the last `days` days that are over.

    `certain`: only where the whole 95 % interval is beyond the threshold. `value`: when it was looked at last; `raised_at`:
    since when it is beyond, with its notice.
    """

    __tablename__ = "figure_alarms"
    __table_args__ = (
        Index(None, "staff_id"),
        CheckConstraint("days BETWEEN 1 AND 366", name="days"),
        CheckConstraint("(raised_at IS NULL) = (notice_id IS NULL)", name="raised_whole"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    metric: Mapped[str] = mapped_column(Text)
    side: Mapped[AlarmSide] = mapped_column(enum_text(AlarmSide))
    threshold: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    days: Mapped[int] = mapped_column(Integer)
    certain: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    value: Mapped[Decimal | None] = mapped_column(Numeric)
    evaluated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notice_id: Mapped[int | None] = mapped_column(BigInteger)
