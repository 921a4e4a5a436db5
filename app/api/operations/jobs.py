"""What the worker did: its runs, newest first."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import computed_field

from app.access.job_requests import ask_for_job
from app.api.chinese.rows import Failable
from app.api.chinese.saying import say_failure
from app.api.deps import Admin, Now, SecretDep, SessionDep
from app.api.types import CODE, CodePath, Cursor, Limit, Out
from app.core.paging import MAX_PAGE_SIZE
from app.reports.administration.jobs import job_times
from app.reports.job_runs import page_of_runs

router = APIRouter(prefix="/operations/v1/jobs", tags=["operations"])


class JobRunOut(Failable):
    """One run. `due_at` is the due time it was for; null where a person started it."""

    id: int
    job: str
    due_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    counts: dict[str, Any]
    error: str | None


class JobRunsOut(Out):
    """A page of runs."""

    items: list[JobRunOut]
    next_cursor: str | None


class JobTimeOut(Out):
    """A job of the timetable, as the worker that leads noted it. `waiting_since`: somebody asked for it, and no worker took it
    yet."""

    job: str
    times: str
    next_due_at: datetime | None
    may_ask: bool
    noted_at: datetime
    last_started_at: datetime | None
    last_outcome: str | None
    last_done_at: datetime | None
    last_seconds: float | None
    last_failed_at: datetime | None
    last_error: str | None
    waiting_since: datetime | None

    @computed_field
    def last_error_zh(self) -> str | None:
        """As `last_error`, if it was refused by us."""
        return say_failure(self.last_error)


class TimetableOut(Out):
    """By name; empty where no worker ever led."""

    items: list[JobTimeOut]


class AskedOut(Out):
    """That a job is to be run as soon as a worker can."""

    job: str
    asked_at: datetime


@router.get("/timetable")
def timetable(_: Admin, session: SessionDep) -> TimetableOut:
    """Every job with its last success, its last failure and when it is due next."""
    return TimetableOut.model_validate({"items": job_times(session)})


@router.post("/{job}/run", status_code=202)
def run_now(job: CodePath, principal: Admin, session: SessionDep, now: Now) -> AskedOut:
    """Let the worker run a job now, of those for which that is safe (`may_ask`)."""
    return AskedOut.model_validate(ask_for_job(session, job=job, by=principal, now=now))


@router.get("")
def list_job_runs(
    principal: Admin,
    session: SessionDep,
    secret: SecretDep,
    job: Annotated[str | None, Query(pattern=CODE, description="only runs of this job")] = None,
    failed: Annotated[bool, Query(description="only runs that failed")] = False,
    cursor: Cursor = None,
    limit: Limit = MAX_PAGE_SIZE,
) -> JobRunsOut:
    """The runs of the worker's jobs and of commands, newest first."""
    reader = str(principal.account_id)
    page = page_of_runs(session, job=job, failed=failed, reader=reader, cursor=cursor, limit=limit, secret=secret)
    return JobRunsOut.model_validate(page)
