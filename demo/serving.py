"""The HTTP API for the phones to talk to: the real application on a real server, in a thread of this process.

It lives in this process so that it shares its clock, which the demo moves through the played month.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.main import create_app
from app.settings import Settings
from demo.memory import DemoError

START_SECONDS = 30.0


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The address of the API, which is served on a free loopback port until the end of the block."""
    quiet = settings.model_copy(update={"log_level": "ERROR", "pool_size": 8, "pool_wait_seconds": 20.0})
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(quiet)
    config = uvicorn.Config(app, access_log=False, log_config=None, server_header=False, timeout_keep_alive=60)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="api", daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=settings.shutdown_seconds)
        listening.close()


def free_port(host: str, wanted: int) -> int:
    """The wanted port where it can be had, else any free one."""
    for port in (wanted, 0):
        try:
            with socket.create_server((host, port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    raise DemoError(f"cannot listen on {host}: set GRIDWORK_HOST to an address of this machine")


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise DemoError("the HTTP API did not start")
        time.sleep(0.02)
