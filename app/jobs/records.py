"""The keeping of job runs: those that a former leader left behind are given up, old ones are removed."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.models.operations import JobOutcome, JobRun

KEEP_DONE = timedelta(days=30)
KEEP_FAILED = timedelta(days=365)


def give_up_runs(session: Session, *, fencing_token: int, now: datetime) -> int:
    """Mark as failed what leaders before this token left running; they can commit no more. Returns how many."""
    left = session.scalars(
        update(JobRun)
        .where(JobRun.outcome == JobOutcome.RUNNING, JobRun.fencing_token < fencing_token)
        .values(outcome=JobOutcome.FAILED, error="lease.lost: its worker stopped or was paused", finished_at=now)
        .returning(JobRun.id)
    ).all()
    return len(left)


def purge_runs(session: Session, *, now: datetime) -> int:
    """Remove done runs after 30 days and failed ones after a year. Returns how many."""
    gone = session.scalars(
        delete(JobRun)
        .where(
            ((JobRun.outcome == JobOutcome.DONE) & (JobRun.started_at < now - KEEP_DONE))
            | (JobRun.started_at < now - KEEP_FAILED)
        )
        .returning(JobRun.id)
    ).all()
    return len(gone)


def forget_live_changes(session: Session) -> dict[str, int]:
    """Remove what open pages were told long ago, by the database's own clock, by which it was written. {forgotten}."""
    old = "DELETE FROM live_changes WHERE changed_at < clock_timestamp() - interval '15 minutes'"
    return {"forgotten": count_changed(session, old)}
