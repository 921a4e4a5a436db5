"""What the worker did: its runs, newest first."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.deps import Admin, SecretDep, SessionDep
from app.api.types import CODE, Cursor, Limit, Out
from app.core.paging import MAX_PAGE_SIZE
from app.reports.job_runs import page_of_runs

router = APIRouter(prefix="/operations/v1/jobs", tags=["operations"])


class JobRunOut(Out):
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


@router.get("")
def list_job_runs(
    principal: Admin,
    session: SessionDep,
    secret: SecretDep,
    job: Annotated[str | None, Query(pattern=CODE, description="only runs of this job")] = None,
    cursor: Cursor = None,
    limit: Limit = MAX_PAGE_SIZE,
) -> JobRunsOut:
    """The runs of the worker's jobs and of commands, newest first."""
    reader = str(principal.account_id)
    page = page_of_runs(session, job=job, reader=reader, cursor=cursor, limit=limit, secret=secret)
    return JobRunsOut.model_validate(page)
