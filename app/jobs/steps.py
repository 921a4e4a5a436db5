"""A job of several transactions: for work that calls somebody else in between, so that no transaction waits for the network.

Each step is committed by itself, with the fencing token checked last: a worker that slept through its lease writes nothing
more. So the work must be such that it may stop after any step: the next run takes it up (notices/relay.py claims rows).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.jobs.lease import check_lease, limit_idling
from app.jobs.runner import IDLE_SECONDS, begin_run, close_run, in_transaction, keep_failure
from app.models.operations import JobOutcome, JobRun

log = structlog.get_logger(__name__)

T = TypeVar("T")
LOOK_BACK = timedelta(minutes=10)


class Step(Protocol):
    """`step(work)` gives what `work(session, now)` gives, committed."""

    def __call__(self, work: Callable[[Session, datetime], T], /) -> T: ...


StepWork = Callable[[Step], Mapping[str, int]]


def run_in_steps(
    sessions: sessionmaker[Session],
    job: str,
    work: StepWork,
    *,
    fencing_token: int | None = None,
    due_at: datetime | None = None,
) -> Mapping[str, int]:
    """Run `work(step)` and keep a JobRun row of it; of rounds that found nothing only the newest: they are due every few seconds.

    Unlike run_job it may run beside itself. Returns the counts. Raises what the work raises, after the row says failed (the
    steps before stay committed); LeaseLost where `fencing_token` is no longer the newest, at the start or at any step.
    """
    run_id = in_transaction(sessions, lambda session: begin_run(session, job, fencing_token, due_at))

    def step(part: Callable[[Session, datetime], T], /) -> T:
        def fenced(session: Session) -> T:
            if fencing_token is not None:
                limit_idling(session, IDLE_SECONDS)
            result = part(session, clock.now())
            session.flush()
            if fencing_token is not None:
                check_lease(session, fencing_token)
            return result

        return in_transaction(sessions, fenced)

    try:
        counts = work(step)
        step(lambda session, now: _end(session, run_id, job, counts, now))
    except BaseException as error:
        keep_failure(sessions, run_id, error)
        log.warning("job_failed", job=job, kind=type(error).__name__)
        raise
    if any(counts.values()):
        log.info("job_done", job=job, **{f"n_{name}": value for name, value in counts.items()})
    return counts


def _end(session: Session, run_id: int, job: str, counts: Mapping[str, int], now: datetime) -> None:
    """Write that it is done; of rounds that found nothing only the newest stays, so that one can see that it runs."""
    close_run(session, run_id, JobOutcome.DONE, counts=dict(counts), error=None)
    if not any(counts.values()):
        session.execute(
            delete(JobRun).where(
                JobRun.job == job,
                JobRun.started_at > now - LOOK_BACK,
                JobRun.id < run_id,
                JobRun.outcome == JobOutcome.DONE,
                JobRun.counts == dict(counts),
            )
        )
