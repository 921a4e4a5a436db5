"""A process that splits one share of the grids, because the solver of flows holds the interpreter's lock.

It is started before it is needed, reads nothing but what it is given, and ends with the process that started it, however that
ends. Where it is lost, for want of memory or by somebody's hand, the share is split here: the result is the same.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import structlog

from app.dispatch.splitting.shares import Beside, Share, split_share
from app.dispatch.splitting.terms import Placement

SPLIT_BESIDE_FROM = 100_000  # customers; below, the process costs more than it saves
_ROOT = Path(__file__).resolve().parents[3]
_LOST = (OSError, EOFError, pickle.UnpicklingError)
_log = structlog.get_logger(__name__)


@contextmanager
def split_beside(customers: int) -> Iterator[Beside | None]:
    """Who splits one share beside this process, once; nobody where there are too few customers for it."""
    if customers < SPLIT_BESIDE_FROM:
        yield None
        return
    with ThreadPoolExecutor(1) as pool, _started() as process:  # the process ends first, and with it who waits for it

        def begin(share: Share) -> Callable[[], Placement]:
            asked = pool.submit(_ask, process, share)

            def wait() -> Placement:
                found = asked.result()
                return split_share(share) if found is None else found

            return wait

        yield begin


@contextmanager
def _started() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _ask(process: subprocess.Popen[bytes], share: Share) -> Placement | None:
    """What the process makes of the share; None where it was lost."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        pickle.dump(share, process.stdin, protocol=5)
        process.stdin.flush()
        found: Placement = pickle.load(process.stdout)  # noqa: S301 - from our own process, through no file
    except _LOST as error:
        _log.warning("split_process_lost", error=type(error).__name__)
        return None
    return found


def main() -> None:
    """Split the one share that comes in; what asked for it may end meanwhile."""
    try:
        share: Share = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    except EOFError:  # it has ended
        return
    threading.Thread(target=_end_with_who_asked, daemon=True).start()
    pickle.dump(split_share(share), sys.stdout.buffer, protocol=5)
    sys.stdout.buffer.flush()
    os._exit(0)  # the thread still reads, and an interpreter that ends over that aborts


def _end_with_who_asked() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
