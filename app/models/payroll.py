"""What payroll pulls after a month's first file, in which file a line is, and what a closed month is recomputed from."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Month
from app.core.db import Base, MonthType, UtcDateTime


class PointsInputs(Base):
    """Who was paid in a month, [staff id, number, grid id], and what was fed of the existing scheme, [staff id, component,
    points], as they were at its close; work orders, feedback and scores are in the evidence. `company_ratio`: m of the success
    index over everybody, None of months that were closed before it was kept."""

    __tablename__ = "points_inputs"

    month: Mapped[Month] = mapped_column(ForeignKey("points_months.month"), primary_key=True)
    managers: Mapped[list[Any]] = mapped_column(JSONB)
    base_points: Mapped[list[Any]] = mapped_column(JSONB)
    company_ratio: Mapped[Decimal | None] = mapped_column(Numeric())


class PayrollDeltaFile(Base):
    """Corrections of a closed month that are paid before their own month closes: version 2, 3 ... of the month's files."""

    __tablename__ = "payroll_delta_files"
    __table_args__ = (CheckConstraint("version >= 2", name="after_the_first"),)

    month: Mapped[Month] = mapped_column(ForeignKey("payroll_files.month"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    row_count: Mapped[int] = mapped_column(Integer)
    points_sum: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    sha256: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PayrollDeltaAcknowledgement(Base):
    """Payroll's word that it holds a file of corrections, bit by bit."""

    __tablename__ = "payroll_delta_acknowledgements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["month", "version"],
            ["payroll_delta_files.month", "payroll_delta_files.version"],
            name="fk_payroll_delta_acknowledgements_month_version_payroll_delta_files",
        ),
    )

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    sha256: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PayrollFileLine(Base):
    """In which file an entry is: in one, for ever. `month`, `version`: the file's."""

    __tablename__ = "payroll_file_lines"
    __table_args__ = (Index(None, "month", "version"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("points_entries.id"), primary_key=True)
    month: Mapped[Month] = mapped_column(MonthType)
    version: Mapped[int] = mapped_column(Integer)
