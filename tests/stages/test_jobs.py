"""Jobs and who may run them: the lease, its fencing token, and the row of each run."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.access.purge import purge_log_ins
from app.core.errors import Conflict
from app.jobs import lease
from app.jobs.lease import LeaseLost, check_lease, release_lease, renew_lease, take_lease
from app.jobs.queries import find_leader, newest_runs, tries_of
from app.jobs.records import give_up_runs, purge_runs
from app.jobs.rows import InSteps, Scheduled
from app.jobs.runner import JobAlreadyRunning, in_transaction, run_job
from app.jobs.schedule import timetable
from app.jobs.steps import run_in_steps
from app.models.operations import JobLease, JobOutcome, JobRun
from app.models.organisation import RefreshFamily, RefreshToken
from tests.factories import NOW


def take(sessions, holder, seconds=60.0):
    return in_transaction(sessions, lambda session: take_lease(session, holder=holder, seconds=seconds))


def let_run_out(sessions):
    in_transaction(sessions, lambda session: session.execute(update(JobLease).values(expires_at=NOW - timedelta(days=900))))


def runs(sessions):
    return in_transaction(sessions, lambda session: list(session.scalars(select(JobRun).order_by(JobRun.id))))


def write_one_run_more(session, now):
    """Work that leaves a trace: a run row of another name."""
    session.add(JobRun(job="trace", started_at=now, outcome=JobOutcome.DONE, counts={}))
    return {"traces": 1}


def traces(sessions):
    return in_transaction(
        sessions, lambda session: session.scalar(select(func.count()).select_from(JobRun).where(JobRun.job == "trace"))
    )


def test_one_leads_and_another_takes_over_only_when_the_lease_ran_out(sessions):
    assert take(sessions, "one") == 1
    assert take(sessions, "two") is None
    let_run_out(sessions)
    assert take(sessions, "two") == 2
    assert not in_transaction(sessions, lambda s: renew_lease(s, fencing_token=1, seconds=60))
    assert in_transaction(sessions, lambda s: renew_lease(s, fencing_token=2, seconds=60))
    leader = in_transaction(sessions, find_leader)
    assert (leader.holder, leader.fencing_token, leader.leads) == ("two", 2, True)


@pytest.mark.parametrize("touch", [renew_lease, check_lease, release_lease])
def test_who_is_paused_while_it_holds_the_lease_row_keeps_nobody_waiting(sessions, monkeypatch, touch):
    monkeypatch.setattr(lease, "HELD_SECONDS", 0.2)
    token = take(sessions, "one", seconds=0.5)
    how = {"seconds": 60} if touch is renew_lease else {}
    with sessions() as paused:
        touch(paused, fencing_token=token, **how)  # and no commit
        with sessions() as other:
            other.execute(text("SET LOCAL lock_timeout = '10s'"))
            other.execute(update(JobLease).values(expires_at=NOW - timedelta(days=900)))
            assert take_lease(other, holder="two", seconds=60.0) == 2
        with pytest.raises(DBAPIError):
            paused.commit()


def test_a_lease_that_ran_out_is_taken_again_with_a_new_token_even_by_its_holder(sessions):
    take(sessions, "one")
    let_run_out(sessions)
    assert not in_transaction(sessions, lambda s: renew_lease(s, fencing_token=1, seconds=60))
    assert take(sessions, "one") == 2


def test_a_released_lease_is_free_at_once_and_a_former_leader_cannot_release_the_next_ones(sessions):
    take(sessions, "one")
    in_transaction(sessions, lambda s: release_lease(s, fencing_token=1))
    assert take(sessions, "two") == 2
    in_transaction(sessions, lambda s: release_lease(s, fencing_token=1))
    assert take(sessions, "three") is None


def test_of_many_who_try_at_once_one_leads(sessions):
    crowd = 8
    together = Barrier(crowd)

    def one_of_them(number):
        together.wait()
        return take(sessions, f"worker {number}")

    for expected in (1, 2, 3):
        with ThreadPoolExecutor(crowd) as pool:
            tokens = [token for token in pool.map(one_of_them, range(crowd)) if token is not None]
        assert tokens == [expected]
        let_run_out(sessions)


def test_a_run_is_done_together_with_its_work(sessions):
    token = take(sessions, "one")
    assert run_job(sessions, "some job", write_one_run_more, fencing_token=token, due_at=NOW) == {"traces": 1}
    first = runs(sessions)[0]
    assert (first.job, first.outcome, first.counts, first.due_at, first.fencing_token) == (
        "some job",
        JobOutcome.DONE,
        {"traces": 1},
        NOW,
        token,
    )


def test_what_fails_leaves_nothing_but_a_row_that_says_so(sessions):
    def fail(session, now):
        write_one_run_more(session, now)
        raise Conflict("The month is open.")

    with pytest.raises(Conflict):
        run_job(sessions, "some job", fail)
    (only,) = runs(sessions)
    assert (only.outcome, only.error) == (JobOutcome.FAILED, "conflict: The month is open.")
    assert only.finished_at is not None


def test_a_leader_paused_in_the_midst_of_a_job_is_refused_at_its_commit(sessions):
    old = take(sessions, "one")

    def work_while_another_takes_over(session, now):
        let_run_out(sessions)
        assert take(sessions, "two") == old + 1
        return write_one_run_more(session, now)

    with pytest.raises(LeaseLost):
        run_job(sessions, "some job", work_while_another_takes_over, fencing_token=old, due_at=NOW)
    assert traces(sessions) == 0
    assert runs(sessions)[0].outcome is JobOutcome.FAILED


def test_a_former_leader_cannot_start_a_job_nor_leave_a_row(sessions):
    old = take(sessions, "one")
    let_run_out(sessions)
    with pytest.raises(LeaseLost):
        run_job(sessions, "some job", write_one_run_more, fencing_token=old)
    take(sessions, "two")
    with pytest.raises(LeaseLost):
        run_job(sessions, "some job", write_one_run_more, fencing_token=old)
    assert runs(sessions) == []


def test_nobody_takes_over_between_the_last_check_and_the_commit(sessions):
    token = take(sessions, "one")
    let_run_out(sessions)
    with sessions() as committing:
        check_lease(committing, token)
        with sessions() as other:
            other.execute(text("SET LOCAL lock_timeout = '200ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                take_lease(other, holder="two", seconds=60)
        committing.commit()
    assert take(sessions, "two") == token + 1


def test_a_due_time_is_done_once_whoever_tries(sessions):
    run_job(sessions, "some job", write_one_run_more, due_at=NOW)
    with pytest.raises(IntegrityError):
        run_job(sessions, "some job", write_one_run_more, due_at=NOW)
    run_job(sessions, "some job", write_one_run_more, due_at=NOW + timedelta(days=1))
    run_job(sessions, "another job", write_one_run_more, due_at=NOW)
    assert traces(sessions) == 3


def test_the_same_job_does_not_run_beside_itself(sessions):
    def work(session, now):
        with pytest.raises(JobAlreadyRunning):
            run_job(sessions, "some job", write_one_run_more)
        run_job(sessions, "another job", write_one_run_more)
        return {}

    run_job(sessions, "some job", work)
    assert traces(sessions) == 1


def test_a_new_leader_gives_up_what_the_one_before_left_running(session):
    for token, job in ((1, "left"), (2, "mine"), (None, "by hand")):
        session.add(JobRun(job=job, started_at=NOW, outcome=JobOutcome.RUNNING, counts={}, fencing_token=token, due_at=NOW))
    session.flush()
    assert give_up_runs(session, fencing_token=2, now=NOW) == 1
    session.expire_all()
    assert {run.job: run.outcome.value for run in newest_runs(session)} == {
        "left": "failed",
        "mine": "running",
        "by hand": "running",
    }
    tries = tries_of(session, "left", NOW)
    assert (tries.done, tries.count, tries.last_at) == (False, 1, NOW)


def test_old_runs_are_removed_the_failed_ones_later(session):
    for days, outcome in ((29, "done"), (31, "done"), (31, "failed"), (366, "failed")):
        session.add(
            JobRun(job=f"{outcome} {days}", started_at=NOW - timedelta(days=days), outcome=JobOutcome(outcome), counts={})
        )
    session.flush()
    assert purge_runs(session, now=NOW) == 2
    assert [run.job for run in newest_runs(session)] == ["done 29", "failed 31"]


def test_log_ins_that_are_long_over_are_removed_and_live_ones_stay(session):
    def log_in(name, *, started, expires, ended=None):
        family = RefreshFamily(account_id=1, device_id=name, started_at=NOW - timedelta(days=started))
        family.ended_at = None if ended is None else NOW - timedelta(days=ended)
        session.add(family)
        session.flush()
        session.add(
            RefreshToken(
                token_hash=name.encode(),
                family_id=family.id,
                generation=0,
                issued_at=family.started_at,
                expires_at=NOW + timedelta(days=expires),
            )
        )

    log_in("live", started=300, expires=3)
    log_in("ran out lately", started=300, expires=-3)
    log_in("ran out", started=300, expires=-31)
    log_in("ended lately", started=300, expires=3, ended=29)
    log_in("ended", started=300, expires=3, ended=31)
    session.flush()
    assert purge_log_ins(session, now=NOW) == 2
    left = session.scalars(select(RefreshFamily.device_id).order_by(RefreshFamily.id)).all()
    assert left == ["live", "ran out lately", "ended lately"]
    assert session.scalar(select(func.count()).select_from(RefreshToken)) == 3


ROWS = timetable(ZoneInfo("Asia/Shanghai"), "s" * 40)


@pytest.mark.parametrize("row", [row for row in ROWS if isinstance(row, Scheduled)], ids=lambda row: row.name)
def test_every_job_of_the_timetable_runs_and_counts_what_json_can_hold(session, row):
    counts = row.work(session, NOW)
    assert json.loads(json.dumps(dict(counts))) == counts


@pytest.mark.parametrize("row", [row for row in ROWS if isinstance(row, InSteps)], ids=lambda row: row.name)
def test_every_job_in_steps_runs_and_counts(session, row):
    counts = row.work(lambda part: part(session, NOW))
    assert json.loads(json.dumps(dict(counts))) == counts


def test_a_job_in_steps_keeps_the_steps_before_the_one_that_failed_and_says_so(sessions):
    def work(step):
        step(write_one_run_more)
        with pytest.raises(LeaseLost):
            step(lambda session, now: check_lease(session, 99))
        raise RuntimeError("somebody else was called and did not answer")

    take(sessions, "one")
    with pytest.raises(RuntimeError):
        run_in_steps(sessions, "some job", work, fencing_token=1)
    assert traces(sessions) == 1
    assert [(run.job, run.outcome.value, run.error) for run in runs(sessions) if run.job != "trace"] == [
        ("some job", "failed", "RuntimeError: somebody else was called and did not answer")
    ]


def test_a_job_in_steps_writes_nothing_once_another_leads(sessions):
    def work(step):
        step(write_one_run_more)
        let_run_out(sessions)
        take(sessions, "two")
        step(write_one_run_more)
        return {"n": 2}

    take(sessions, "one")
    with pytest.raises(LeaseLost):
        run_in_steps(sessions, "some job", work, fencing_token=1)
    assert traces(sessions) == 1


def test_a_withdrawn_customer_waits_less_than_a_minute():
    (row,) = [row for row in timetable(ZoneInfo("Asia/Shanghai"), "") if row.name == "withdraw-refused"]
    first = row.when.get_next_fire_time(None, NOW)
    assert row.when.get_next_fire_time(None, first + timedelta(seconds=1)) - first < timedelta(minutes=1)
