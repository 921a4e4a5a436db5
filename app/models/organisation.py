"""The company: units, people, their absences, and how they log in."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Date, Float, ForeignKey, Identity, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text


class UnitKind(StrEnum):
    """Level of a unit."""

    COMPANY = "company"
    BRANCH = "branch"
    GRID = "grid"


class Role(StrEnum):
    """What a person (or a system) does here."""

    TERMINAL_MANAGER = "terminal_manager"
    GRID_MANAGER = "grid_manager"
    BRANCH_MANAGER = "branch_manager"
    PLANNER = "planner"
    ANALYST = "analyst"
    ADMIN = "admin"
    PAYROLL = "payroll"


class Unit(Base):
    """Company, branch or grid."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[UnitKind] = mapped_column(enum_text(UnitKind))
    name: Mapped[str] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)


class Staff(Base):
    """A person of the company. `daily_capacity` is in contacts a day."""

    __tablename__ = "staff"
    __table_args__ = (Index(None, "unit_id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    staff_no: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(enum_text(Role))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    phone: Mapped[str | None] = mapped_column(Text)
    daily_capacity: Mapped[int | None] = mapped_column(Integer)
    active_from: Mapped[date] = mapped_column(Date)
    active_to: Mapped[date | None] = mapped_column(Date)


class Absence(Base):
    """Leave of one person, both days included."""

    __tablename__ = "absences"
    __table_args__ = (UniqueConstraint("staff_id", "from_date"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    from_date: Mapped[date] = mapped_column(Date)
    to_date: Mapped[date] = mapped_column(Date)
    kind: Mapped[str | None] = mapped_column(Text)


class Holiday(Base):
    """A day on which nobody works."""

    __tablename__ = "holidays"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class Account(Base):
    """A login: of a person (role and unit are those of the staff row) or of a system (`role`, no staff).

    `temporary_until`: somebody else made its password, which opens nothing but the choice of another one, until then.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), unique=True)
    service_role: Mapped[Role | None] = mapped_column(enum_text(Role))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    temporary_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RefreshFamily(Base):
    """All refresh tokens that descend from one log-in; ended together."""

    __tablename__ = "refresh_families"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    device_id: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(Text)


class RevokedDevice(Base):
    """A device that an account may not use any more; `told_at`: when it asked first after that, and so was told to forget."""

    __tablename__ = "revoked_devices"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    device_id: Mapped[str] = mapped_column(Text, primary_key=True)
    revoked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RefreshToken(Base):
    """One refresh token, known only by its SHA-256. `generation` counts the rotations of its family from 0."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (UniqueConstraint("family_id", "generation"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("refresh_families.id"))
    generation: Mapped[int] = mapped_column(Integer)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
