"""Running a piece of work as a job: one transaction, one row with its counts and outcome. Here jobs commit."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.db import set_scope
from app.core.errors import AppError, Conflict
from app.jobs.lease import LeaseLost, check_lease, limit_idling
from app.models.operations import JobOutcome, JobRun

__all__ = ["JobAlreadyRunning", "LeaseLost", "Work", "in_transaction", "run_job"]

log = structlog.get_logger(__name__)

Work = Callable[[Session, datetime], Mapping[str, Any]]
T = TypeVar("T")

# A worker that is paused in the midst of a job holds its locks no longer than this between two statements.
IDLE_SECONDS = 300


class JobAlreadyRunning(Conflict):
    """This job is running already."""

    code = "job.running"


def in_transaction(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    """What `work(session)` gives, committed; in the scope of the whole company."""
    with sessions() as session:
        set_scope(session, scope="all")
        result = work(session)
        session.commit()
        return result


def run_job(
    sessions: sessionmaker[Session],
    job: str,
    work: Work,
    *,
    fencing_token: int | None = None,
    due_at: datetime | None = None,
    idle_seconds: int = IDLE_SECONDS,
) -> Mapping[str, Any]:
    """Run `work(session, now)` in a transaction of the whole company's scope and keep a JobRun row of it.

    The row says done if and only if the work was committed: both are one transaction. `due_at` is the due time that the
    run is for; a second run for it cannot be committed. `idle_seconds`: a scheduled job that says nothing to the database for
    longer is given up by it. Returns the counts. Raises what the work raises, after its
    transaction was rolled back and the row says failed; JobAlreadyRunning where the same job runs elsewhere; LeaseLost
    where `fencing_token` is no longer the newest, at the start or at the commit.
    """
    run_id = in_transaction(sessions, lambda session: begin_run(session, job, fencing_token, due_at))
    try:
        with sessions() as session:
            _prepare(session, job, fencing_token, idle_seconds)
            counts = work(session, clock.now())
            close_run(session, run_id, JobOutcome.DONE, counts=dict(counts), error=None)
            if fencing_token is not None:
                check_lease(session, fencing_token)
            session.commit()
    except BaseException as error:
        keep_failure(sessions, run_id, error)
        log.warning("job_failed", job=job, kind=type(error).__name__)
        raise
    log.info("job_done", job=job, **{f"n_{name}": value for name, value in counts.items() if isinstance(value, int)})
    return counts


def begin_run(session: Session, job: str, fencing_token: int | None, due_at: datetime | None) -> int:
    """Write that a run began; its id. Raises LeaseLost."""
    run = JobRun(
        job=job,
        due_at=due_at,
        started_at=clock.now(),
        outcome=JobOutcome.RUNNING,
        counts={},
        fencing_token=fencing_token,
    )
    session.add(run)
    session.flush()
    if fencing_token is not None:
        check_lease(session, fencing_token, unexpired=True)
    return run.id


def _prepare(session: Session, job: str, fencing_token: int | None, idle_seconds: int) -> None:
    set_scope(session, scope="all")
    if fencing_token is not None:
        limit_idling(session, idle_seconds)
    got = session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended('job/' || :job, 0))"), {"job": job})
    if not got:
        raise JobAlreadyRunning(f"The job {job} is running already.")


def close_run(session: Session, run_id: int, outcome: JobOutcome, *, counts: dict[str, Any], error: str | None) -> None:
    """Write how it ended, unless that was written already (a new leader gives up the runs of the one before)."""
    session.flush()
    session.execute(
        update(JobRun)
        .where(JobRun.id == run_id, JobRun.outcome == JobOutcome.RUNNING)
        .values(outcome=outcome, counts=counts, error=error, finished_at=clock.now())
    )


def keep_failure(sessions: sessionmaker[Session], run_id: int, error: BaseException) -> None:
    """Write in a transaction of its own that a run failed, and why."""
    said = _plain(error)
    try:
        in_transaction(sessions, lambda session: close_run(session, run_id, JobOutcome.FAILED, counts={}, error=said))
    except SQLAlchemyError as second:
        log.warning("job_failure_not_kept", run=run_id, kind=type(second).__name__)


def _plain(error: BaseException) -> str:
    if isinstance(error, AppError):
        return f"{error.code}: {error.detail}"
    if isinstance(error, SQLAlchemyError):
        return type(error).__name__
    return f"{type(error).__name__}: {error}"[:500]
