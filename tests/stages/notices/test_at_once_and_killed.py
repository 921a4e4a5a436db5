"""Several senders, and senders that die: nothing is lost, nothing is sent by two at once."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.jobs.lease import LeaseLost, take_lease
from app.jobs.runner import in_transaction
from app.models.operations import JobLease
from app.notices import endpoints, letters
from app.notices.relay import CLAIM, claim_parcels
from tests.factories import NOW
from tests.receivers import receiving
from tests.stages.notices.post import SEAL, add, deliveries, put, send

ROOT = Path(__file__).resolve().parents[3]


def test_two_senders_never_send_the_same_delivery(sessions):
    """Without the claim, or without SKIP LOCKED, one is sent twice or the senders wait for each other."""
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        ids = put(sessions, 120)
        receiver.wait = 0.005
        together = threading.Barrier(3)

        def sender(_):
            together.wait()
            return sum(send(sessions)["delivered"] for _ in range(4))

        with ThreadPoolExecutor(3) as pool:
            assert sum(pool.map(sender, range(3))) == 120
        assert Counter(receiver.ids) == Counter(ids)
        assert receiver.most_together > 1  # they did work at the same time


def test_who_claims_does_not_wait_for_another_who_is_claiming(sessions):
    with receiving() as receiver, sessions() as first:
        add(sessions, "one", receiver.url)
        put(sessions, 30)
        first.execute(text("SET LOCAL gridwork.scope = 'all'"))
        mine = claim_parcels(first, apart=False, seal=SEAL, now=NOW)
        with sessions() as second:
            second.execute(text("SET LOCAL gridwork.scope = 'all'"))
            second.execute(text("SET LOCAL lock_timeout = '2s'"))
            others = claim_parcels(second, apart=False, seal=SEAL, now=NOW)
        assert (len(mine), len(others)) == (20, 10)
        assert {p.id for p in mine}.isdisjoint(p.id for p in others)


def test_of_many_who_replay_a_dead_delivery_at_once_one_does(sessions):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        put(sessions)
        in_transaction(sessions, lambda s: endpoints.disable_endpoint(s, name="one", now=NOW))
        in_transaction(sessions, lambda s: endpoints.enable_endpoint(s, name="one", now=NOW))
        (dead,) = deliveries(sessions)
        together = threading.Barrier(6)

        def replay(_):
            together.wait()
            try:
                in_transaction(sessions, lambda s: letters.replay_delivery(s, delivery_id=dead.id, now=NOW))
            except letters.NotDead:
                return 0
            return 1

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(replay, range(6))) == 1
        assert send(sessions)["delivered"] == 1
        assert len(receiver.got) == 1


def test_a_sender_that_lost_its_lease_while_sending_records_nothing_and_the_next_sends_it_again(sessions):
    token = in_transaction(sessions, lambda s: take_lease(s, holder="first", seconds=60))

    def another_leads(number):
        if number == 0:
            in_transaction(
                sessions, lambda s: s.execute(JobLease.__table__.update().values(expires_at=NOW - timedelta(days=999)))
            )
            in_transaction(sessions, lambda s: take_lease(s, holder="second", seconds=60))
        return 200

    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        (event_id,) = put(sessions)
        receiver.answer = another_leads
        with pytest.raises(LeaseLost):
            send(sessions, token=token)
        (delivery,) = deliveries(sessions)
        assert (delivery.state, delivery.attempts) == ("pending", 0)
        assert send(sessions, token=token + 1)["delivered"] == 0  # still claimed
        assert send(sessions, token=token + 1, after=CLAIM + timedelta(seconds=1))["delivered"] == 1
        assert receiver.ids == [event_id, event_id]


def started(url, after=timedelta(0)):
    command = [sys.executable, "-m", "tests.stages.notices.sending_process", url, str(after.total_seconds())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process):
    process.kill()
    process.wait()
    process.stdout.close()


def test_what_was_sent_but_not_recorded_because_of_a_kill_is_sent_again_with_the_same_id(sessions, database):
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        (event_id,) = put(sessions)
        killed = threading.Event()
        born = []

        def kill_the_sender(number):
            if number == 0:
                while not born:
                    time.sleep(0.01)
                os.kill(born[0].pid, signal.SIGKILL)
                born[0].wait()
                killed.set()
            return 200

        receiver.answer = kill_the_sender
        process = started(database)
        born.append(process)
        assert killed.wait(60)
        process.stdout.close()
        (delivery,) = deliveries(sessions)
        assert (delivery.state, delivery.attempts) == ("pending", 0)
        assert delivery.claim is not None
        assert send(sessions, after=timedelta(minutes=1))["delivered"] == 0  # it may still be under way
        assert send(sessions, after=CLAIM + timedelta(minutes=1))["delivered"] == 1
        assert receiver.ids == [event_id, event_id]


def test_senders_killed_at_any_moment_lose_nothing(sessions, database):
    dice = random.Random(20261012)
    with receiving() as receiver:
        add(sessions, "one", receiver.url)
        receiver.wait = 0.002
        ids = []
        for number in range(5):
            ids += put(sessions, 25)
            process = started(database, after=2 * number * CLAIM)
            time.sleep(dice.uniform(0, 0.25))
            ended(process)
        for number in range(5, 15):
            send(sessions, after=2 * number * CLAIM)
        assert all(d.state.value == "delivered" for d in deliveries(sessions))
        assert set(receiver.ids) == set(ids)
