"""Lines of points explained over HTTP, of an open and of a closed month of 240,000 orders, beside an indexed read of the same rows."""

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

from app.access.service import create_account
from app.core import clock
from app.core.clock import Month
from app.core.db import make_engine, make_sessions, sqlalchemy_url
from app.core.storage import Storage
from app.jobs.runner import run_job
from app.points.closing.close import close_month
from bench.measure import Figure
from bench.months import seed_calls, seed_month
from bench.seeds import seed_company
from bench.serving import serving

ORDERS, MANAGERS, GRIDS = 240_000, 2_000, 182
PHONES = 12
LINES = ("success", "accuracy")
ROUNDS = 5
PASSWORD = "a password for measuring"
LEADER = MANAGERS + 1

_LEADER = (
    "INSERT INTO staff (id, staff_no, name, role, unit_id, active_from) SELECT {id}, 'B', 'Branch manager', 'branch_manager', parent_id,"
    " DATE '2020-01-01' FROM units WHERE id = (SELECT unit_id FROM staff WHERE id = 1)"
)
# The rows that an explanation shows, found by their keys, in one statement for each kind of line.
_FLOORS = {
    "success": "SELECT e.*, c.customer_no, o.order_no, k.code FROM work_orders w JOIN customers c ON c.id = w.customer_id"
    " JOIN campaigns k ON k.id = w.campaign_id JOIN points_evidence e ON e.work_order_id = w.id AND e.feedback_id IS NULL"
    " LEFT JOIN orders o ON o.id = e.order_id WHERE w.staff_id = %s",
    "accuracy": "SELECT e.*, c.customer_no, f.outcome, v.evidence FROM contact_feedback f JOIN points_evidence e ON e.feedback_id = f.id"
    " AND e.work_order_id = f.work_order_id JOIN customers c ON c.id = f.customer_id"
    " LEFT JOIN verifications v ON v.id = e.verification_id WHERE f.staff_id = %s",
}


def measure_explain(url: str, folder: Path, small: bool) -> list[Figure]:
    """Milliseconds of the same lines of the same managers, by phone and by dashboard, at p50 (lowest, highest) and p95."""
    month, orders = Month.of(clock.now()).previous, ORDERS // 10 if small else ORDERS
    seed_company(url, customers=orders, grids=GRIDS, managers=MANAGERS)
    seed_month(url, month=month, orders=orders, managers=MANAGERS)
    seed_calls(url, month=month)
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    _lead(url)
    led = _managers_of(url, PHONES)
    for staff_id in (*led, LEADER):
        run_job(sessions, "account", lambda s, now, n=staff_id: _account(s, n, now))
    found: dict[str, list[float]] = {}
    with serving("app.main:create_process", url, folder) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        calls = _calls(client, month, led)
        found |= {f"open month, {name}": _take(each) for name, each in calls.items()}
        run_job(sessions, "close", lambda s, now: close_month(s, month=month, now=now))
        _refresh(url)
        floor = _floor(url, led)
        found |= {f"closed month, {name}": _take(each) for name, each in calls.items()}
    held = Figure("the rows of one line, read by their keys", floor, "ms")
    figures = [held]
    for name, taken in found.items():
        figures += [Figure(f"{name}, p50", taken, "ms", held), Figure(f"{name}, p95", [_p95(taken)], "ms", held)]
    return figures


def _calls(client: httpx.Client, month: Month, led: list[int]) -> dict[str, list[Callable[[], Any]]]:
    """What is asked, by who asks."""
    leader = _token(client, "B")
    phones = [
        _get(client, f"/mobile/v1/points/{month}/lines/{line}", token)
        for token in [_token(client, f"T{staff_id}") for staff_id in led]
        for line in LINES
    ]
    dashboard = [
        _get(client, f"/dashboard/v1/points/{month}/T{staff_id}/lines/{line}", leader) for staff_id in led for line in LINES
    ]
    return {"by phone": phones, "by dashboard": dashboard}


def _get(client: httpx.Client, path: str, token: str) -> Callable[[], Any]:
    return lambda: client.get(path, headers={"Authorization": f"Bearer {token}"}, timeout=60).raise_for_status()


def _take(calls: list[Callable[[], Any]]) -> list[float]:
    for call in calls[:4]:
        call()
    return [_milliseconds(call) for _ in range(ROUNDS) for call in calls]


def _floor(url: str, led: list[int]) -> list[float]:
    with psycopg.connect(sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute("SELECT set_config('gridwork.scope', 'all', false)")
        calls = [
            lambda statement=statement, staff_id=staff_id: connection.execute(statement, (staff_id,)).fetchall()
            for staff_id in led
            for statement in _FLOORS.values()
        ]
        return _take(calls)


def _milliseconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def _lead(url: str) -> None:
    """A branch manager above the first manager's grid."""
    _execute(url, "SELECT set_config('gridwork.scope', 'all', true)", _LEADER.format(id=LEADER))


def _managers_of(url: str, many: int) -> list[int]:
    """Some managers of that branch."""
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT s.id FROM staff s JOIN units u ON u.id = s.unit_id WHERE u.parent_id = (SELECT unit_id FROM staff WHERE id = {LEADER})"
            f" ORDER BY s.id LIMIT {many}"
        ).all()
    owner.dispose()
    return [row[0] for row in rows]


def _refresh(url: str) -> None:
    owner = make_engine(url, as_app=False)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")  # as autovacuum would soon
    owner.dispose()


def _execute(url: str, *statements: str) -> None:
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    owner.dispose()


def _account(session: Any, staff_id: int, now: datetime) -> dict[str, str]:
    staff_no = "B" if staff_id == LEADER else f"T{staff_id}"
    create_account(session, login=staff_no, password=PASSWORD, staff_no=staff_no, service_role=None, now=now)
    return {"login": staff_no}


def _token(client: httpx.Client, login: str) -> str:
    answer = client.post("/auth/login", json={"login": login, "password": PASSWORD})
    return str(answer.raise_for_status().json()["access_token"])
