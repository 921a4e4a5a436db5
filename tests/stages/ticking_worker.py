"""A worker for tests: its one job is due every second and waits while the test holds a lock."""

import signal
import sys
import threading
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import text

from app.core.db import make_engine, make_sessions
from app.jobs.leading import Pace, Worker
from app.jobs.rows import Scheduled

GATE = 4_711


def tick(session, now):
    session.execute(text("SELECT pg_advisory_xact_lock(:gate)"), {"gate": GATE})
    return {"ticks": 1}


def main(url, holder):
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    timetable = [Scheduled("tick", CronTrigger(second="*", timezone=ZoneInfo("Asia/Shanghai")), tick)]
    worker = Worker(
        make_sessions(make_engine(url)),
        timetable,
        beats=make_sessions(make_engine(url, pool_size=1)),
        holder=holder,
        pace=Pace(beat=0.3, lease=3.0, margin=1.0, look=60.0),
    )
    worker.run(stop, shutdown_seconds=10)


if __name__ == "__main__":
    main(*sys.argv[1:])
