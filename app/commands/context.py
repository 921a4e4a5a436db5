"""What every command does alike: settings, sessions, running work as a job, and saying what came of it."""

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.database import app_engine
from app.core.db import make_sessions
from app.core.logs import configure_logs
from app.core.readiness import check_readiness
from app.core.storage import Storage
from app.jobs.runner import Work, run_job
from app.settings import Settings, read_settings

WIDE = 160  # columns where nobody looks at a terminal: nothing is cut in a file or a pipe
console = Console(width=None if sys.stdout.isatty() else WIDE)


@cache
def settings() -> Settings:
    """The settings of this process; logs and calendar follow them."""
    found = read_settings()
    configure_logs("DEBUG" if found.log_level == "DEBUG" else "CRITICAL")
    clock.use_zone(found.zone)
    return found


@cache
def sessions() -> sessionmaker[Session]:
    """Sessions on the configured database; a command may take as long as it needs. Raises NotReady for another schema."""
    engine = app_engine(settings(), statement_timeout_ms=0)
    check_readiness(engine)
    return make_sessions(engine, Storage(settings().storage_url), dask=settings().dask)


def run(job: str, work: Work) -> Mapping[str, Any]:
    """Run the work as a job of the whole company and print its counts."""
    counts = run_job(sessions(), job, work)
    show_counts(job, counts)
    return counts


def show_counts(title: str, counts: Mapping[str, Any]) -> None:
    """A table of name and value; nested counts are indented."""
    table = Table(title=title, show_header=False)
    table.add_column("name")
    table.add_column("value", justify="right")
    for name, value in counts.items():
        if isinstance(value, Mapping):
            table.add_row(name, "")
            for inner, figure in value.items():
                table.add_row(f"  {inner}", str(figure))
        else:
            table.add_row(name, str(value))
    console.print(table)
