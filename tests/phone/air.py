"""The air between phone and server: a relay that can be switched off, as in airplane mode or a basement."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

CHUNK = 65_536


class Air:
    """Relays an address of its own to the server's. Down: nobody answers there, and what was under way is cut."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._port = 0
        self.up()

    @property
    def address(self) -> str:
        """Where the phone finds the server."""
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """From now on there is a net."""
        listener = socket.create_server(("127.0.0.1", self._port), backlog=100)
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self) -> None:
        """From now on there is none."""
        assert self._listener is not None
        _close(self._listener)
        with self._lock:
            for one in self._open:
                _close(one)
            self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                phone, _ = listener.accept()
                server = socket.create_connection(self._server)
            except OSError:
                return
            with self._lock:
                self._open |= {phone, server}
            for source, target in ((phone, server), (server, phone)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(CHUNK):
                target.sendall(content)
        _close(source)
        _close(target)
        with self._lock:
            self._open -= {source, target}


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
