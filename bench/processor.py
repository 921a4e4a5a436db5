"""Processor time of a service and its database, which does not depend on what else the machine does meanwhile (Linux)."""

import os
from pathlib import Path

import psycopg

from app.core.db import sqlalchemy_url

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(url: str) -> float:
    """Seconds so far of the servers that this process started (bench/serving.py), and of the PostgreSQL at `url`."""
    plain = sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        postmaster = _stat(connection.info.backend_pid)[0]
    found = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            pid = int(entry.name)
            parent, seconds = _stat(pid)
            if postmaster in (pid, parent) or (parent == os.getpid() and b"uvicorn" in _command(pid)):
                found += seconds
    return found


def _stat(pid: int) -> tuple[int, float]:
    """(parent, seconds, those of its ended children too); nothing for a process that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0, 0.0
    return int(fields[1]), sum(map(int, fields[11:15])) / _TICKS


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
