"""Work on what strangers sent in a process of its own, bounded in time, memory and output: a decoder that is made to burst
takes nothing with it."""

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

from app.core.errors import Unavailable

REFUSED = 3
SECONDS = 20
MEMORY_BYTES = 1_500_000_000
_ROOT = Path(__file__).resolve().parents[2]
_AT_ONCE = 2
_WAIT_SECONDS = 10
_places = threading.BoundedSemaphore(_AT_ONCE)


class Refused(Exception):
    """The work said no, or took more than it may have; the message is what was expected."""


def run_apart(module: str, argument: str, content: bytes) -> bytes:
    """What `python -m module argument` makes of the content. At most two run at once in a process.

    Raises Refused; Unavailable where too many wait.
    """
    if not _places.acquire(timeout=_WAIT_SECONDS):
        raise Unavailable
    try:
        done = subprocess.run(  # noqa: S603  (our own module, and an argument that is one of ours)
            [sys.executable, "-c", _START, module, argument],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=_ROOT,
            env={"PATH": os.defpath, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"something that can be read in {SECONDS} seconds") from error
    finally:
        _places.release()
    if done.returncode == 0:
        return done.stdout
    if done.returncode == REFUSED:
        raise Refused(done.stderr.decode("utf-8", "replace")[:300])
    raise Refused("something that can be read in the memory that there is for it")


def limit_this_process() -> None:
    """Bound the memory and the processor time of the present process for ever, and let it write no file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# The bounds hold before anything that decodes is even loaded.
_START = (
    "import runpy, sys; from app.core.apart import limit_this_process; limit_this_process();"
    " sys.argv = sys.argv[1:]; runpy.run_module(sys.argv[0], run_name='__main__')"
)
