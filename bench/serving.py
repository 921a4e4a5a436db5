"""A server process of our own on the loopback, for as long as something is measured or tried."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET = "s" * 40
PATIENCE = 120.0  # seconds, on a machine that has much to do


@contextmanager
def serving(factory: str, url: str, folder: Path, *, workers: int = 1) -> Iterator[int]:
    """The port of `factory` on this database; access tokens are signed with SECRET and last ten hours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "DATABASE_URL": url,
        "GRIDWORK_SECRET": SECRET,
        "GRIDWORK_HOME": str(folder),
        "GRIDWORK_LOG_LEVEL": "ERROR",
        "GRIDWORK_ACCESS_TOKEN_MINUTES": "600",
    }
    options = ["--port", str(port), "--workers", str(workers), "--log-level", "error", "--no-access-log"]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", "--factory", factory, *options], env=environment)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing serves at port {port}")
