"""The main process of an embedded server, known by the pid file in its data folder."""

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.core.pgplace import EmbeddedServerError

WAIT_SECONDS = 300  # crash recovery of a large folder is slow
NO_SUCH_PID = 2**31 - 1  # above every system's highest process id


@dataclass(frozen=True)
class Postmaster:
    """The server's main process, as its pid file tells."""

    pid: int
    port: int
    ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """The living main process of this data folder; a pid file left by a killed one does not count."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8").splitlines()
        pid, port, status = int(lines[0]), int(lines[3]), lines[7].strip() if len(lines) > 7 else ""
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None
    return Postmaster(pid, port, status == "ready") if is_running(pid, data) else None


def is_running(pid: int, data: Path) -> bool:
    """True if the process lives and serves this data: its number may be another program's by now."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")  # a zombie has none
        return os.fsencode(data) in words
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/cmdline").exists():
            return False
    command = ["ps", "-p", str(pid), "-o", "command="]  # macOS
    shown = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    return str(data) in shown.stdout


def wait_until(done: Callable[[], bool], what: str, root: Path) -> None:
    """Poll; raises EmbeddedServerError when the time is over."""
    end = time.monotonic() + WAIT_SECONDS
    while not done():
        if time.monotonic() > end:
            raise EmbeddedServerError(f"PostgreSQL did not {what} in time: see {root / 'postgres.log'}")
        time.sleep(0.05)


def disarm_pid_file(data: Path) -> None:
    """Let a dead server's pid file not stop the next start, though a zombie or a stranger has its number now.

    The file stays, with a number that nobody has: PostgreSQL reads in it which shared memory must be free.
    """
    path = data / "postmaster.pid"
    with suppress(FileNotFoundError), open(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "r+") as file:
        rest = file.read().partition("\n")[2]
        file.seek(0)
        file.truncate()
        file.write(f"{NO_SUCH_PID}\n{rest}")
