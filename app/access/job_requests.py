"""Jobs that people ask for in between: kept with who asked, taken by the worker that leads."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.security import Principal
from app.models.operations import JobRequest, JobTime


class UnknownJob(NotFound):
    """The timetable has no such job, or no worker ever led."""

    code = "job.unknown"


class NotAsked(Conflict):
    """This job runs only when it is due: it is long, or does something anew each time."""

    code = "job.not_on_request"


class AlreadyAsked(Conflict):
    """Somebody asked for this job, and no worker took it yet: is one running?"""

    code = "job.asked"


def ask_for_job(session: Session, *, job: str, by: Principal, now: datetime) -> JobRequest:
    """Let the worker run a job as soon as it can. Raises UnknownJob, NotAsked, AlreadyAsked."""
    row = session.get(JobTime, job)
    if row is None:
        raise UnknownJob
    if not row.may_ask:
        raise NotAsked
    wanted = {"job": job, "account_id": by.account_id, "asked_at": now}
    asked: JobRequest | None = session.scalar(insert(JobRequest).values(wanted).on_conflict_do_nothing().returning(JobRequest))
    if asked is None:
        raise AlreadyAsked
    return asked


def take_requests(session: Session, *, now: datetime) -> list[str]:
    """Names of the jobs that somebody waits for, each given out once."""
    taken = update(JobRequest).where(JobRequest.taken_at.is_(None)).values(taken_at=now).returning(JobRequest.job)
    return sorted(session.scalars(taken))


def note_times(session: Session, *, rows: Sequence[tuple[str, str, datetime | None, bool]], now: datetime) -> None:
    """Keep the timetable as it is: (job, its times, next due, whether people may ask). What is no longer in it goes."""
    names = [job for job, *_ in rows]
    session.execute(delete(JobTime).where(JobTime.job.not_in(names)))
    values = [
        {"job": job, "times": times, "next_due_at": due, "may_ask": may_ask, "noted_at": now} for job, times, due, may_ask in rows
    ]
    if not values:
        return
    written = insert(JobTime).values(values)
    changes = {name: written.excluded[name] for name in ("times", "next_due_at", "may_ask", "noted_at")}
    session.execute(written.on_conflict_do_update(index_elements=[JobTime.job], set_=changes))
