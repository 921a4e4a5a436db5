"""Passwords, access tokens, and the principal that every request acts as."""

import hashlib
import hmac
import os
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.core.errors import TooMany, Unauthenticated
from app.core.kept_keys import kept_text

# OWASP's minimum for Argon2id: 19 MiB, 2 passes, 1 lane.
_passwords = PasswordHash((Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),))
_HASHES_AT_ONCE = 2
_HASHES_WAITING = 16
_ALGORITHM = "HS256"
_LESS_URGENT = 10  # more nice than who answers requests
_turns = threading.BoundedSemaphore(_HASHES_AT_ONCE)
_queue = threading.BoundedSemaphore(_HASHES_AT_ONCE + _HASHES_WAITING)


def _step_back() -> None:
    """Of two threads that want a processor, the one that hashes waits: a log-in takes long, and many come at once."""
    with suppress(OSError, AttributeError):  # where threads have no priority of their own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LESS_URGENT)


_hashing = ThreadPoolExecutor(_HASHES_AT_ONCE, "hash", initializer=_step_back)


class WrongToken(Unauthenticated):
    """The access token is missing, altered or over: log in or refresh."""

    code = "token.wrong"


class TooManyLogIns(TooMany):
    """More log-ins at once than this server can check: wait a little."""

    code = "login.too_many"


@dataclass(frozen=True)
class Principal:
    """Who acts. `scope` is what row level security lets them see: all, grids, own, or none."""

    account_id: int
    login: str
    role: str
    scope: str
    unit_id: int | None
    grid_ids: tuple[int, ...]
    staff_id: int | None


@dataclass(frozen=True)
class AccessClaims:
    """What an access token says: the account, and the refresh family it came from (None for a system)."""

    account_id: int
    family_id: int | None


def hash_password(password: str) -> str:
    """Argon2id hash of a password."""
    return _passwords.hash(password)


_NOBODY_HASH = hash_password(secrets.token_hex(16))


@contextmanager
def turn_to_check() -> Iterator[None]:
    """One of two at a time may look up and check a password; sixteen wait for it, without a connection to the database.

    Raises TooManyLogIns where more would.
    """
    if not _queue.acquire(blocking=False):
        raise TooManyLogIns(retry_after_seconds=2)
    try:
        with _turns:
            yield
    finally:
        _queue.release()


def refuse_more_log_ins() -> None:
    """Raise TooManyLogIns where nobody more may wait at this moment: asked first, before anything else costs time."""
    if not _queue.acquire(blocking=False):
        raise TooManyLogIns(retry_after_seconds=2)
    _queue.release()


def check_password(password: str, password_hash: str | None) -> bool:
    """Whether it fits; takes as long where there is no account. At most two at once, which step back for other work."""
    return _hashing.submit(_passwords.verify, password, password_hash or _NOBODY_HASH).result() and password_hash is not None


def write_access_token(claims: AccessClaims, *, secret: str, now: datetime, minutes: int) -> str:
    """A signed access token that is over after `minutes`."""
    body = {"sub": str(claims.account_id), "fam": claims.family_id, "iat": now, "exp": now + timedelta(minutes=minutes)}
    return jwt.encode(body, secret, algorithm=_ALGORITHM)


def read_access_token(token: str, *, secret: str, now: datetime) -> AccessClaims:
    """The claims of a token; raises WrongToken for one that is altered, over, or not ours."""
    claims, expires_at = _checked(token, secret)
    if now.timestamp() >= expires_at:
        raise WrongToken
    return claims


def token_expiry(token: str, *, secret: str) -> float:
    """When a token that we signed is over, in seconds since 1970; raises WrongToken."""
    return _checked(token, secret)[1]


@lru_cache(maxsize=10_000)  # a phone shows the same one for a quarter of an hour
def _checked(token: str, secret: str) -> tuple[AccessClaims, float]:
    """The claims of a token that we signed, and when it is over."""
    try:
        body = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False},
        )
        return AccessClaims(account_id=int(body["sub"]), family_id=body.get("fam")), float(body["exp"])
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise WrongToken from error


def refresh_token_of(secret: str, *, family_id: int, generation: int) -> str:
    """The refresh token of one generation of a family: derived, so that a lost answer can be given again."""
    digest = hmac.new(secret.encode(), f"refresh/{family_id}/{generation}".encode(), hashlib.sha256).digest()
    return f"{family_id}.{generation}." + urlsafe_b64encode(digest).decode().rstrip("=")


def device_key_of(secret: str, *, family_id: int) -> bytes:
    """32 bytes from which a phone derives the key of what it keeps; told only while that log-in lives."""
    return hmac.new(secret.encode(), f"device-key/{family_id}".encode(), hashlib.sha256).digest()


def token_hash(token: str) -> bytes:
    """What the database knows of a refresh token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def signing_secret(configured: str, home: Path) -> str:
    """The configured secret, else one made once and kept in `home`, readable by its owner alone."""
    return configured or kept_text(home, "secret", lambda: secrets.token_urlsafe(48))
