"""The installation on which the demo runs: settings, database, jobs, progress; and the times of its days."""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.database import app_engine, migrate, owner_url
from app.core.db import make_engine, make_sessions, set_scope
from app.core.logs import configure_logs
from app.core.storage import Storage
from app.jobs.runner import JobAlreadyRunning, run_job
from app.models.customer import Customer
from app.models.organisation import Unit
from app.settings import Settings
from demo.journal import Journal
from demo.memory import DemoError, Memory
from demo.truth import Truth, load_truth

RUNNING_TRIES = 120
Tick = Callable[..., None]
HEADLINE = "Gridwork demo: a synthetic town, nothing in it is real"


@dataclass
class Office:
    """Everything that the steps of the demo work with."""

    settings: Settings
    memory: Memory
    console: Console = field(default_factory=lambda: Console(highlight=False, width=None if sys.stdout.isatty() else 120))

    @property
    def town(self) -> Path:
        """Folder of the synthetic extract."""
        return self.settings.home / "town"

    @cached_property
    def truth(self) -> Truth:
        """What is really so in the town."""
        return load_truth(self.town)

    @cached_property
    def journal(self) -> Journal:
        """What happened on the played days."""
        return Journal(self.town / "played")

    @cached_property
    def engine(self) -> Engine:
        """Connections as the application role."""
        return app_engine(self.settings, statement_timeout_ms=0)

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """Sessions on it."""
        return make_sessions(self.engine, Storage(self.settings.storage_url))

    @property
    def first_day(self) -> date:
        """The first day of the played month, on which the campaign begins."""
        return self.memory.played.first_day

    def day(self, number: int) -> date:
        """A day of the campaign; 1 is the first."""
        return self.first_day + timedelta(days=number - 1)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session of the whole company's scope."""
        with self.sessions() as session:
            set_scope(session, scope="all")
            yield session

    def run(self, job: str, work: Callable[[Session, datetime], Mapping[str, Any]]) -> dict[str, Any]:
        """Run a piece of work as a job, as the CLI and the worker do; waits for what a killed demo still has running."""
        for _ in range(RUNNING_TRIES):
            with suppress(JobAlreadyRunning):
                return dict(run_job(self.sessions, job, work))
            sleep(0.5)
        raise DemoError(f"the job {job} is running elsewhere: try again when it is done")

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Tick]:
        """A progress bar of a step; call what it gives for each part that is done, or with the number of them."""
        columns = (TextColumn("{task.description:<38}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(title, total=total)
            yield lambda count=1: progress.advance(task, count)

    def step(self, name: str, title: str, work: Callable[[], Any]) -> Any:
        """Do a step once; say how long it took, or that it was done before."""
        if name in self.memory.done:
            self.console.print(f"{title}: done before", style="dim")
            return self.memory.result(name)
        start = perf_counter()
        result = self.memory.once(name, work)
        self.console.print(f"{title}: {perf_counter() - start:.1f} s", style="green")
        return result


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A local time of a day."""
    return clock.start_of_day(day) + timedelta(hours=hour, minutes=minute)


@contextmanager
def open_office(settings: Settings, memory: Memory) -> Iterator[Office]:
    """Migrate the database and see that it is the town's own; DemoError where another company's data are in it."""
    configure_logs("CRITICAL")
    clock.use_zone(settings.zone)
    migrate(owner_url(settings))
    office = Office(settings, memory)
    try:
        _check_database(office)
        yield office
    finally:
        office.engine.dispose()


def _check_database(office: Office) -> None:
    memory = office.memory
    identity, has_units = _look_at(office)
    if identity == memory.database and (has_units or "import" not in memory.done):
        return
    if has_units:
        raise DemoError("the database holds a company already: name an empty one in DATABASE_URL, or none for an embedded one")
    memory.database = identity  # a new database, or the same made anew: the town begins again
    memory.forget()
    shutil.rmtree(office.town, ignore_errors=True)


def _look_at(office: Office) -> tuple[str, bool]:
    """Which database this is, and whether there are units of a company in it."""
    with office.read() as session:
        name, oid = session.execute(text("SELECT datname, oid FROM pg_database WHERE datname = current_database()")).one()
        return f"{name}/{oid}", session.scalar(select(func.count()).select_from(Unit)) != 0


def restart_customer_ids(office: Office) -> None:
    """Number the customers from 1 as long as there are none: a killed import must leave no trace in who is a control."""
    with office.read() as session:
        if session.scalar(select(func.count()).select_from(Customer)):
            return
    engine = make_engine(owner_url(office.settings), as_app=False)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE customers ALTER COLUMN id RESTART"))
    engine.dispose()
