"""Thousands of phones in minutes: how long each kind of request takes, and what log-ins above what hashing allows do to the others."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.core import clock
from bench.serving import serving
from soak.field import PASSWORD, Answered, Manager, ask, connect, seed_field

PATH = "/mobile/v1/work-orders"


@dataclass
class Loaded:
    """Seconds of each kind of request, its statuses, the refusals of log-ins that did not say when to come again, and how many
    reports the server has."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    orders: set[int] = field(default_factory=set)
    without_retry_after: int = 0
    stored: int = 0

    def at(self, kind: str, share: float = 0.95) -> float:
        """The quantile of a kind of request, in milliseconds."""
        taken = sorted(self.seconds[kind])
        return 1_000 * taken[min(len(taken) - 1, int(share * len(taken)))] if taken else 0.0

    def failed(self) -> int:
        """Answers of 500 and more, and none at all."""
        return sum(count for found in self.statuses.values() for status, count in found.items() if status >= 500 or not status)


def load_with_phones(
    url: str,
    folder: Path,
    *,
    phones: int,
    seconds: float,
    log_ins: int = 0,
    orders_each: int = 60,
    workers: int = 2,
    seed: int = 7,
) -> Loaded:
    """So many phones in so many seconds, evenly: each pulls all, reports on three work orders, and pulls what changed; one in
    five logs in. `log_ins` more come in the second half, as fast as they are answered, by so many clients."""
    managers = seed_field(url, managers=phones, orders_each=orders_each)
    found = Loaded()
    with serving("app.main:create_process", url, folder, workers=workers) as port:
        asyncio.run(_play(port, managers, found, seconds, log_ins, random.Random(seed)))
    with connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM contact_feedback").fetchone()
        assert row is not None
        found.stored = int(row[0])
    return found


async def _play(port: int, managers: list[Manager], found: Loaded, seconds: float, log_ins: int, chance: random.Random) -> None:
    began, over = time.monotonic(), asyncio.Event()

    async def come(nth: int, manager: Manager) -> None:
        at = began + seconds * nth / len(managers)
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        flooded = bool(log_ins) and at > began + seconds / 2
        await _phone(port, manager, found, " beside log-ins" if flooded else "", chance)

    async def flood(manager: Manager) -> None:
        await asyncio.sleep(max(0.0, began + seconds / 2 - time.monotonic()))
        while not over.is_set():
            answer = await _timed(found, "flood", lambda: _log_in(port, manager))
            if answer is not None and answer.status == 429:
                found.without_retry_after += "retry-after" not in answer.headers
                await asyncio.sleep(0.2)  # less than it was told, as a bad client

    floods = [asyncio.create_task(flood(managers[nth % len(managers)])) for nth in range(log_ins)]
    await asyncio.gather(*(come(nth, manager) for nth, manager in enumerate(managers)))
    over.set()
    await asyncio.gather(*floods)


async def _phone(port: int, manager: Manager, found: Loaded, beside: str, chance: random.Random) -> None:
    if manager.staff_id % 5 == 0 and not beside:
        await _timed(found, "log-in", lambda: _log_in(port, manager))
    answer = await _timed(found, f"all orders{beside}", lambda: ask(port, "GET", PATH, token=manager.token))
    cursor = answer.json()["cursor"] if answer is not None and answer.status == 200 else ""
    found.orders.add(len(answer.json()["items"]) if cursor and answer is not None else 0)
    await _timed(found, f"nothing new{beside}", lambda: ask(port, "GET", f"{PATH}?cursor={cursor}", token=manager.token))
    for order in chance.sample(manager.orders, k=min(3, len(manager.orders))):
        outcome = chance.choice(["bought", "not_reached", "interested"])
        now = clock.now().isoformat()
        item = {"id": _id(chance), "work_order_id": order, "channel": "call", "outcome": outcome, "started_at": now}
        body = {"sent_at": now, "device_id": manager.login, "items": [item]}
        await _timed(
            found, f"report{beside}", lambda body=body: ask(port, "POST", "/mobile/v1/feedback", token=manager.token, body=body)
        )
    await _timed(found, f"what changed{beside}", lambda: ask(port, "GET", f"{PATH}?cursor={cursor}", token=manager.token))


async def _log_in(port: int, manager: Manager) -> Answered | None:
    return await ask(port, "POST", "/auth/login", body={"login": manager.login, "password": PASSWORD, "device_id": manager.login})


async def _timed(found: Loaded, kind: str, work: Callable[[], Awaitable[Answered | None]]) -> Answered | None:
    began = time.perf_counter()
    answer = await work()
    found.seconds[kind].append(time.perf_counter() - began)
    found.statuses[kind][answer.status if answer is not None else 0] += 1
    return answer


def _id(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
