"""The running of the service: imports, rejected rows, complete days, jobs and their lease."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, enum_text

REJECTED_ROWS = "CAST(counts ->> 'rejected' AS integer) > 0"


class JobOutcome(StrEnum):
    """How a run ended, or that it has not yet."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ImportBatch(Base):
    """One file applied, once: the same bytes for the same feed again change nothing."""

    __tablename__ = "import_batches"
    __table_args__ = (
        Index("uq_import_batches_feed_sha256", "feed", "sha256", unique=True),
        Index(None, "feed", "id"),
        Index("ix_import_batches_rejected", "id", postgresql_where=text(REJECTED_ROWS)),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    feed: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    full: Mapped[bool] = mapped_column(server_default=text("false"))
    header: Mapped[list[str]] = mapped_column(JSONB)
    ignored_columns: Mapped[list[str]] = mapped_column(JSONB)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RejectedRow(Base):
    """A row put aside: where it stood, which column is wrong, why, and its original cells."""

    __tablename__ = "rejected_rows"

    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    column_name: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    cells: Mapped[list[str]] = mapped_column(JSONB)


class FeedDay(Base):
    """A local day for which a feed is known to be complete, so that absence from it proves something."""

    __tablename__ = "feed_days"

    feed: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    declared_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class JobRun(Base):
    """One run of a job with what it counted. What the timetable asks for carries its due time, and is done once for it."""

    __tablename__ = "job_runs"
    __table_args__ = (
        Index(None, "job", "started_at"),
        Index(None, "job", "id"),
        Index("ix_job_runs_failed", "id", postgresql_where=text("outcome = 'failed'")),
        Index("uq_job_runs_job_due_at", "job", "due_at", unique=True, postgresql_where=text("outcome = 'done'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    job: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[JobOutcome] = mapped_column(enum_text(JobOutcome))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)
    fencing_token: Mapped[int | None] = mapped_column(BigInteger)


class JobTime(Base):
    """A row of the timetable as the worker that leads has it: its times as text, when it is due next, and whether people may
    ask for it in between."""

    __tablename__ = "job_times"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    times: Mapped[str] = mapped_column(Text)
    next_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    may_ask: Mapped[bool]
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobRequest(Base):
    """That somebody asked for a job now; the worker that leads takes it within seconds."""

    __tablename__ = "job_requests"
    __table_args__ = (Index("uq_job_requests_waiting", "job", unique=True, postgresql_where=text("taken_at IS NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    job: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobLease(Base):
    """Who leads. A token only grows; a write by a holder with an old token is refused."""

    __tablename__ = "job_leases"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    fencing_token: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
