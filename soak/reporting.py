"""Reports of many phones over a bad line: nothing is lost, nothing is twice, and every retry gets the same answer."""

import asyncio
import json
import random
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.core import clock
from bench.serving import serving
from soak.field import Answered, Manager, ask, connect, seed_field
from soak.lossy import Line, lossy_line

AT_ONCE = 24  # requests under way, of all phones
WINDOW = 30  # a phone sends any of its oldest so many
CONFLICTS = 0.03


@dataclass
class Reported:
    """What was found. sends: of single reports, counted at the server; held: answers that asked to wait."""

    reports: int = 0
    sends: int = 0
    requests: int = 0
    cut_off: int = 0
    held: int = 0
    conflicts: int = 0
    lost: int = 0
    double: int = 0
    altered: int = 0
    answered_otherwise: int = 0
    still_waiting: int = 0
    conflicts_missing: int = 0
    other_statuses: Counter[int] = field(default_factory=Counter)

    def wrong(self) -> int:
        """How much of what must not be."""
        return self.lost + self.double + self.altered + self.answered_otherwise + self.still_waiting + self.conflicts_missing


def report_over_a_bad_line(
    url: str, folder: Path, *, phones: int, reports: int, sends: int, workers: int = 1, seed: int = 7
) -> Reported:
    """So many reports of so many phones, each sent until it was taken, and then again until all are `sends`."""
    managers = seed_field(url, managers=phones, orders_each=10)
    chance = random.Random(seed)
    queues = {one.staff_id: _queue(one, reports // phones, chance) for one in managers}
    found = Reported(reports=sum(len(queue) for queue in queues.values()))
    with serving("app.main:create_process", url, folder, workers=workers) as port:
        asyncio.run(_play(port, managers, queues, found, sends, chance))
    _judge(url, queues, found)
    return found


def _queue(manager: Manager, count: int, chance: random.Random) -> list[dict[str, Any]]:
    """In the order made: attempts and answers on the manager's orders; half of the phones count them; some correct an earlier one."""
    counts, numbers, made = manager.staff_id % 2 == 0, defaultdict(int), []
    last: dict[int, str] = {}
    started = clock.now() - timedelta(hours=1)
    for nth in range(count):
        order = chance.choice(manager.orders)
        numbers[order] += 1
        item = {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "work_order_id": order,
            "channel": "call",
            "outcome": chance.choice(["not_reached", "not_reached", "interested"]),
            "started_at": (started + timedelta(seconds=nth)).isoformat(),
            "note": f"{manager.login}/{nth}",
            **({"order_sequence": numbers[order]} if counts else {}),
        }
        if not counts and order in last and chance.random() < 0.1:
            item["corrects_id"] = last.pop(order)
        else:
            last[order] = item["id"]
        made.append(item)
    return made


async def _play(
    port: int,
    managers: list[Manager],
    queues: dict[int, list[dict[str, Any]]],
    found: Reported,
    sends: int,
    chance: random.Random,
) -> None:
    answers: dict[str, set[str]] = defaultdict(set)

    def seen(_: bytes, answer: Answered) -> None:
        if answer.status != 207:
            found.other_statuses[answer.status] += 1
            return
        for one in answer.json()["items"]:
            found.sends += 1
            found.held += one["status"] == "held"
            if one["status"] == "accepted":
                answers[one["id"]].add(json.dumps(one, sort_keys=True))

    line, gate = Line(), asyncio.Semaphore(AT_ONCE)
    async with lossy_line(port, line, chance, seen) as proxy:
        phones = [_phone(proxy, one, queues[one.staff_id], gate, chance, found) for one in managers for _ in range(2)]
        await asyncio.gather(*phones)
        while found.sends < sends:  # all of it again: who is not sure sends again
            some = [
                _send(proxy, one, chance.sample(queues[one.staff_id], k=10), gate) for one in chance.choices(managers, k=AT_ONCE)
            ]
            await asyncio.gather(*some)
    found.requests, found.cut_off = line.requests, line.cuts
    found.answered_otherwise = sum(len(said) > 1 for said in answers.values())


async def _phone(
    proxy: int, manager: Manager, queue: list[dict[str, Any]], gate: asyncio.Semaphore, chance: random.Random, found: Reported
) -> None:
    """One of the two senders of a phone: any of the oldest that were not answered, in any order, until all are taken."""
    waiting = {item["id"]: item for item in queue}
    while waiting:
        oldest = list(waiting.values())[:WINDOW]
        some = chance.sample(oldest, k=min(len(oldest), chance.randint(1, 12)))
        answer = await _send(proxy, manager, some, gate)
        taken = [one["id"] for one in answer if one["status"] == "accepted"]
        for id_ in taken:
            waiting.pop(id_, None)
        if taken and chance.random() < CONFLICTS:
            found.conflicts += 1
            other = next(item for item in some if item["id"] == taken[0]) | {"note": f"conflict {found.conflicts}"}
            while not await _send(proxy, manager, [other], gate):
                pass


async def _send(proxy: int, manager: Manager, items: list[dict[str, Any]], gate: asyncio.Semaphore) -> list[dict[str, Any]]:
    async with gate:
        body = {"sent_at": clock.now().isoformat(), "device_id": manager.login, "items": items}
        answer = await ask(proxy, "POST", "/mobile/v1/feedback", token=manager.token, body=body)
    return list(answer.json()["items"]) if answer is not None and answer.status == 207 else []


def _judge(url: str, queues: dict[int, list[dict[str, Any]]], found: Reported) -> None:
    expected = {item["id"]: (staff_id, item) for staff_id, queue in queues.items() for item in queue}
    with connect(url) as connection:
        rows = connection.execute(
            "SELECT CAST(id AS text), staff_id, work_order_id, outcome, note, CAST(corrects_id AS text), order_sequence FROM contact_feedback"
        ).fetchall()
        aside = connection.execute(
            "SELECT code, count(*) FROM feedback_quarantine WHERE released_at IS NULL GROUP BY code ORDER BY code"
        ).fetchall()
    stored = {row[0]: row[1:] for row in rows}
    found.lost = len(expected.keys() - stored.keys())
    found.double = len(rows) - len({row[4] for row in rows}) + len(stored.keys() - expected.keys())
    found.altered = sum(
        stored[id_] != (staff_id, i["work_order_id"], i["outcome"], i["note"], i.get("corrects_id"), i.get("order_sequence"))
        for id_, (staff_id, i) in expected.items()
        if id_ in stored
    )
    kept = dict(aside)
    found.conflicts_missing = abs(found.conflicts - kept.pop("feedback.id_conflict", 0))
    found.still_waiting = sum(kept.values())
