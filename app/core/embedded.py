"""The embedded PostgreSQL: started, found and stopped by the folder it lives in; nobody need install one.

A server's folder holds `data`, the programs (`postgres`, for a root caller), `server.json` (port, passwords;
0600), `server.conf` (our settings), `postgres.log` and `lock`. Every connection needs a password.
"""

import argparse
import fcntl
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import structlog
from psycopg import sql

from app.core import pgcluster
from app.core.pgbinaries import prepare_binaries
from app.core.pgplace import EmbeddedServerError, Place, find_place, give_to_owner, make_root
from app.core.pgprocess import find_postmaster, is_running, wait_until

__all__ = ["EmbeddedServer", "EmbeddedServerError", "find_server", "start_server", "stop_server"]

OWNER = "gridwork_owner"
LOCK_SECONDS = 400  # longer than the slowest start


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server: its folder (not always the wanted one) and the URL of the database's owner."""

    root: Path
    port: int
    url: str
    pid: int


def start_server(
    wanted_root: Path, *, binaries: Path | None = None, durable: bool = True, database: str = "gridwork"
) -> EmbeddedServer:
    """Return the server of the folder, starting it (and making it, the first time) if it does not run.

    `binaries` is the bin folder of any PostgreSQL from 15 on, default the wheel's. `durable=False` trades the
    data's safety for speed: only for tests. Raises EmbeddedServerError.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", database):
        raise EmbeddedServerError(f"database {database!r}: expected small letters, digits and _, at most 63")
    with _plain_errors(wanted_root):
        place = find_place(wanted_root)
        make_root(place)
        with _locked(place.root):
            state = pgcluster.load_state(place.root) or pgcluster.first_state(place, database)
            wait_until(lambda: _is_settled(place), "become ready", place.root)
            if find_postmaster(place.data) is None:
                state = pgcluster.start_cluster(place, prepare_binaries(binaries, place), state, durable)
            state = pgcluster.save_state(place.root, replace(state, database=database))
            _create_database(state)
    server = find_server(wanted_root)
    if server is None:
        raise EmbeddedServerError(f"PostgreSQL stopped right after its start: see {place.root}/postgres.log")
    return server


def stop_server(wanted_root: Path) -> bool:
    """Stop the folder's server, keeping what was committed and nothing else. True if one ran."""
    with _plain_errors(wanted_root):
        place = find_place(wanted_root)
        if not place.data.is_dir():
            return False
        with _locked(place.root):
            postmaster = find_postmaster(place.data)
            if postmaster is None:
                return False
            os.kill(postmaster.pid, signal.SIGINT)  # PostgreSQL's "fast shutdown"
            wait_until(lambda: not is_running(postmaster.pid, place.data), "stop", place.root)
            with suppress(OSError):
                pgcluster.socket_folder(place.root).rmdir()
            return True


def find_server(wanted_root: Path) -> EmbeddedServer | None:
    """The folder's server if it runs and takes connections; never starts one. Raises EmbeddedServerError."""
    with _plain_errors(wanted_root):
        place = find_place(wanted_root)
        postmaster = find_postmaster(place.data)
        if postmaster is None or not postmaster.ready:
            return None
        state = pgcluster.load_state(place.root) or pgcluster.first_state(place, "")
    address = f"{OWNER}:{state.owner_password}@{pgcluster.HOST}:{postmaster.port}/{state.database}"
    return EmbeddedServer(place.root, postmaster.port, f"postgresql+psycopg://{address}", postmaster.pid)


def _is_settled(place: Place) -> bool:
    """False while a server recovers whose starter was killed, or while it stops."""
    postmaster = find_postmaster(place.data)
    return postmaster is None or postmaster.ready


def _create_database(state: pgcluster.State) -> None:
    """Create the owner role and the database if they are not there. Raises psycopg.Error."""
    with psycopg.connect(
        host=pgcluster.HOST, port=state.port, user=pgcluster.SUPERUSER, password=state.superuser_password,
        dbname="postgres", sslmode="disable", gssencmode="disable", connect_timeout=10, autocommit=True,
    ) as connection:  # fmt: skip
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
            password, owner = state.owner_password.encode(), OWNER.encode()
            verifier = connection.pgconn.encrypt_password(password, owner, b"scram-sha-256").decode()
            role = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD {}")
            connection.execute(role.format(sql.Identifier(OWNER), sql.Literal(verifier)))
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(known, [state.database]).fetchone():
            names = sql.Identifier(state.database), sql.Identifier(OWNER)
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """One caller at a time; the system lets go of the lock when its holder dies."""
    end = time.monotonic() + LOCK_SECONDS
    with open(os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "rb") as file:
        give_to_owner(file.fileno(), root)
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise EmbeddedServerError(f"another start or stop holds {root}/lock: end it") from None
                time.sleep(0.05)
        yield


@contextmanager
def _plain_errors(root: Path) -> Iterator[None]:
    """Turn what the system or the driver raises into one line."""
    try:
        yield
    except psycopg.Error as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise EmbeddedServerError(f"PostgreSQL in {root} refused: {said}") from error
    except OSError as error:
        raise EmbeddedServerError(f"cannot use {root}: {pgcluster.telling_line(str(error))}") from error


def main(arguments: list[str] | None = None) -> int:
    """`start`, `stop` or `url` of a folder, for Makefiles; the URL contains the password."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    parser = argparse.ArgumentParser(prog="python -m app.core.embedded", description=main.__doc__)
    parser.add_argument("action", choices=["start", "stop", "url"])
    parser.add_argument("root", type=Path, metavar="ROOT")
    parser.add_argument("--binaries", type=Path, help="bin folder of another PostgreSQL, 15 or newer")
    given = parser.parse_args(arguments)
    try:
        sys.stdout.write(_act(given.action, given.root, given.binaries) + "\n")
    except EmbeddedServerError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _act(action: str, root: Path, binaries: Path | None) -> str:
    if action == "stop":
        return "stopped" if stop_server(root) else "was not running"
    if action == "start":
        started = start_server(root, binaries=binaries)
        return f"PostgreSQL runs in {started.root} on port {started.port}"
    found = find_server(root)
    if found is None:
        raise EmbeddedServerError(f"no PostgreSQL runs in {root}: start it first")
    return found.url


if __name__ == "__main__":
    raise SystemExit(main())
