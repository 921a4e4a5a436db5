"""One worker as a process of the operating system: its engines, its signals, and its end."""

import os
import signal
import socket
import threading
from dataclasses import replace

import structlog

from app.core import clock
from app.core.database import app_engine
from app.core.db import make_sessions
from app.core.logs import configure_logs
from app.core.push_keys import push_key
from app.core.security import signing_secret
from app.core.storage import Storage
from app.devices.web_push import Sign
from app.jobs.leading import Worker
from app.jobs.schedule import PUSH_SECONDS, Outgoing, timetable
from app.notices.sealing import seal_of
from app.notices.sending import Sender
from app.points.disputes.rules import DisputeTerms
from app.settings import Settings

log = structlog.get_logger(__name__)

BEAT_TIMEOUT_MS = 1_500


def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; does not return where a job had to be abandoned (its transaction is rolled back)."""
    configure_logs(settings.log_level)
    clock.use_zone(settings.zone)
    secret = signing_secret(settings.secret, settings.home)
    rows = timetable(
        settings.zone,
        secret,
        settings.gate_calibration_error,
        outgoing_of(settings),
        unfinished_rule=settings.unfinished_rule,
        most_rolls=settings.most_rolls,
        run_inputs_days=settings.run_inputs_days,
    )
    jobs = app_engine(settings.model_copy(update={"pool_size": len(rows) + 1}), statement_timeout_ms=0)
    beats = app_engine(settings.model_copy(update={"pool_size": 1}), statement_timeout_ms=BEAT_TIMEOUT_MS)
    stop = threading.Event()
    _heed_signals(stop)
    worker = Worker(make_sessions(jobs, Storage(settings.storage_url), dask=settings.dask), rows, beats=make_sessions(beats))
    if not worker.run(stop, shutdown_seconds=settings.shutdown_seconds):
        os._exit(1)  # threads of abandoned jobs would keep an ordinary exit waiting
    jobs.dispose()
    beats.dispose()


def outgoing_of(settings: Settings) -> Outgoing:
    """How others are told in this installation."""
    sender = Sender(loopback=settings.webhook_loopback)
    return Outgoing(
        webhooks=sender,
        seal=seal_of(settings.webhook_key, settings.home),
        mail=settings.mail,
        mail_from=settings.mail_from,
        sms=settings.sms,
        sms_key=settings.sms_key,
        quiet_hours=settings.quiet_hours,
        pushes=replace(sender, try_seconds=PUSH_SECONDS),
        sign=Sign(push_key(settings.push_key, settings.home), f"mailto:{settings.mail_from}"),
        push_minutes=settings.push_minutes,
        disputes=DisputeTerms(*settings.dispute_terms),
    )


def _heed_signals(stop: threading.Event) -> None:
    """Set `stop` at SIGTERM or SIGINT; the second one ends the process at once.

    A thread reads the signals from a socket: a handler would interrupt the main thread where it may hold a lock.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def heed() -> None:
        with told:
            name = signal.Signals(heard.recv(1)[0]).name
            log.info("worker_stopping", signal=name)
            stop.set()
            heard.recv(1)
            os._exit(1)

    threading.Thread(target=heed, name="signals", daemon=True).start()
