"""The embedded PostgreSQL: started, found and stopped by the folder it lives in, so that nobody need install one.

A server's folder holds `data`, the programs (`postgres`, for a root caller), `server.json` (port and passwords, 0600),
`server.conf` (our settings, written at each start), `postgres.log` and `lock`. Every connection needs a password.
"""

import argparse
import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psycopg
import structlog
from psycopg import sql

from app.core.pgbinaries import Binaries, EmbeddedServerError, Place, digest, find_place, prepare_binaries, run_as

__all__ = ["EmbeddedServer", "EmbeddedServerError", "find_server", "start_server", "stop_server"]

OWNER, SUPERUSER, HOST = "gridwork_owner", "postgres", "127.0.0.1"
LOCK_SECONDS, READY_SECONDS, STOP_SECONDS = 120, 300, 60
ORPHAN_SECONDS = 30  # how long processes of a killed server may take to notice that it is gone
NO_SUCH_PID = 2**31 - 1  # above every system's highest process id
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server: its folder (not the wanted one, where that cannot be used) and the database owner's URL."""

    root: Path
    port: int
    url: str
    pid: int


@dataclass(frozen=True)
class _State:
    port: int
    database: str
    owner_password: str
    superuser_password: str


@dataclass(frozen=True)
class _Postmaster:
    pid: int
    port: int
    ready: bool


def start_server(
    wanted_root: Path, *, binaries: Path | None = None, durable: bool = True, database: str = "gridwork"
) -> EmbeddedServer:
    """Return the server of the folder, starting it (and making it, the first time) if it does not run.

    `binaries` is the bin folder of any PostgreSQL from 15 on, default the wheel's. `durable=False` trades the data's
    safety for speed: only for tests. Raises EmbeddedServerError.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", database):
        raise EmbeddedServerError(f"database {database!r}: expected small letters, digits and _, at most 63")
    place = find_place(wanted_root)
    with _plain_errors(place):
        _make_root(place)
        with _locked(place.root):
            state = _load_state(place.root) or _first_state(place, database)
            postmaster = _find_postmaster(place.data)
            if postmaster is None:
                state = _start(place, prepare_binaries(binaries, place), state, durable)
            elif not postmaster.ready:
                _wait(lambda: (_find_postmaster(place.data) or postmaster).ready, READY_SECONDS, "become ready", place)
            state = _save_state(place.root, replace(state, database=database))
            _create_database(state)
    server = find_server(wanted_root)
    if server is None:
        raise EmbeddedServerError(f"PostgreSQL stopped right after its start: see {place.root / 'postgres.log'}")
    return server


def stop_server(wanted_root: Path) -> bool:
    """Stop the folder's server: open transactions are rolled back, what was committed is kept. True if one ran."""
    place = find_place(wanted_root)
    if not place.data.is_dir():
        return False
    with _plain_errors(place), _locked(place.root):
        postmaster = _find_postmaster(place.data)
        if postmaster is None:
            return False
        os.kill(postmaster.pid, signal.SIGINT)  # PostgreSQL's "fast shutdown"
        _wait(lambda: not _runs(postmaster.pid, place.data), STOP_SECONDS, "stop", place)
        with suppress(OSError):
            _socket_folder(place.root).rmdir()
    return True


def find_server(wanted_root: Path) -> EmbeddedServer | None:
    """The folder's server if it runs and takes connections; never starts one. Raises EmbeddedServerError."""
    place = find_place(wanted_root)
    with _plain_errors(place):
        postmaster = _find_postmaster(place.data)
        if postmaster is None or not postmaster.ready:
            return None
        state = _load_state(place.root)
    if state is None:
        raise EmbeddedServerError(f"{place.root / 'server.json'} is missing: put it back, it holds the passwords")
    url = f"postgresql+psycopg://{OWNER}:{state.owner_password}@{HOST}:{postmaster.port}/{state.database}"
    return EmbeddedServer(place.root, postmaster.port, url, postmaster.pid)
