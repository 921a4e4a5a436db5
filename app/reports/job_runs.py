"""What was run, by the worker and by hand."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.operations import JobOutcome, JobRun


def page_of_runs(
    session: Session, *, job: str | None, failed: bool = False, reader: str, cursor: str | None, limit: int, secret: str
) -> Page[JobRun]:
    """A page of runs, of one job or of all, perhaps only those that failed, newest first. The cursor is bound to these and the
    reader; raises WrongCursor."""
    size = clamp_page_size(limit)
    list_name = f"job runs/{job or ''}/{failed}/{reader}"
    statement = select(JobRun).order_by(JobRun.id.desc()).limit(size + 1)
    if job is not None:
        statement = statement.where(JobRun.job == job)
    if failed:
        statement = statement.where(JobRun.outcome == JobOutcome.FAILED)
    if cursor is not None:
        statement = statement.where(JobRun.id < int(read_cursor(secret, list_name, cursor)))
    found = session.scalars(statement).all()
    more = len(found) > size
    return Page(items=found[:size], next_cursor=write_cursor(secret, list_name, found[size - 1].id) if more else None)
