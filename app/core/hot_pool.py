"""The connections of the short way to the database: each hears what PostgreSQL sends, and the one used last is used next.

A general pool asks, for every request, a lock, a task and a check; a general connection has its socket watched anew for every
answer. Here neither is: two fifths of what a pull cost this process were those two.
"""

import asyncio
import select
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

LONGEST_LIFE = 3_600.0  # seconds: what PostgreSQL keeps for a connection grows with its years
LONGEST_REST = 600.0
LOOK_EVERY = 1.0

Results = list[PGresult]


class Connection(AsyncConnection[TupleRow]):
    """A connection that knows its prepared statements, by their SQL, and is told when it was lost."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.prepared: dict[str, bytes] = {}
        self.adapter = Transformer(self)
        self.born = self.rested = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._socket = -1
        self._found: Results = []
        self._whole: asyncio.Future[Results] | None = None
        self._room: asyncio.Future[None] | None = None

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch the socket from now on, whether somebody waits for an answer or not."""
        self._loop, self._socket, self.born = loop, self.pgconn.socket, loop.time()
        loop.add_reader(self._socket, self._read)
        loop.call_later(LOOK_EVERY, self._look)

    def answer(self) -> asyncio.Future[Results]:
        """What will come until the next sync: to be asked for before anything is sent."""
        assert self._loop is not None
        self._found = []
        self._whole = self._loop.create_future()
        return self._whole

    async def room(self) -> None:
        """Wait until the socket takes more, or is closed."""
        assert self._loop is not None
        self._room = self._loop.create_future()
        self._loop.add_writer(self._socket, self._has_room)
        try:
            await self._room
        finally:
            if self._loop is not None:
                self._loop.remove_writer(self._socket)

    def end(self) -> None:
        """Close it, in the midst of whatever it is."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._loop = None
        self.pgconn.finish()
        self._has_room()

    def _look(self) -> None:
        """Whether the line was reset: of that uvloop tells nobody who watches."""
        if self._loop is not None:
            self._loop.call_later(LOOK_EVERY, self._look)
            line = select.poll()
            line.register(self._socket, 0)  # errors alone
            if line.poll(0):
                self._read()

    def _has_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def _read(self) -> None:
        try:
            self.pgconn.consume_input()
            if self._whole is not None and self._is_whole():
                whole, self._whole = self._whole, None
                if not whole.done():
                    whole.set_result(self._found)
        except psycopg.Error as error:
            self.end()
            if self._whole is not None and not self._whole.done():
                self._whole.set_exception(error)

    def _is_whole(self) -> bool:
        pgconn = self.pgconn
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                continue  # the end of one statement's results
            if result.status == ExecStatus.PIPELINE_SYNC:
                return True
            self._found.append(result)
        return False


class Pool:
    """Up to `size` connections, opened when they are wanted."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], *, size: int, wait_seconds: float) -> None:
        self._connect = connect
        self._size = size
        self._wait_seconds = wait_seconds
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._taken_places = 0  # of connections that are open, or about to be
        self._closed = False

    async def take(self) -> Connection:
        """A connection, to be given back; raises psycopg.OperationalError where there is none in time."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
            self._taken_places -= 1
        if self._taken_places < self._size:
            self._taken_places += 1
            return await self._open()
        return await self._turn() or await self._open()

    def give_back(self, connection: Connection) -> None:
        """It goes to who waits longest; one that was left in the midst of something, or is old, is closed."""
        now = asyncio.get_running_loop().time()
        in_order = not connection.closed and connection.pgconn.transaction_status == TransactionStatus.IDLE
        if not in_order or self._closed or now - connection.born > LONGEST_LIFE:
            connection.end()
            self._free_place()
            return
        if not self._hand_over(connection):
            connection.rested = now
            self._idle.append(connection)
        while self._idle and now - self._idle[0].rested > LONGEST_REST:
            self._idle.pop(0).end()
            self._taken_places -= 1

    def close(self) -> None:
        """Close what rests; what is taken is closed when it is given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().end()

    async def _open(self) -> Connection:
        """A new connection at a place that was taken for it."""
        try:
            connection = await self._connect()
        except BaseException:
            self._free_place()
            raise
        connection.listen(asyncio.get_running_loop())
        return connection

    async def _turn(self) -> Connection | None:
        """Wait: a connection, or None for a place at which to open one."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(turn)
        bell = loop.call_later(self._wait_seconds, _give_up, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:  # it came, but who waited is gone
                self._put_down(turn.result())
            raise
        finally:
            bell.cancel()

    def _put_down(self, given: Connection | None) -> None:
        if given is None:
            self._free_place()
        else:
            self.give_back(given)

    def _free_place(self) -> None:
        if not self._hand_over(None):
            self._taken_places -= 1

    def _hand_over(self, given: Connection | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(given)
                return True
        return False


def _give_up(turn: asyncio.Future[Connection | None]) -> None:
    if not turn.done():
        turn.set_exception(psycopg.OperationalError("no connection to the database was free in time"))
