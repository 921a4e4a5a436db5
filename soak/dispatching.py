"""Kill -9 at random points of a dispatch: what is found afterwards, and how soon the next worker goes on."""

import itertools
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from app.core.db import sqlalchemy_url
from bench.runs import seed_approved
from soak import child

_NUMBERS = itertools.count()
PATIENCE = 600.0  # seconds for a run that nobody kills
_PARTS = """
SELECT inhrelid::regclass::text FROM pg_inherits
WHERE inhparent = %s::regclass AND inhrelid::regclass::text ~ '_[0-9]+$' ORDER BY inhrelid
"""
# The locks are to be those of the live work orders, each of its customer and family.
_LOCKS = """
SELECT count(l.customer_id) - count(DISTINCT l.customer_id), count(*) FILTER (WHERE l.customer_id IS NULL),
    count(*) FILTER (WHERE w.customer_id IS NULL)
FROM contact_locks l
FULL JOIN (SELECT id, customer_id, product_family FROM work_orders WHERE state IN ('planned', 'open', 'in_progress')) w
    ON w.id = l.work_order_id AND w.customer_id = l.customer_id AND w.product_family = l.product_family
"""


@dataclass
class Found:
    """What the kills left, of work orders and contact locks. resumed: seconds from each kill until the next process had the job.

    parts: those of the table of work orders in the end.
    """

    orders: int = 0
    seconds: float = 0.0
    kills: int = 0
    too_late: int = 0
    partial: int = 0
    double: int = 0
    missing: int = 0
    too_many: int = 0
    parts: int = 0
    resumed: list[float] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The figures, one a line."""
        late = f"{self.kills} kills of a dispatch of {self.orders:,} orders ({self.seconds:.1f} s): {self.too_late} came after its commit"
        slow = f"resumed after {median(self.resumed or [0.0]):.1f} s (median), {max(self.resumed, default=0.0):.1f} s (longest)"
        return [
            late,
            f"partly written {self.partial}, double {self.double}, missing {self.missing}, too many {self.too_many}",
            slow,
        ]


def kill_dispatches(
    url: str,
    folder: Path,
    *,
    customers: int,
    kills: int,
    seed: int = 7,
    managers: int = 2_000,
    part_from: int | None = None,
    tell: Callable[[Found], None] | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Found:
    """Seed a company, kill so many dispatches of everybody in it at random points, let the last one finish, and count.

    `part_from`: from so many customers on the list and the work orders are written as parts. `tell` is called after every kill,
    `is_over` before each: where it says so, the last one finishes now.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["soak.child", "bench.runs"])
    storage = str(folder / "storage")
    _finish(context.Process(target=child.seed, args=(url, str(folder), customers, managers)))
    plain = sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    found, chance = Found(), random.Random(seed)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SELECT set_config('gridwork.scope', 'all', false)")
        expected = _expected(context, url, storage, _ask_again(connection, url))
        found.orders = len(expected)

        def start() -> tuple[BaseProcess, Connection]:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=child.work, args=(url, storage, part_from, theirs))
            process.start()
            theirs.close()
            return process, ours

        began_at = time.monotonic()
        _resume(start, began_at)[0].join(PATIENCE)
        found.seconds = time.monotonic() - began_at
        _judge(connection, expected, found)
        _ask_again(connection, url)
        killed_at = time.monotonic()
        while found.kills < kills and not is_over():
            process, resumed = _resume(start, killed_at)
            if found.kills:
                found.resumed.append(resumed)
            process.join(chance.uniform(0, found.seconds))
            if process.is_alive():
                os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
            killed_at = time.monotonic()
            found.kills += 1
            if tell is not None:
                tell(found)
            if _is_done(connection, expected, found):
                found.too_late += 1
                _judge(connection, expected, found)
                _ask_again(connection, url)
        process, resumed = _resume(start, killed_at)
        found.resumed.append(resumed)
        process.join(PATIENCE)
        _judge(connection, expected, found)
        found.parts = len(connection.execute(_PARTS, ("work_orders",)).fetchall())
    return found


def _resume(start: Callable[[], tuple[BaseProcess, Connection]], killed_at: float) -> tuple[BaseProcess, float]:
    """The next process that has the job, and the seconds since the kill."""
    while time.monotonic() < killed_at + PATIENCE:
        process, pipe = start()
        try:
            pipe.recv()
        except EOFError:  # the database still waits for the one before
            process.join()
            time.sleep(0.2)
            continue
        return process, time.monotonic() - killed_at
    raise TimeoutError("no process got the job")


def _is_done(connection: psycopg.Connection[Any], expected: set[int], found: Found) -> bool:
    """Whether the dispatch is committed. What is there is all of it or nothing: anything else is counted."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM work_orders), (SELECT count(*) FROM contact_locks), (SELECT count(*) FROM campaign_targets),"
        " (SELECT count(*) FROM dispatch_requests WHERE outcome = 'done')"
    ).fetchone()
    assert row is not None
    orders, locks, targets, done = row
    if any(row) and not (orders == locks == len(expected) and targets >= orders and done == 1):
        found.partial += 1
    return bool(done)


def _judge(connection: psycopg.Connection[Any], expected: set[int], found: Found) -> None:
    customers = [row[0] for row in connection.execute("SELECT customer_id FROM work_orders").fetchall()]
    locks = connection.execute(_LOCKS).fetchone()
    assert locks is not None
    found.double += len(customers) - len(set(customers)) + locks[0]
    found.missing += len(expected - set(customers)) + locks[1]
    found.too_many += len(set(customers) - expected) + locks[2]


def _ask_again(connection: psycopg.Connection[Any], url: str) -> str:
    """An approved campaign without a list and a request to dispatch it, and nothing of the one before; gives its code."""
    connection.execute("ALTER TABLE campaign_targets DISABLE TRIGGER keep_decided")
    for table in ("campaign_targets", "work_orders", "dispatch_runs", "dispatch_requests"):
        connection.execute(f"DELETE FROM {table}".encode())
    connection.execute("ALTER TABLE campaign_targets ENABLE TRIGGER keep_decided")
    for table in ("campaign_targets", "work_orders"):
        for (part,) in connection.execute(_PARTS, (table,)).fetchall():
            connection.execute(f"DROP TABLE {part}".encode())
    code = f"SOAK{next(_NUMBERS)}"
    seed_approved(url, code)
    connection.execute("INSERT INTO dispatch_requests (campaign_codes, requested_at) VALUES (%s, now())", ([code],))
    return code


def _expected(context: Any, url: str, storage: str, code: str) -> set[int]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=child.expect, args=(url, storage, code, theirs))
    process.start()
    theirs.close()
    ids = set(ours.recv())
    process.join()
    return ids


def _finish(process: BaseProcess) -> None:
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"the child ended with {process.exitcode}")
