"""Access tokens, refresh tokens and secrets."""

import os
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from threading import Event, Semaphore, Thread

import jwt
import pytest

from app.core import security
from app.core.security import (
    AccessClaims,
    TooManyLogIns,
    WrongToken,
    check_password,
    hash_password,
    read_access_token,
    refresh_token_of,
    signing_secret,
    turn_to_check,
    write_access_token,
)

SECRET = "s" * 32
NOW = datetime(2026, 10, 12, tzinfo=UTC)


def test_an_access_token_is_over_after_its_minutes():
    token = write_access_token(AccessClaims(7, 3), secret=SECRET, now=NOW, minutes=15)
    assert read_access_token(token, secret=SECRET, now=NOW + timedelta(minutes=14)) == AccessClaims(7, 3)
    with pytest.raises(WrongToken):
        read_access_token(token, secret=SECRET, now=NOW + timedelta(minutes=15))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        jwt.encode({"sub": "1", "exp": 9e9}, "another secret of 32 characters!", algorithm="HS256"),
        jwt.encode({"sub": "1", "exp": 9e9}, None, algorithm="none"),
        jwt.encode({"sub": "1"}, SECRET, algorithm="HS256"),
        jwt.encode({"sub": "x", "exp": 9e9}, SECRET, algorithm="HS256"),
    ],
)
def test_a_token_that_is_not_ours_is_refused(token):
    with pytest.raises(WrongToken):
        read_access_token(token, secret=SECRET, now=NOW)


def test_a_refresh_token_is_the_same_each_time_and_differs_by_generation():
    first = refresh_token_of(SECRET, family_id=1, generation=0)
    assert first == refresh_token_of(SECRET, family_id=1, generation=0)
    assert first.split(".")[2] != refresh_token_of(SECRET, family_id=1, generation=1).split(".")[2]


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path):
    secret = signing_secret("", tmp_path / "home")
    assert len(secret) >= 32
    assert signing_secret("", tmp_path / "home") == secret
    assert stat.S_IMODE((tmp_path / "home" / "secret").stat().st_mode) == 0o600


def test_two_passwords_are_checked_at_once_sixteen_wait_and_the_next_is_told_when_to_come_again():
    inside, release, refused = Semaphore(0), Event(), []

    def come():
        try:
            with turn_to_check():
                inside.release()
                release.wait(10)
        except TooManyLogIns as error:
            refused.append(error.retry_after_seconds)

    threads = [Thread(target=come) for _ in range(18)]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=10)
    assert inside.acquire(timeout=10)
    while security._queue._value:  # until all are in
        time.sleep(0.001)
    assert not inside.acquire(blocking=False)  # the third waits
    come()
    assert refused == [2]
    release.set()
    for thread in threads:
        thread.join()
    with turn_to_check():
        pass


def test_hashing_steps_back_for_other_work():
    assert check_password("a password", hash_password("a password"))
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    theirs = security._hashing.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result()
    assert theirs == min(mine + 10, 19)
