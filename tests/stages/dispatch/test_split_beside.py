"""A big run splits half of its grids in a process beside it: the same comes out, whatever becomes of that process."""

import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, text, update

from app.dispatch.run.order_rows import _take_ids
from app.dispatch.service import dispatch_campaign
from app.dispatch.splitting import beside as split_process
from app.dispatch.splitting.beside import split_beside
from app.dispatch.splitting.shares import Share, _half_of
from app.dispatch.splitting.split import Managers, SplitRules, Targets, split
from app.models.organisation import Staff
from app.models.work_order import DispatchRun
from tests.factories import NOW
from tests.stages.dispatch.test_dispatching import ALL, make_list

GRIDS, MANAGERS, TARGETS = 9, 30, 900


@pytest.fixture(autouse=True)
def _any_size(monkeypatch):
    monkeypatch.setattr(split_process, "SPLIT_BESIDE_FROM", 1)


def _company():
    """Targets of nine grids and one without managers; too many for the places, so that somebody is left out everywhere."""
    chance = np.random.default_rng(5)
    staff = np.arange(1, MANAGERS + 1)
    targets = Targets(
        grid=chance.integers(1, GRIDS + 2, TARGETS),
        owner=chance.integers(0, MANAGERS + 1, TARGETS),
        order=chance.permutation(TARGETS).astype(float),
        value=np.round(chance.lognormal(1, 1, TARGETS), 4),
        drawn=chance.random(TARGETS) < 0.1,
    )
    capacity = np.full((MANAGERS, 3), 7)
    least = np.full(MANAGERS, 25)  # more than they can: each is short of some
    return targets, Managers(staff, 1 + staff % GRIDS, capacity, capacity * 0, least=least), SplitRules()


def _assert_alike(one, other):
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), field.name)


def test_two_processes_come_to_what_one_comes_to():
    company, asked = _company(), []
    with split_beside(TARGETS) as beside:
        found = split(*company, beside=lambda share: asked.append(share) or beside(share))
    _assert_alike(found, split(*company))
    assert len(found.grids) == GRIDS
    assert 0.3 < len(asked[0].targets.grid) / TARGETS < 0.6
    assert found.short.all()


def test_where_the_process_is_lost_its_share_is_split_here(monkeypatch):
    monkeypatch.setattr(split_process.sys, "executable", "/bin/false")
    with split_beside(TARGETS) as beside:
        found = split(*_company(), beside=beside)
    _assert_alike(found, split(*_company()))


def test_a_few_customers_are_no_reason_for_a_process(monkeypatch):
    monkeypatch.setattr(split_process, "SPLIT_BESIDE_FROM", 100)
    with split_beside(99) as beside:
        assert beside is None


def test_a_run_with_a_process_beside_it_decides_the_same(company, monkeypatch):
    company.execute(update(Staff).values(daily_capacity=1))
    code = make_list(company, ALL).code
    company.commit()
    digests = []
    for customers in (1, 10**9):
        monkeypatch.setattr(split_process, "SPLIT_BESIDE_FROM", customers)
        company.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        dispatch_campaign(company, campaign_code=code, now=NOW)
        digests.append(company.scalar(select(DispatchRun.result_sha256)))
        company.rollback()
    assert digests[0] == digests[1]
    assert digests[0]


_WAITS_FOR_EVER = """
import time
from app.dispatch.splitting import beside
with beside._started() as process:
    print(process.pid, flush=True)
    time.sleep(600)
"""


def test_the_process_ends_with_the_one_that_started_it_even_where_that_is_killed():
    root = Path(split_process.__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", _WAITS_FOR_EVER], stdout=subprocess.PIPE, cwd=root) as starter:
        pid = int(starter.stdout.readline())
        assert _is_there(pid)
        os.kill(starter.pid, signal.SIGKILL)
    end = time.monotonic() + 30
    while _is_there(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _is_there(pid)


_IS_AT_WORK = """
import time
from app.dispatch.splitting import beside
beside.split_share = lambda share: time.sleep(600)
beside.main()
"""


def test_the_process_ends_in_the_midst_of_its_work_where_nobody_waits_for_it():
    root = Path(split_process.__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", _IS_AT_WORK], stdin=subprocess.PIPE, cwd=root) as process:
        pickle.dump(Share(*_company(), parts=[]), process.stdin)
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.stdin.close()
        try:
            assert process.wait(30) == 1
        finally:
            process.kill()


def test_the_process_ends_in_good_order_while_what_asked_for_its_share_goes_on():
    root = Path(split_process.__file__).resolve().parents[3]
    asked = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": root}
    with subprocess.Popen([sys.executable, "-m", split_process.__name__], **asked) as process:
        pickle.dump(Share(*_company(), parts=[]), process.stdin)
        process.stdin.flush()
        pickle.load(process.stdout)
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()
        assert process.stderr.read() == b""


def test_what_goes_to_another_process_is_somewhat_less_than_half():
    parts = [(np.arange(3), np.arange(10)) for _ in range(100)]
    assert 40 <= len(_half_of(parts)) < 48


def _is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ids_are_taken_all_at_once_and_nobody_gets_them_again(session):
    first, then = _take_ids(session, 1000), _take_ids(session, 2)
    following = session.scalar(text("SELECT nextval('work_orders_id_seq')"))
    assert [then - first, following - then] == [1000, 2]
    assert _take_ids(session, 0) == 0
