"""One worker as a process of the operating system: its engines, its signals, and its end."""

import os
import signal
import threading
from types import FrameType

import structlog

from app.core import clock
from app.core.database import app_engine
from app.core.db import make_sessions
from app.core.logs import configure_logs
from app.jobs.leading import Worker
from app.jobs.schedule import timetable
from app.settings import Settings

log = structlog.get_logger(__name__)

BEAT_TIMEOUT_MS = 1_500


def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; does not return where a job had to be abandoned (its transaction is rolled back)."""
    configure_logs(settings.log_level)
    clock.use_zone(settings.zone)
    rows = timetable(settings.zone)
    jobs = app_engine(settings.model_copy(update={"pool_size": len(rows) + 1}), statement_timeout_ms=0)
    beats = app_engine(settings.model_copy(update={"pool_size": 1}), statement_timeout_ms=BEAT_TIMEOUT_MS)
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(1)  # told twice: now
        log.info("worker_stopping", signal=signal.Signals(number).name)
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    worker = Worker(make_sessions(jobs), rows, beats=make_sessions(beats))
    if not worker.run(stop, shutdown_seconds=settings.shutdown_seconds):
        os._exit(1)  # threads of abandoned jobs would keep an ordinary exit waiting
    jobs.dispose()
    beats.dispose()
