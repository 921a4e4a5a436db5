"""What a row of the timetable is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.orm import Session, sessionmaker

from app.jobs.runner import IDLE_SECONDS, Work, run_job
from app.jobs.steps import StepWork, run_in_steps

TRAINING_SECONDS = 7_200  # a retraining or a partition at size is quiet for long


@dataclass(frozen=True)
class Scheduled:
    """One row: its name (also of its runs), when it is due, and what it does, with what it counted; and for how long it may
    compute without a word to the database."""

    name: str
    when: CronTrigger
    work: Work
    idle_seconds: int = IDLE_SECONDS

    def run(self, sessions: sessionmaker[Session], fencing_token: int, due_at: datetime | None) -> None:
        """Run it for this due time; None: because somebody asked."""
        run_job(sessions, self.name, self.work, fencing_token=fencing_token, due_at=due_at, idle_seconds=self.idle_seconds)


@dataclass(frozen=True)
class InSteps:
    """One row whose job calls others between its transactions (jobs/steps.py)."""

    name: str
    when: CronTrigger
    work: StepWork

    def run(self, sessions: sessionmaker[Session], fencing_token: int, due_at: datetime | None) -> None:
        """Run it for this due time; None: because somebody asked."""
        run_in_steps(sessions, self.name, self.work, fencing_token=fencing_token, due_at=due_at)


Row = Scheduled | InSteps


class _Service(Protocol):
    def __call__(self, session: Session, *, now: datetime) -> Mapping[str, Any]: ...


def at_now(service: _Service) -> Work:
    """A service that takes its time by name, as a job's work."""
    return lambda session, now: service(session, now=now)
