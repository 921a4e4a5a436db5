"""What a worker does that is killed in the midst of it: the oldest requested dispatch, in a process of its own."""

import os
import signal
from multiprocessing.connection import Connection

from app.campaigns import list_part
from app.core import clock
from app.core.db import make_engine, make_sessions, set_scope
from app.core.logs import configure_logs
from app.core.storage import Storage
from app.dispatch.run import order_part
from app.dispatch.run.deciding import decide_run
from app.dispatch.run.inputs import read_inputs
from app.dispatch.run.requests import dispatch_requested
from app.dispatch.run.terms import DISPATCHED
from app.jobs.runner import JobAlreadyRunning, run_job

BUSY = 3  # exit code: the database has not noticed yet that the one before is gone


def work(url: str, storage: str, part_from: int | None, began: Connection) -> None:
    """Run the oldest request as the worker's job does; says when it has the job's lock. `part_from`: as PART_FROM of both."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for who counts; this one is killed, or finishes
    if part_from is not None:
        list_part.PART_FROM = order_part.PART_FROM = part_from
    configure_logs("CRITICAL")
    clock.use_zone(clock.zone())
    sessions = make_sessions(make_engine(url), Storage(storage))

    def do(session, now):  # type: ignore[no-untyped-def]
        began.send("began")
        return dispatch_requested(session, now=now)

    try:
        run_job(sessions, "dispatch-requested", do)
    except JobAlreadyRunning:
        os._exit(BUSY)
    os._exit(0)


def expect(url: str, storage: str, code: str, found: Connection) -> None:
    """Say whom the dispatch of a campaign is to reach, without writing anything."""
    from app.campaigns.queries import get_campaign

    clock.use_zone(clock.zone())
    sessions = make_sessions(make_engine(url), Storage(storage))
    with sessions() as session:
        set_scope(session, scope="all")
        (decision,) = decide_run(read_inputs(session, [get_campaign(session, code)], now=clock.now())).campaigns
        found.send(decision.customers.customer_id[decision.reason == DISPATCHED].tolist())
    os._exit(0)


def seed(url: str, folder: str, customers: int, managers: int) -> None:
    """Make the company and its ranking."""
    from pathlib import Path

    from bench.runs import seed_ranked

    seed_ranked(url, Path(folder), customers=customers, managers=managers)
    os._exit(0)
