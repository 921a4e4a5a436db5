"""A field of managers with open work orders and a phone each, made by PostgreSQL itself; and their phones' requests."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from app.core import clock
from app.core.db import sqlalchemy_url
from app.core.security import AccessClaims, hash_password, write_access_token
from bench.seeds import seed_campaign, seed_company
from bench.serving import SECRET

HOST = "127.0.0.1"
PASSWORD = "a password for trying"
GRIDS = 4
_CODE = "FIELD"
_WORK = (
    "SELECT set_config('gridwork.scope', 'all', false)",
    f"INSERT INTO campaign_targets (campaign_id, customer_id, grid_id, rank, score, draw, selection_probability, reason, decided_at)"
    f" SELECT k.id, c.id, c.grid_id, c.id, 0.5, 'ranked', 1, 'dispatched', now() FROM customers c, campaigns k WHERE k.code = '{_CODE}'",
    f"INSERT INTO dispatch_runs (campaign_id, started_at, finished_at, target_count, waterfall)"
    f" SELECT id, now(), now(), 1, '{{}}' FROM campaigns WHERE code = '{_CODE}'",
    f"INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,"
    f" scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at)"
    f" SELECT k.id, r.id, c.id, k.product_id, k.product_family, c.grid_id, 1 + (c.id - 1) %% %(managers)s, 'open', current_date,"
    f" current_date + 20, c.id, 0.5, 'ranked', 1, 'owner', now() - interval '2 days', now() + interval '60 days'"
    f" FROM customers c, campaigns k JOIN dispatch_runs r ON r.campaign_id = k.id WHERE k.code = '{_CODE}'",
    "INSERT INTO accounts (login, password_hash, staff_id, created_at) SELECT 'T' || id, %(hash)s, id, now() FROM staff",
    "ANALYZE",
)


@dataclass(frozen=True)
class Manager:
    """Who holds which work orders; `token`: of ten hours."""

    staff_id: int
    login: str
    token: str
    orders: list[int]


def seed_field(url: str, *, managers: int, orders_each: int) -> list[Manager]:
    """Managers (a multiple of 4) of four grids, each with so many open work orders, in an empty database."""
    seed_company(url, customers=managers * orders_each, grids=GRIDS, managers=managers)
    seed_campaign(url, code=_CODE, family="field")
    with connect(url) as connection:
        for statement in _WORK:
            given = {"managers": managers, "hash": hash_password(PASSWORD)} if "%(" in statement else None
            connection.execute(statement.encode(), given)
        rows = connection.execute(
            "SELECT s.id, a.login, a.id, array_agg(w.id ORDER BY w.id) FROM staff s JOIN accounts a ON a.staff_id = s.id"
            " JOIN work_orders w ON w.staff_id = s.id GROUP BY s.id, a.login, a.id ORDER BY s.id"
        ).fetchall()
    now = clock.now()
    return [
        Manager(staff_id, login, write_access_token(AccessClaims(account_id, None), secret=SECRET, now=now, minutes=600), orders)
        for staff_id, login, account_id, orders in rows
    ]


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection of the owner that sees the whole company."""
    plain = sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, options="-c gridwork.scope=all -c timezone=UTC")


@dataclass(frozen=True)
class Answered:
    """One answer: its status, headers by name in small letters, and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


async def ask(port: int, method: str, path: str, *, token: str = "", body: Any = None) -> Answered | None:
    """One request on a connection of its own; None where the answer was cut off."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{port}", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"Authorization: Bearer {token}"] * bool(token) + ["Content-Type: application/json"] * bool(content)
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return None
    try:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        return await read_answer(reader)
    except (OSError, asyncio.IncompleteReadError):
        return None
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> Answered:
    """The next answer; raises IncompleteReadError where it is cut off."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = headers_of(lines)
    return Answered(int(first.split(" ")[1]), headers, await reader.readexactly(int(headers.get("content-length", 0))))


def headers_of(lines: list[str]) -> dict[str, str]:
    """Names in small letters."""
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}


def tell(lines: Mapping[str, Any]) -> list[str]:
    """Figures, one a line."""
    return [f"{name.replace('_', ' ')}: {value}" for name, value in lines.items()]
