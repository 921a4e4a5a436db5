"""The contact policy: how often, when and after what a customer may be contacted, as data."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKeyConstraint, Identity, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime


class ContactPolicy(Base):
    """One version, as somebody proposed it. Never changed: a change is a new version.

    Of the approved versions whose first day has come the one with the highest number is in force.
    """

    __tablename__ = "contact_policies"
    __table_args__ = (UniqueConstraint("number", "author"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    effective_from: Mapped[date] = mapped_column(Date)
    author: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContactPolicyApproval(Base):
    """That a second person agreed to a version. The author stands here too, so that the database can tell them apart."""

    __tablename__ = "contact_policy_approvals"
    __table_args__ = (
        ForeignKeyConstraint(["number", "author"], ["contact_policies.number", "contact_policies.author"]),
        CheckConstraint("lower(approver) <> lower(author)", name="two_persons"),
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    author: Mapped[str] = mapped_column(Text)
    approver: Mapped[str] = mapped_column(Text)
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContactPolicySweep(Base):
    """That live work orders were held against a version (0 is what is built in): those up to this id; None: all of them."""

    __tablename__ = "contact_policy_sweeps"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    swept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    through_work_order_id: Mapped[int | None] = mapped_column(BigInteger)
