"""Workers that really run, in threads and in processes of their own: one leads, nothing is done twice, nothing is missed."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select, text

from app.access.job_requests import ask_for_job, take_requests
from app.core import clock
from app.core.security import Principal
from app.jobs import leading
from app.jobs.leading import Pace, Worker
from app.jobs.queries import find_leader
from app.jobs.rows import Scheduled
from app.jobs.runner import in_transaction
from app.models.operations import JobLease, JobOutcome, JobRun, JobTime
from app.models.organisation import Account
from tests.stages.ticking_worker import GATE

ROOT = Path(__file__).resolve().parents[2]
QUICK = Pace(beat=0.05, lease=5.0, margin=1.0, look=0.1)
DAILY = CronTrigger(hour=0, minute=10, second=0, timezone=ZoneInfo("Asia/Shanghai"))


def until(condition, seconds=120.0):
    """Wait for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


def runs(sessions, outcome=None):
    def read(session):
        found = session.scalars(select(JobRun).order_by(JobRun.id)).all()
        return [run for run in found if outcome is None or run.outcome.value == outcome]

    return in_transaction(sessions, read)


def leader(sessions):
    found = in_transaction(sessions, find_leader)
    return found.holder if found is not None and found.leads else None


def lease_ends(sessions):
    return in_transaction(sessions, lambda session: session.scalar(select(JobLease.expires_at)))


@contextmanager
def working(sessions, timetable, holder, shutdown_seconds=10.0):
    """A worker in a thread; stopped at the end. Gives what stops it; calling that waits and says whether all was finished."""
    stop, finished = threading.Event(), []
    worker = Worker(sessions, timetable, holder=holder, pace=QUICK)
    thread = threading.Thread(target=lambda: finished.append(worker.run(stop, shutdown_seconds=shutdown_seconds)))
    thread.start()

    def end():
        stop.set()
        thread.join()
        return finished[0]

    try:
        yield end
    finally:
        end()


def counting(name, when=DAILY):
    done = []
    return done, Scheduled(name, when, lambda session, now: (done.append(name), {"n": 1})[1])


def ask_for_purge(session):
    by = session.scalars(select(Account).where(Account.login == "ada")).one()
    ask_for_job(session, job="purge", by=Principal(by.id, "ada", "admin", "all", None, (), None), now=clock.now())


def test_of_three_workers_one_runs_what_is_due_once(sessions):
    done, row = counting("daily")
    with working(sessions, [row], "one"), working(sessions, [row], "two"), working(sessions, [row], "three"):
        until(lambda: runs(sessions, "done"))
        looked = leader(sessions)
        time.sleep(0.5)  # several looks at the timetable by whoever leads
        assert leader(sessions) == looked
    assert done == ["daily"]
    assert len(runs(sessions)) == 1


def test_what_was_due_while_nobody_led_is_run_once_by_the_next_leader(sessions):
    done, row = counting("daily")
    with working(sessions, [row], "one"):
        until(lambda: runs(sessions, "done"))
    with working(sessions, [row], "two"):
        until(lambda: leader(sessions) == "two")
        time.sleep(0.3)
    assert done == ["daily"]
    with clock.shifted_to(clock.now().replace(microsecond=0) + timedelta(days=2)), working(sessions, [row], "three"):
        until(lambda: len(runs(sessions, "done")) == 2)
        time.sleep(0.3)
    assert done == ["daily", "daily"]
    assert runs(sessions)[1].fencing_token == 3


def test_what_somebody_asks_for_is_run_once_by_who_leads_and_the_timetable_is_there_to_be_seen(sessions):
    done, row = counting("purge")
    with working(sessions, [row], "one"):
        until(lambda: runs(sessions, "done"))
        until(lambda: in_transaction(sessions, lambda session: session.get(JobTime, "purge")))
        in_transaction(sessions, ask_for_purge)
        until(lambda: len(runs(sessions, "done")) == 2)
        time.sleep(0.3)
    assert done == ["purge", "purge"]
    assert [run.due_at is None for run in runs(sessions)] == [False, True]
    times = in_transaction(sessions, lambda session: session.get(JobTime, "purge"))
    assert (times.times, times.may_ask) == ("hour 0, minute 10", True)


def test_what_was_asked_for_is_run_though_the_worker_is_told_to_stop_in_that_moment(sessions, monkeypatch):
    done, row = counting("purge")
    taken, go_on = threading.Event(), threading.Event()

    def take(session, *, now):
        names = take_requests(session, now=now)
        if names:
            taken.set()
            assert go_on.wait(30)
        return names

    monkeypatch.setattr(leading, "take_requests", take)
    with working(sessions, [row], "one") as end:
        until(lambda: runs(sessions, "done"))
        in_transaction(sessions, ask_for_purge)
        assert taken.wait(30)
        leaving = threading.Thread(target=end)
        leaving.start()
        time.sleep(0.3)  # it has been told, and waits
        go_on.set()
        leaving.join()
    assert done == ["purge", "purge"]
    assert [run.due_at is None for run in runs(sessions)] == [False, True]


def test_a_stopped_worker_hands_over_at_once(sessions):
    with working(sessions, [], "one") as end_one:
        until(lambda: leader(sessions) == "one")
        with working(sessions, [], "two"):
            assert end_one()
            until(lambda: leader(sessions) == "two")


def test_a_stopping_worker_finishes_the_job_that_runs_and_keeps_the_lease_meanwhile(sessions):
    started, go_on = threading.Event(), threading.Event()

    def work(session, now):
        started.set()
        assert go_on.wait(60)
        return {}

    with working(sessions, [Scheduled("slow", DAILY, work)], "one") as end:
        assert started.wait(60)
        ending = threading.Thread(target=end)
        ending.start()
        before = lease_ends(sessions)
        until(lambda: lease_ends(sessions) > before)
        go_on.set()
        ending.join()
    assert [run.outcome for run in runs(sessions)] == [JobOutcome.DONE]


def test_a_job_that_does_not_end_in_time_is_abandoned_and_given_up_by_the_next_leader(sessions):
    started, go_on = threading.Event(), threading.Event()

    def work(session, now):
        started.set()
        assert go_on.wait(60)
        return {}

    row = Scheduled("slow", DAILY, work)
    with working(sessions, [row], "one", shutdown_seconds=0.2) as end:
        assert started.wait(60)
        assert not end()
        assert leader(sessions) is None
        with working(sessions, [], "two"):
            (left,) = until(lambda: runs(sessions, "failed"))
        assert left.error.startswith("lease.lost")
        go_on.set()
    until(lambda: [thread for thread in threading.enumerate() if "ThreadPoolExecutor" in thread.name] == [])
    assert runs(sessions, "done") == []


def test_a_failing_job_stops_no_other_and_is_tried_again_later(sessions):
    tries = []

    def fail(session, now):
        tries.append(now)
        if len(tries) == 1:
            raise RuntimeError("the first time it fails")
        return {}

    done, row = counting("good")
    with working(sessions, [Scheduled("bad", DAILY, fail), row], "one"):
        until(lambda: len(runs(sessions)) == 2 and tries)
        time.sleep(0.4)
        assert len(tries) == 1  # not at every look
        with clock.shifted_to(clock.now() + timedelta(seconds=61)):
            until(lambda: len(tries) == 2)
            until(lambda: len(runs(sessions, "done")) == 2)
    assert done == ["good"]
    assert [run.error for run in runs(sessions, "failed")] == ["RuntimeError: the first time it fails"]


@pytest.fixture
def two_processes(database):
    """Two real worker processes by name."""
    with ExitStack() as stack:
        processes = {}
        for holder in ("one", "two"):
            command = [sys.executable, "-m", "tests.stages.ticking_worker", database, holder]
            process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            processes[holder] = process
        yield processes


def test_a_leader_that_is_paused_loses_its_place_and_what_it_was_doing(sessions, two_processes):
    with sessions() as gate:
        until(lambda: len(runs(sessions, "done")) >= 1)
        gate.execute(text("SELECT pg_advisory_lock(:gate)"), {"gate": GATE})
        (waiting,) = until(lambda: runs(sessions, "running"))
        paused = until(lambda: leader(sessions))
        other = {"one": "two", "two": "one"}[paused]
        os.kill(two_processes[paused].pid, signal.SIGSTOP)
        until(lambda: leader(sessions) == other)
        gate.execute(text("SELECT pg_advisory_unlock(:gate)"), {"gate": GATE})
        gate.rollback()
    os.kill(two_processes[paused].pid, signal.SIGCONT)
    until(lambda: sum(run.fencing_token > waiting.fencing_token for run in runs(sessions, "done")) >= 2)
    for process in two_processes.values():
        process.terminate()
    assert [process.wait(60) for process in two_processes.values()] == [0, 0]
    everything = runs(sessions)
    stale = next(run for run in everything if run.id == waiting.id)
    assert (stale.outcome, stale.error.partition(":")[0]) == (JobOutcome.FAILED, "lease.lost")
    done = [run for run in everything if run.outcome is JobOutcome.DONE]
    assert len({run.due_at for run in done}) == len(done)
    assert [run.fencing_token for run in done] == sorted(run.fencing_token for run in done)


def test_when_a_leader_is_killed_another_follows(sessions, two_processes):
    until(lambda: len(runs(sessions, "done")) >= 1)
    first = until(lambda: leader(sessions))
    two_processes[first].kill()
    until(lambda: leader(sessions) not in {first, None})
    until(lambda: any(run.fencing_token > 1 for run in runs(sessions, "done")))
    done = runs(sessions, "done")
    assert len({run.due_at for run in done}) == len(done)
