"""The timetable, top to bottom as the work flows. Times of day are local. Whoever adds a job adds a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.orm import Session

from app.access.purge import purge_log_ins
from app.jobs.records import purge_runs


@dataclass(frozen=True)
class Scheduled:
    """One row: its name (also of its runs), when it is due, and what it does, with what it counted."""

    name: str
    when: CronTrigger
    work: Callable[[Session, datetime], Mapping[str, Any]]


def timetable(zone: ZoneInfo) -> tuple[Scheduled, ...]:
    """Every job, in the local time zone."""

    def at(**fields: str | int) -> CronTrigger:
        return CronTrigger(**fields, timezone=zone)

    return (Scheduled("purge", at(hour=4, minute=30, second=0), _purge),)


def _purge(session: Session, now: datetime) -> dict[str, int]:
    return {"log_ins": purge_log_ins(session, now=now), "job_runs": purge_runs(session, now=now)}
