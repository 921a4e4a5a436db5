"""What open dashboards cost: the same load of phones with and without 200 of them, alternating, on one server process.

All dashboards are of the grids whose phones report, so that each of them has something to ask for all the time.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.core import clock
from app.core.db import make_engine
from app.core.security import AccessClaims, hash_password, write_access_token
from bench.measure import Figure
from bench.phones import Load, load, rate, refresh, seed_phones, sends, token_of
from bench.processor import processor_seconds
from bench.serving import SECRET, serving

DASHBOARDS = 200
ROUNDS = 4
_LEADERS = (
    "INSERT INTO staff (id, staff_no, name, role, unit_id, active_from)"
    " SELECT 10000 + n, 'M' || n, 'Leader ' || n, 'grid_manager', 101 + n % :grids, '2020-01-01' FROM generate_series(1, :count) n",
    "INSERT INTO accounts (login, password_hash, staff_id, created_at)"
    " SELECT staff_no, :hash, id, now() FROM staff WHERE role = 'grid_manager'",
)


def measure_dashboards(url: str, folder: Path, small: bool) -> list[Figure]:
    """Feedback a second with and without open dashboards, and what the dashboards saw meanwhile."""
    requests, warm = (640, 160) if small else (4_000, 640)
    held = seed_phones(url, folder)
    tokens = _leaders(url)
    alone, beside, seen = [], [], []
    costs, costs_beside = list[float](), list[float]()
    with serving("app.main:create_process", url, folder) as port:
        phones = {staff_id: token_of(port, staff_id) for staff_id in held}

        def send(rates: list[Load], processor: list[float]) -> None:
            refresh(url)  # as the database does by itself, only not in the midst of measuring
            load(port, sends("/mobile/v1/feedback", held, phones, warm))  # the first moments, in which everybody is told at once
            before = processor_seconds(url)
            rates.append(load(port, sends("/mobile/v1/feedback", held, phones, requests)))
            processor.append(1_000 * (processor_seconds(url) - before) / requests)

        def watched() -> None:
            with _watching(port, tokens) as found:
                send(beside, costs_beside)
            seen.append(found)

        load(port, sends("/mobile/v1/feedback", held, phones, requests))  # tables that are not empty
        for nth in range(ROUNDS):  # by turns first: each report makes the next one on its work order dearer
            if nth % 2:
                watched()
            send(alone, costs)
            if not nth % 2:
                watched()
    without = rate("POST of one feedback, no dashboard open", alone)
    return [
        without,
        rate(f"POST of one feedback, {DASHBOARDS} dashboards open", beside, without),
        (cost := Figure("processor time of one feedback, no dashboard open", costs, "ms")),
        Figure("the same with all that dashboards cost meanwhile", costs_beside, "ms", cost),
        Figure("dashboards told", [one["told"] / one["seconds"] for one in seen], "events/s"),
        Figure("pages asked for anew", [one["asked"] / one["seconds"] for one in seen], "requests/s"),
        Figure("answer to a page, p95", [one["p95_ms"] for one in seen], "ms"),
    ]


def _leaders(url: str) -> list[str]:
    """Access tokens of grid managers of the phones' grids."""
    engine = make_engine(url, as_app=False)
    with engine.begin() as connection:
        values = {"grids": 4, "count": DASHBOARDS, "hash": hash_password("a password for measuring")}
        for statement in _LEADERS:
            connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
        accounts = connection.scalars(text("SELECT id FROM accounts WHERE login LIKE 'M%' ORDER BY id")).all()
    engine.dispose()
    return [write_access_token(AccessClaims(one, None), secret=SECRET, now=clock.now(), minutes=600) for one in accounts]


@contextmanager
def _watching(port: int, tokens: list[str]) -> Iterator[dict[str, Any]]:
    """Open dashboards in a process of their own; afterwards what they saw."""
    found: dict[str, Any] = {}
    watcher = subprocess.Popen(
        [sys.executable, "-m", "bench.watching", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert watcher.stdin is not None
    assert watcher.stdout is not None
    watcher.stdin.write(json.dumps(tokens) + "\n")
    watcher.stdin.flush()
    assert watcher.stdout.readline() == "open\n"
    yield found
    watcher.stdin.close()
    found |= json.loads(watcher.stdout.readline())
    assert watcher.wait(30) == 0
    assert found["failures"] == 0, found
