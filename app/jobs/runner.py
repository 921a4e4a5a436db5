"""Running a piece of work as a job: one transaction, one row with its counts and outcome. Here jobs commit."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.db import set_scope
from app.core.errors import AppError, Conflict
from app.models.operations import JobOutcome, JobRun

log = structlog.get_logger(__name__)

Work = Callable[[Session, datetime], Mapping[str, Any]]


class JobAlreadyRunning(Conflict):
    """This job is running already."""

    code = "job.running"


class LeaseLost(Conflict):
    """Another worker leads now: this one may not write."""

    code = "lease.lost"


def run_job(sessions: sessionmaker[Session], job: str, work: Work, *, fencing_token: int | None = None) -> Mapping[str, Any]:
    """Run `work(session, now)` in a transaction of the whole company's scope and keep a JobRun row of it.

    Returns the counts. Raises what the work raises, after its transaction was rolled back and the row says failed;
    JobAlreadyRunning where the same job runs elsewhere; LeaseLost where `fencing_token` is no longer the newest.
    """
    run_id = _begin(sessions, job, fencing_token)
    try:
        with sessions() as session:
            set_scope(session, scope="all")
            _take_lock(session, job)
            if fencing_token is not None:
                _check_lease(session, fencing_token)
            counts = work(session, clock.now())
            session.commit()
    except BaseException as error:
        _finish(sessions, run_id, JobOutcome.FAILED, {}, _plain(error))
        log.warning("job_failed", job=job, kind=type(error).__name__)
        raise
    _finish(sessions, run_id, JobOutcome.DONE, counts, None)
    log.info("job_done", job=job, **{f"n_{name}": value for name, value in counts.items() if isinstance(value, int)})
    return counts


def _begin(sessions: sessionmaker[Session], job: str, fencing_token: int | None) -> int:
    with sessions() as session:
        run = JobRun(
            job=job, started_at=clock.now(), outcome=JobOutcome.RUNNING, counts={}, fencing_token=fencing_token
        )
        session.add(run)
        session.commit()
        return run.id


def _finish(
    sessions: sessionmaker[Session], run_id: int, outcome: JobOutcome, counts: Mapping[str, Any], error: str | None
) -> None:
    with sessions() as session:
        run = session.get_one(JobRun, run_id)
        run.outcome, run.counts, run.error, run.finished_at = outcome, dict(counts), error, clock.now()
        session.commit()


def _take_lock(session: Session, job: str) -> None:
    got = session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended('job/' || :job, 0))"), {"job": job})
    if not got:
        raise JobAlreadyRunning(f"The job {job} is running already.")


def _check_lease(session: Session, fencing_token: int) -> None:
    current = session.scalar(text("SELECT fencing_token FROM job_leases WHERE name = 'worker' FOR SHARE"))
    if current != fencing_token:
        raise LeaseLost


def _plain(error: BaseException) -> str:
    if isinstance(error, AppError):
        return f"{error.code}: {error.detail}"
    if isinstance(error, SQLAlchemyError):
        return type(error).__name__
    return f"{type(error).__name__}: {error}"[:500]
