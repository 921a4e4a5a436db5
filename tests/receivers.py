"""Another system on this machine, which is told by webhooks: what it got, and what it answers."""

import base64
import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`got`: (headers in small letters, body, monotonic second) of each request. `answer`: status, or what computes it."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes, float]] = field(default_factory=list)
    answer: int | Callable[[int], int] = 204
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    together: int = 0
    most_together: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _, _ in self.got]


@contextmanager
def receiving(path: str = "/hook", *, encrypted: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on loopback, by https where `encrypted` says how."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with receiver.lock:
                number = len(receiver.got)
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body, time.monotonic()))
                receiver.together += 1
                receiver.most_together = max(receiver.most_together, receiver.together)
            time.sleep(receiver.wait)
            with receiver.lock:
                receiver.together -= 1
            status = receiver.answer(number) if callable(receiver.answer) else receiver.answer
            try:
                self.send_response(status)
                for name, value in {"content-length": "0", **receiver.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if encrypted is not None:
        server.socket = encrypted.wrap_socket(server.socket, server_side=True)
    receiver.url = f"http://127.0.0.1:{server.server_port}{path}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As a receiver checks it, from the text of the standard: one of the v1 signatures is ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    ours = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(signature, ours) for version, signature in given)
