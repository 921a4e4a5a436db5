"""Writers with transactions of any length change work orders while their phones pull: each phone ends with the server's set."""

import asyncio
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.serving import serving
from soak.field import Manager, ask, connect, seed_field

# What is locked by another writer is left alone, so that nobody waits. Most changes leave an order with its manager; one in
# eight gives it to the next manager of the grid, one in eight ends it or opens it again.
_CHANGE = """
WITH chosen AS (
    SELECT id FROM work_orders WHERE id IN (SELECT 1 + floor(random() * %(orders)s)::bigint FROM generate_series(1, %(rows)s))
    ORDER BY id FOR UPDATE SKIP LOCKED
), drawn AS (
    SELECT id, floor(random() * 8) AS what FROM chosen
)
UPDATE work_orders w SET rank = rank + 1,
    state = CASE WHEN d.what = 0 THEN CASE WHEN w.state = 'withdrawn' THEN 'open' ELSE 'withdrawn' END
        WHEN d.what = 1 AND w.state = 'open' THEN 'in_progress' ELSE w.state END,
    staff_id = CASE WHEN d.what = 2 THEN (w.staff_id + %(grids)s - 1) %% %(managers)s + 1 ELSE w.staff_id END
FROM drawn d WHERE d.id = w.id
"""
_HELD = "SELECT staff_id, id, version FROM work_orders WHERE state IN ('open', 'in_progress') ORDER BY staff_id, id"


@dataclass
class Changed:
    """What was found. healed: pulls that gave everything though they asked for what changed, which must not be needed."""

    changes: int = 0
    transactions: int = 0
    rolled_back: int = 0
    longest_seconds: float = 0.0
    pulls: int = 0
    items: int = 0
    failed: int = 0
    healed: int = 0
    held: int = 0
    missing: int = 0
    too_many: int = 0
    outdated: int = 0

    def wrong(self) -> int:
        """How much of what must not be."""
        return self.failed + self.healed + self.missing + self.too_many + self.outdated


def change_while_phones_pull(
    url: str,
    folder: Path,
    *,
    changes: int,
    phones: int = 40,
    orders_each: int = 100,
    writers: int = 16,
    rows: int = 200,
    longest: float = 5.0,
    seed: int = 7,
) -> Changed:
    """So many changes of rows by so many writers, each transaction of up to `rows` rows and `longest` seconds; phones pull all the time.

    A tenth of the transactions is rolled back. No phone says what it holds, so that nothing is healed.
    """
    managers = seed_field(url, managers=phones, orders_each=orders_each)
    found, lock = Changed(), threading.Lock()

    def write(nth: int) -> None:
        chance = random.Random(seed * 1_000 + nth)
        given = {"orders": phones * orders_each, "grids": 4, "managers": phones, "rows": rows}
        with connect(url) as connection:
            while found.changes < changes:
                began = time.monotonic()
                connection.execute("BEGIN")
                count = connection.execute(_CHANGE, given).rowcount
                time.sleep(chance.uniform(0, longest))
                undone = chance.random() < 0.1
                connection.execute("ROLLBACK" if undone else "COMMIT")
                with lock:
                    found.changes += 0 if undone else count
                    found.transactions += 1
                    found.rolled_back += undone
                    found.longest_seconds = max(found.longest_seconds, time.monotonic() - began)

    threads = [threading.Thread(target=write, args=(nth,)) for nth in range(writers)]
    with serving("app.main:create_process", url, folder) as port:
        for thread in threads:
            thread.start()
        sets = asyncio.run(_pull_while(port, managers, threads, found))
        for thread in threads:
            thread.join()
    _judge(url, sets, found)
    return found


async def _pull_while(
    port: int, managers: Sequence[Manager], threads: Sequence[threading.Thread], found: Changed
) -> dict[int, dict[int, int]]:
    """What each phone holds in the end, by manager: version by work order."""
    sets: dict[int, dict[int, int]] = {one.staff_id: {} for one in managers}
    cursors: dict[int, str] = {}

    async def keep_pulling(some: Sequence[Manager]) -> None:
        while any(thread.is_alive() for thread in threads):
            for one in some:
                await _pull(port, one, sets[one.staff_id], cursors, found)

    await asyncio.gather(*(keep_pulling(managers[nth::4]) for nth in range(4)))
    for one in managers:  # what was committed last
        await _pull(port, one, sets[one.staff_id], cursors, found)
    return sets


async def _pull(port: int, manager: Manager, held: dict[int, int], cursors: dict[int, str], found: Changed) -> None:
    more = True
    while more:
        cursor = cursors.get(manager.staff_id)
        path = "/mobile/v1/work-orders?max_bytes=40000" + (f"&cursor={cursor}" if cursor else "")
        answer = await ask(port, "GET", path, token=manager.token)
        found.pulls += 1
        if answer is None or answer.status != 200:
            found.failed += 1
            return
        said: dict[str, Any] = answer.json()
        found.healed += said["full"] and cursor is not None
        found.items += len(said["items"])
        for item in said["items"]:
            if item.get("gone"):
                held.pop(item["id"], None)
            else:
                held[item["id"]] = item["version"]
        cursors[manager.staff_id], more = said["cursor"], said["more"]


def _judge(url: str, sets: dict[int, dict[int, int]], found: Changed) -> None:
    with connect(url) as connection:
        rows = connection.execute(_HELD).fetchall()
    server: dict[int, dict[int, int]] = {staff_id: {} for staff_id in sets}
    for staff_id, order_id, version in rows:
        server[staff_id][order_id] = version
    for staff_id, held in sets.items():
        theirs = server[staff_id]
        found.held += len(theirs)
        found.missing += len(theirs.keys() - held.keys())
        found.too_many += len(held.keys() - theirs.keys())
        found.outdated += sum(held[id_] != theirs[id_] for id_ in held.keys() & theirs.keys())
