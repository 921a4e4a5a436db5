"""The worker: tries for the lease, runs the timetable while it leads, and stops in time.

A beat every two seconds renews the lease of six or tries to take it: when a leader dies, another follows within ten seconds.
A leader trusts itself two seconds less than its lease lasts, counted from before it asked; whatever it does later all the
same is refused by the fencing token. On taking over, and every minute, each job is looked at once: what was due and is not
done is run, so that nothing is missed while nobody leads and nothing done is done again.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.access.job_requests import note_times, take_requests
from app.core import clock
from app.jobs.due import last_due, next_due, should_try, times_of
from app.jobs.lease import release_lease, renew_lease, take_lease
from app.jobs.on_request import MAY_ASK
from app.jobs.queries import tries_of
from app.jobs.records import give_up_runs
from app.jobs.rows import Row
from app.jobs.runner import in_transaction

log = structlog.get_logger(__name__)

_NOTING, _TAKING = "note the timetable", "take requests"  # beside the jobs, and waited for like them


@dataclass(frozen=True)
class Pace:
    """How often a worker beats, how long its lease lasts and how much less it trusts it, in seconds."""

    beat: float = 2.0
    lease: float = 6.0
    margin: float = 2.0
    look: float = 60.0


@dataclass(frozen=True)
class _Trust:
    """A token, and until when (monotonic clock) its holder believes in it."""

    token: int
    until: float


def new_holder() -> str:
    """A name for this process that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


class Worker:
    """One process of the worker. `beats` are the sessions for the lease alone, `sessions` those of the jobs."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        timetable: Sequence[Row],
        *,
        beats: sessionmaker[Session] | None = None,
        holder: str = "",
        pace: Pace | None = None,
    ) -> None:
        self.holder = holder or new_holder()
        self._sessions, self._beats, self._timetable = sessions, beats or sessions, timetable
        self._pace = pace or Pace()
        self._trust: _Trust | None = None
        self._looked_at = 0.0
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self._leaving = False
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(max(1, len(timetable)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=clock.zone(),
        )
        for row in timetable:
            self._scheduler.add_job(self.run_if_due, row.when, args=[row], id=row.name)

    def run(self, stop: threading.Event, *, shutdown_seconds: float) -> bool:
        """Work until `stop` is set. True if every job was finished within `shutdown_seconds`; else they are abandoned."""
        log.info("worker_started", holder=self.holder, jobs=len(self._timetable))
        self._scheduler.start(paused=True)
        while not stop.is_set():
            self.beat()
            stop.wait(self._pace.beat)
        return self._leave(shutdown_seconds)

    @property
    def token(self) -> int | None:
        """The fencing token while this worker may believe that it leads."""
        trust = self._trust
        return trust.token if trust is not None and time.monotonic() < trust.until else None

    def beat(self) -> None:
        """Renew the lease or try to take it; start or pause the timetable accordingly."""
        took_over = self._hold()
        if self.token is None:
            self._scheduler.pause()
            return
        if took_over or time.monotonic() >= self._looked_at + self._pace.look:
            self._looked_at = time.monotonic()
            for row in self._timetable:
                self._scheduler.add_job(self.run_if_due, args=[row], id=f"look at {row.name}", replace_existing=True)
            self._scheduler.add_job(self.note_timetable, id=_NOTING, replace_existing=True)
        self._scheduler.add_job(self.take_requests, id=_TAKING, replace_existing=True)
        self._scheduler.resume()

    def note_timetable(self) -> None:
        """Let people see when each job is due."""
        now = clock.now()
        rows = [(row.name, times_of(row.when), next_due(row.when, now), row.name in MAY_ASK) for row in self._timetable]
        if self._begin(_NOTING):
            self._go_on(_NOTING, lambda: in_transaction(self._sessions, lambda session: note_times(session, rows=rows, now=now)))

    def take_requests(self) -> None:
        """Run what people asked for, unless it runs already: then it does what they want."""
        if self._begin(_TAKING):
            self._go_on(_TAKING, self._take_requests)

    def _take_requests(self) -> None:
        asked = in_transaction(self._sessions, lambda session: take_requests(session, now=clock.now()))
        for row in self._timetable:
            if row.name in asked and self._begin(row.name, though_leaving=True):  # what was taken nobody would ask for again
                self._scheduler.add_job(self._run_asked, args=[row], id=f"asked for {row.name}", replace_existing=True)

    def _run_asked(self, row: Row) -> None:
        self._go_on(row.name, partial(self._as_leader, lambda token: row.run(self._sessions, token, None)))

    def run_if_due(self, row: Row) -> None:
        """Run a job for its last due time, unless that is done or another leads."""

        def work(token: int) -> None:
            now = clock.now()
            due = last_due(row.when, now)
            if due is None:
                return
            tries = in_transaction(self._sessions, lambda session: tries_of(session, row.name, due))
            if should_try(tries, now):
                row.run(self._sessions, token, due)

        if self._begin(row.name):
            self._go_on(row.name, partial(self._as_leader, work))

    def _begin(self, name: str, *, though_leaving: bool = False) -> bool:
        """Note that this runs, for which `_leave` waits; False where it runs already, or where nothing more is to begin."""
        with self._lock:
            if name in self._running or (self._leaving and not though_leaving):
                return False
            self._running.add(name)
            return True

    def _go_on(self, name: str, work: Callable[[], object]) -> None:
        """Do what was begun, to its end."""
        try:
            work()
        except Exception as error:  # run_job logged it and kept it in the run's row; the other jobs go on
            log.debug("job_not_done", job=name, kind=type(error).__name__)
        finally:
            self._running.discard(name)

    def _as_leader(self, work: Callable[[int], None]) -> None:
        if (token := self.token) is not None:
            work(token)

    def _hold(self) -> bool:
        """Renew or take the lease. True if this worker has just taken it."""
        asked_at = time.monotonic()
        before = self._trust
        try:
            token = in_transaction(self._beats, self._renew_or_take)
        except SQLAlchemyError as error:  # trust runs out by itself
            log.warning("worker_beat_failed", kind=type(error).__name__)
            return False
        self._trust = None if token is None else _Trust(token, asked_at + self._pace.lease - self._pace.margin)
        if token is None or (before is not None and before.token == token):
            return False
        log.info("worker_leads", holder=self.holder, fencing_token=token)
        return True

    def _renew_or_take(self, session: Session) -> int | None:
        held = self._trust
        if held is not None and renew_lease(session, fencing_token=held.token, seconds=self._pace.lease):
            return held.token
        token = take_lease(session, holder=self.holder, seconds=self._pace.lease)
        if token is not None:
            give_up_runs(session, fencing_token=token, now=clock.now())
        return token

    def _leave(self, seconds: float) -> bool:
        """Start nothing more, let what runs finish while the lease is kept, then let another lead."""
        with self._lock:
            self._leaving = True
        end = time.monotonic() + seconds
        held = self._trust
        while held is not None and self._running and time.monotonic() < end:
            time.sleep(min(0.1, self._pace.beat))
            if time.monotonic() > held.until - self._pace.beat:
                self._hold()
                held = self._trust
        abandoned = sorted(self._running)
        if held is not None:
            try:
                in_transaction(self._beats, lambda session: release_lease(session, fencing_token=held.token))
            except SQLAlchemyError as error:
                log.warning("lease_not_released", kind=type(error).__name__)
        self._scheduler.shutdown(wait=False)
        log.info("worker_stopped", holder=self.holder, abandoned=abandoned)
        return not abandoned
