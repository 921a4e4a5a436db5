"""The key of pushes is made once and kept, however many start at once."""

import secrets
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cryptography.fernet import Fernet

from app.core.kept_keys import kept_key
from app.core.push_keys import public_push_key, push_key
from app.core.security import signing_secret
from app.notices.sealing import seal_of
from app.settings import SettingsError


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    first = push_key("", tmp_path / "home")
    assert push_key("", tmp_path / "home") == first
    assert (tmp_path / "home" / "push-key").stat().st_mode & 0o777 == 0o600
    assert [kept.name for kept in (tmp_path / "home").iterdir()] == ["push-key"]
    assert push_key("", tmp_path / "other") != first
    assert push_key(first, tmp_path / "nowhere") == first
    assert not (tmp_path / "nowhere").exists()


def test_processes_that_start_at_once_have_the_same_key(tmp_path):
    together = Barrier(8)

    def start(_):
        together.wait()
        return push_key("", tmp_path)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(start, range(8)))) == 1


@pytest.mark.parametrize("name", ["push-key", "payroll-key"])
def test_who_is_still_making_a_key_when_another_has_made_one_takes_that(tmp_path, name):
    """Of two processes that start on an empty home, the slower one would otherwise sign with a key that nobody else has."""
    faster = []

    def make():
        faster.append(kept_key(tmp_path, name, lambda: b"first" * 6))
        return b"other" * 6

    assert kept_key(tmp_path, name, make) == faster[0] == kept_key(tmp_path, name, make)
    assert [kept.name for kept in tmp_path.iterdir()] == [name]


def test_who_is_still_making_a_secret_or_a_seal_takes_that_of_the_faster_too(tmp_path, monkeypatch):
    faster = []

    def while_another_does(make, key):
        def making(*size):
            if not faster:
                faster.append(None)
                faster.append(key())
            return make(*size)

        return making

    monkeypatch.setattr(secrets, "token_urlsafe", while_another_does(secrets.token_urlsafe, lambda: signing_secret("", tmp_path)))
    assert signing_secret("", tmp_path) == faster[1] == (tmp_path / "secret").read_text()
    faster.clear()
    monkeypatch.setattr(Fernet, "generate_key", while_another_does(Fernet.generate_key, lambda: seal_of("", tmp_path)))
    assert seal_of("", tmp_path).open(faster[1].close(b"a key")) == b"a key"


def test_the_public_half_is_a_point_as_browsers_want_it(tmp_path):
    point = urlsafe_b64decode(public_push_key(push_key("", tmp_path)) + "=")
    assert (len(point), point[0]) == (65, 4)


@pytest.mark.parametrize("key", ["A" * 43, "_" * 43, "", "not a key"])
def test_what_is_no_key_is_named_at_the_start(key):
    with pytest.raises(SettingsError, match="GRIDWORK_PUSH_KEY"):
        public_push_key(key)
