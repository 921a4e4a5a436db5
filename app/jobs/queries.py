"""Reads about jobs and what they need: their runs, who leads, which feeds ever came."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.jobs.due import Tries
from app.jobs.lease import LEASE
from app.models.attachment import Attachment
from app.models.centre import OfferRun
from app.models.customer import FeatureFile
from app.models.operations import ImportBatch, JobLease, JobOutcome, JobRun
from app.models.planning import PlanningSample
from app.models.score import RankerVersion, ScoringRun
from app.models.work_order import DispatchRun


@dataclass(frozen=True)
class Leader:
    """Who leads or led last; `leads` by the database's clock."""

    holder: str
    fencing_token: int
    leads: bool


def tries_of(session: Session, job: str, due_at: datetime) -> Tries:
    """What became of one due time of a job so far."""
    done, count, last_at = session.execute(
        select(
            func.coalesce(func.bool_or(JobRun.outcome == JobOutcome.DONE), False), func.count(), func.max(JobRun.started_at)
        ).where(JobRun.job == job, JobRun.due_at == due_at)
    ).one()
    return Tries(done=done, count=count, last_at=last_at)


def newest_runs(session: Session) -> list[JobRun]:
    """The newest run of each job, by name."""
    newest = select(JobRun).ext(distinct_on(JobRun.job)).order_by(JobRun.job, JobRun.started_at.desc(), JobRun.id.desc())
    return list(session.scalars(newest))


def newest_done(session: Session) -> dict[str, datetime]:
    """The newest due time that was done, of each job that has one."""
    rows = session.execute(
        select(JobRun.job, func.max(JobRun.due_at))
        .where(JobRun.outcome == JobOutcome.DONE, JobRun.due_at.is_not(None))
        .group_by(JobRun.job)
        .order_by(JobRun.job)
    )
    return {job: due_at for job, due_at in rows if due_at is not None}


def feeds_imported(session: Session) -> list[str]:
    """Names of the feeds of which a file was ever applied."""
    return list(session.scalars(select(ImportBatch.feed).distinct().order_by(ImportBatch.feed)))


def find_leader(session: Session) -> Leader | None:
    """Who leads or led last; None where no worker ever led."""
    row = session.execute(
        select(JobLease.holder, JobLease.fencing_token, JobLease.expires_at > func.clock_timestamp())
        .where(JobLease.name == LEASE)
        .order_by(JobLease.name)
    ).one_or_none()
    return None if row is None else Leader(holder=row[0], fencing_token=row[1], leads=row[2])


def named_files(session: Session, *, in_use: bool = False) -> set[str]:
    """Paths of the storage, of files or folders, that a row names. `in_use`: without files that were replaced."""
    files = select(FeatureFile.path.label("path")).where(FeatureFile.replaced_at.is_(None) | (not in_use))
    others = [
        select(column)
        for column in (
            ScoringRun.folder,
            OfferRun.folder,
            RankerVersion.judged_path,
            DispatchRun.inputs_path,
            PlanningSample.path,
        )
    ]
    attached = [select(Attachment.kept_path), select(func.unnest(Attachment.parts))]
    return {path for path in session.scalars(union_all(files, *others, *attached)) if path}
