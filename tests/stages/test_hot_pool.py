"""The connections of the short way: never more than there may be, none lost, each whole when it is taken."""

import asyncio
from types import SimpleNamespace

import psycopg
import pytest
import uvloop
from psycopg.pq import TransactionStatus

from app.core import hot_pool
from app.core.hot import ask
from app.core.hot import hot_pool as pool_of
from app.core.hot_pool import Pool

IDLE, BUSY = TransactionStatus.IDLE, TransactionStatus.INTRANS


class Line:
    """As a connection is to its pool."""

    def __init__(self):
        self.closed = False
        self.born = self.rested = 0.0
        self.pgconn = SimpleNamespace(transaction_status=IDLE)

    def listen(self, loop):
        self.born = loop.time()

    def end(self):
        self.closed = True


def playing(play, *, size=1, wait_seconds=5.0, fails=()):
    """Play with a pool; what it opened."""
    opened, fails = [], list(fails)

    async def connect():
        await asyncio.sleep(0)
        if fails:
            raise fails.pop()
        opened.append(Line())
        return opened[-1]

    async def whole():
        await play(Pool(connect, size=size, wait_seconds=wait_seconds))

    asyncio.run(whole())
    return opened


def test_who_waits_gets_what_is_given_back_in_turn():
    order = []

    async def one(pool, name):
        connection = await pool.take()
        order.append(name)
        await asyncio.sleep(0)
        pool.give_back(connection)

    async def play(pool):
        await asyncio.gather(*(one(pool, name) for name in "abcde"))
        assert await pool.take()

    assert len(playing(play, size=2)) == 2
    assert order == list("abcde")


def test_the_connection_that_was_used_last_is_used_next():
    async def play(pool):
        first, second = await pool.take(), await pool.take()
        pool.give_back(second)
        pool.give_back(first)
        assert await pool.take() is first

    playing(play, size=2)


def test_who_waits_too_long_is_told_and_takes_nothing_away():
    async def play(pool):
        taken = await pool.take()
        with pytest.raises(psycopg.OperationalError):
            await pool.take()
        pool.give_back(taken)
        assert await pool.take() is taken

    playing(play, wait_seconds=0.01)


@pytest.mark.parametrize("left", [IDLE, BUSY], ids=["a connection", "a place for one"])
def test_who_goes_away_in_the_moment_of_getting_it_leaves_it_to_the_next(left):
    async def play(pool):
        taken = await pool.take()
        first, second = (asyncio.ensure_future(pool.take()) for _ in range(2))
        await asyncio.sleep(0)
        taken.pgconn.transaction_status = left
        pool.give_back(taken)
        first.cancel()
        given = await asyncio.wait_for(second, 1)
        assert (given is taken) == (left is IDLE)
        assert first.cancelled()

    playing(play)


@pytest.mark.parametrize("trouble", [{"closed": True}, {"pgconn": SimpleNamespace(transaction_status=BUSY)}, {"born": -1e9}])
def test_what_is_lost_left_in_the_midst_or_old_is_closed_and_its_place_is_free(trouble):
    async def play(pool):
        taken = await pool.take()
        vars(taken).update(trouble)
        waiting = asyncio.ensure_future(pool.take())
        await asyncio.sleep(0)
        pool.give_back(taken)
        assert taken.closed
        assert await asyncio.wait_for(waiting, 1) is not taken

    assert len(playing(play)) == 2


def test_a_connection_that_ended_at_rest_is_not_given_and_one_that_rested_long_is_closed(monkeypatch):
    async def play(pool):
        taken = [await pool.take() for _ in range(3)]
        for one in taken:
            pool.give_back(one)
        taken[2].end()
        assert await pool.take() is taken[1]
        monkeypatch.setattr(hot_pool, "LONGEST_REST", -1.0)
        pool.give_back(taken[1])
        assert taken[0].closed

    playing(play, size=3)


def test_a_place_is_free_again_where_the_database_gave_no_connection():
    async def play(pool):
        waiting = [asyncio.ensure_future(pool.take()) for _ in range(2)]
        assert isinstance((await asyncio.gather(*waiting, return_exceptions=True))[0], psycopg.OperationalError)
        assert waiting[1].result()

    assert len(playing(play, fails=[psycopg.OperationalError()])) == 1


def ended_by(url, pid):
    """End the backend of a connection."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


async def backend_of(connection):
    return (await ask(connection, [("SELECT pg_backend_pid()", {})]))[0][0][0]


async def play_with_the_database(url):
    async with pool_of(url, size=1, wait_seconds=5, statement_timeout_ms=20_000) as pool:
        connection = await pool.take()
        assert await ask(connection, [("SELECT 1", {}), ("SELECT %(a)s || 'b'", {"a": "a"})]) == [[(1,)], [("ab",)]]
        much = [("SELECT length(%(a)s)", {"a": "a" * 1_000_000})] * 8  # more than a socket takes at once
        assert await ask(connection, much) == [[(1_000_000,)]] * 8
        with pytest.raises(psycopg.errors.DivisionByZero):
            await ask(connection, [("SELECT 1 / 0", {})])
        assert connection.closed
        pool.give_back(connection)
        at_rest = await pool.take()
        pid = await backend_of(at_rest)
        pool.give_back(at_rest)
        ended_by(url, pid)
        await asyncio.sleep(0.2)
        assert at_rest.closed
        for more in ([], [("SELECT %(a)s", {"a": "a" * 30_000})] * 2, much):  # read, sent and not read, not sent: then reset
            asked = await pool.take()
            pid = await backend_of(asked)
            answer = asyncio.ensure_future(ask(asked, [("SELECT pg_sleep(15)", {}), *more]))
            await asyncio.sleep(0.2)
            ended_by(url, pid)
            with pytest.raises(psycopg.OperationalError):
                await asyncio.wait_for(answer, 10)
            assert asked.closed
            pool.give_back(asked)
        left = await pool.take()
        answer = asyncio.ensure_future(ask(left, [("SELECT pg_sleep(15)", {})]))
        await asyncio.sleep(0.1)
        answer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        assert left.closed
        pool.give_back(left)
        last = await pool.take()
        assert await backend_of(last)
        pool.give_back(last)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_connection_that_is_lost_at_rest_or_in_the_midst_of_anything_is_noticed_and_replaced(database, loop):
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(play_with_the_database(database))
