"""Delta pull and feedback POST of the service against a bare handler, 16 clients, one server process each, alternating."""

import json
import subprocess
import sys
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from app.access.service import create_account
from app.campaigns.service import run_campaign, schedule_campaign
from app.core.db import make_engine, make_sessions
from app.core.storage import Storage
from app.dispatch.service import dispatch_campaign
from app.jobs.runner import run_job
from bench.measure import Figure
from bench.seeds import seed_campaign, seed_company
from bench.serving import serving

CLIENTS = 16
ORDERS_EACH = 100
ROUNDS = 3
PULLS = 4  # in each of them
ENDED_EACH = 15
PASSWORD = "a password for measuring"


def measure_phones(url: str, folder: Path, small: bool) -> list[Figure]:
    """Requests a second, and each route's ratio to the floor."""
    requests = 160 if small else 640
    held = seed_phones(url, folder)
    with serving("bench.bare:create_app", url, folder) as bare, serving("app.main:create_process", url, folder) as ours:
        tokens = {staff_id: token_of(ours, staff_id) for staff_id in held}
        load(ours, sends("/mobile/v1/feedback", held, tokens, requests))  # a service in use: tables that are not empty,
        refresh(url)  # and that PostgreSQL has counted
        found: dict[str, list[Load]] = defaultdict(list)
        cursors = {staff_id: cursor_of(ours, token) for staff_id, token in tokens.items()}
        for _ in range(ROUNDS):
            for _ in range(PULLS):
                found["bare pull"].append(load(bare, bare_pulls(held, requests)))
                found["pull"].append(load(ours, pulls(tokens, requests, {})))
                found["empty"].append(load(ours, pulls(tokens, requests, cursors)))
            found["bare send"].append(load(bare, sends("/send", held, tokens, requests)))
            found["send"].append(load(ours, sends("/mobile/v1/feedback", held, tokens, requests)))
            cursors = {staff_id: cursor_of(ours, token) for staff_id, token in tokens.items()}
        for nth in range(ROUNDS):  # at last, because what is done leaves the phones
            first = requests // CLIENTS + nth * ENDED_EACH
            ended = {staff_id: orders[first : first + ENDED_EACH] for staff_id, orders in held.items()}
            found["ends"].append(load(ours, sends("/mobile/v1/feedback", ended, tokens, CLIENTS * ENDED_EACH, "bought")))
    pull, send = (
        rate(f"bare handler: {ORDERS_EACH} orders", found["bare pull"]),
        rate("bare handler: one feedback", found["bare send"]),
    )
    return [
        pull,
        rate(f"pull of {ORDERS_EACH} orders", found["pull"], pull),
        rate("pull with nothing new", found["empty"], pull),
        send,
        rate("POST of one feedback", found["send"], send),
        rate("POST that ends its work order", found["ends"], send),
        *(Figure(f"{name}, p50", [load.p50 for load in loads], "ms") for name, loads in found.items()),
    ]


def rate(name: str, loads: list["Load"], floor: Figure | None = None) -> Figure:
    return Figure(name, [load.rate for load in loads], "requests/s", floor)


def seed_phones(url: str, folder: Path) -> dict[int, list[int]]:
    """{staff id: ids of the live work orders} of CLIENTS managers who each hold ORDERS_EACH."""
    seed_company(url, customers=CLIENTS * ORDERS_EACH * 3 // 2, grids=4, managers=CLIENTS)
    seed_campaign(url, code="PHONES", family="phones")
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    run_job(sessions, "schedule", lambda s, now: schedule_campaign(s, campaign_code="PHONES", now=now))
    run_job(sessions, "run", lambda s, now: {"running": run_campaign(s, campaign_code="PHONES", now=now).code})
    run_job(sessions, "dispatch", lambda s, now: dispatch_campaign(s, campaign_code="PHONES", now=now))
    for number in range(1, CLIENTS + 1):
        run_job(sessions, "account", lambda s, now, n=number: _account(s, n, now))
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('gridwork.scope', 'all', true)")
        connection.exec_driver_sql(
            "DELETE FROM work_orders WHERE id NOT IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY staff_id ORDER BY id)"
            f" AS n FROM work_orders) AS w WHERE n <= {ORDERS_EACH})"
        )
        connection.exec_driver_sql("UPDATE work_orders SET state = 'open', scheduled_on = current_date")  # all of it today
        rows = connection.exec_driver_sql(f"SELECT staff_id, id FROM work_orders WHERE staff_id <= {CLIENTS} ORDER BY id").all()
    owner.dispose()
    refresh(url)
    held: dict[int, list[int]] = {}
    for staff_id, order_id in rows:
        held.setdefault(staff_id, []).append(order_id)
    return held


def refresh(url: str) -> None:
    owner = make_engine(url, as_app=False)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    owner.dispose()


def _account(session: Any, number: int, now: datetime) -> dict[str, str]:
    login = f"T{number}"
    create_account(session, login=login, password=PASSWORD, staff_no=login, service_role=None, now=now)
    return {"login": login}


def token_of(port: int, staff_id: int) -> str:
    answer = httpx.post(f"http://127.0.0.1:{port}/auth/login", json={"login": f"T{staff_id}", "password": PASSWORD})
    return str(answer.raise_for_status().json()["access_token"])


def cursor_of(port: int, token: str) -> str:
    url = f"http://127.0.0.1:{port}/mobile/v1/work-orders"
    return str(httpx.get(url, headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()["cursor"])


def bare_pulls(held: dict[int, list[int]], requests: int) -> list[dict[str, Any]]:
    staff = list(held)
    return [{"client": n % CLIENTS, "method": "GET", "path": f"/pull?staff_id={staff[n % CLIENTS]}"} for n in range(requests)]


def pulls(tokens: dict[int, str], requests: int, cursors: dict[int, str]) -> list[dict[str, Any]]:
    staff = list(tokens)
    return [
        {
            "client": n % CLIENTS,
            "method": "GET",
            "path": "/mobile/v1/work-orders" + (f"?cursor={cursors[staff[n % CLIENTS]]}" if cursors else ""),
            "headers": {"Authorization": f"Bearer {tokens[staff[n % CLIENTS]]}"},
        }
        for n in range(requests)
    ]


def sends(
    path: str, held: dict[int, list[int]], tokens: dict[int, str], requests: int, outcome: str = "interested"
) -> list[dict[str, Any]]:
    staff = list(held)
    made = []
    for n in range(requests):
        mine = staff[n % CLIENTS]
        now = datetime.now(UTC).isoformat()
        item = {
            "id": str(uuid.uuid4()),
            "work_order_id": held[mine][(n // CLIENTS) % len(held[mine])],
            "channel": "call",
            "outcome": outcome,
            "started_at": now,
        }
        made.append(
            {
                "client": n % CLIENTS,
                "method": "POST",
                "path": path,
                "headers": {"Authorization": f"Bearer {tokens[mine]}", "Content-Type": "application/json"},
                "body": json.dumps({"sent_at": now, "items": [item]}),
            }
        )
    return made


class Load(NamedTuple):
    """Requests a second, and milliseconds of the median one."""

    rate: float
    p50: float


def load(port: int, requests: list[dict[str, Any]]) -> Load:
    """What came of the requests; a failed one fails the bench."""
    lines = "\n".join(json.dumps(request) for request in requests)
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port)], input=lines, capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout)
    assert result["failures"] == 0, result
    return Load(result["requests"] / result["seconds"], result["p50_ms"])
