"""How long the requests of each page take on the default world, after one year of work and after five.

`python -m bench pages [--small | --customers=N]`: work is in proportion to customers; people, grids and campaigns are as many always.
"""

import statistics
import sys
import time
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path

import httpx
from rich.console import Console
from sqlalchemy import text

from app.core import clock
from app.core.clock import Month
from app.core.db import make_engine, make_sessions, set_scope
from app.core.security import AccessClaims, write_access_token
from app.figures.keeping import recount_campaign
from app.models.figures import FigureMark
from bench.measure import Figure, seconds
from bench.page_requests import PAGES
from bench.serving import SECRET, serving
from bench.world import CUSTOMERS, PEOPLE, add_months, months_before, seed_world

ASKED_MS = 300.0
TIMES = 30
YEARS = (1, 5)
console = Console()


def measure_pages(url: str, folder: Path, small: bool) -> list[Figure]:
    """Milliseconds of each page's slowest request, with one year of work and with five; the median, and the highest as p95."""
    customers, today = _customers(small), clock.local_date(clock.now())
    console.print(f"{customers:,} customers: {seconds(lambda: seed_world(url, customers=customers)):.0f} s")
    months, found, done = months_before(today, 12 * max(YEARS)), [], 0
    for years in YEARS:
        more = months[len(months) - 12 * years : len(months) - done]
        console.print(f"{len(more)} months of work: {seconds(partial(add_months, url, more, customers=customers)):.0f} s")
        done = 12 * years
        found.append([*_measure(url, folder, today), ("adding up one campaign, whole and again", _add_up(url, today))])
    return [figure for pair in zip(*found, strict=True) for figure in _named(pair)]


def _named(pair: tuple[tuple[str, list[float]], ...]) -> list[Figure]:
    floor = Figure(f"{pair[0][0]}: {YEARS[0]} year", pair[0][1], "ms")
    return [floor, Figure(f"  {YEARS[1]} years, asked {ASKED_MS:.0f}", pair[1][1], "ms", floor)]


def _measure(url: str, folder: Path, today: date) -> list[tuple[str, list[float]]]:
    """Each page with [fastest, median, 95th percentile] of its slowest request."""
    values = _values(url, today)
    with (
        serving("app.main:create_process", url, folder) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        tokens = {role: _token(url, number) for role, (number, _) in PEOPLE.items()}
        found = []
        for page in PAGES:
            headers = {"Authorization": f"Bearer {tokens[page.role]}"}
            slowest = max(
                (_times(client, path.format(**values), headers, page.body) for path in page.paths), key=lambda times: times[2]
            )
            found.append((page.page, slowest))
    return found


def _add_up(url: str, today: date) -> list[float]:
    """Milliseconds of counting last month's first campaign: with all of its rows to correct, and with none."""
    sessions = make_sessions(make_engine(url))
    (campaign_id,) = _row(
        url, "SELECT min(id) FROM campaigns WHERE starts_on = :first", first=Month.of_day(today).previous.first_day
    )
    taken = []
    for _ in range(3):
        with sessions() as session:
            set_scope(session, scope="all")
            session.add(FigureMark(campaign_id=campaign_id))
            session.flush()
            taken.append(1_000 * seconds(lambda: recount_campaign(session, campaign_id=campaign_id)))
            session.commit()
    return taken


def _times(client: httpx.Client, path: str, headers: dict[str, str], body: Mapping[str, object] | None) -> list[float]:
    taken = []
    for _ in range(TIMES + 2):
        began = time.perf_counter()
        answer = client.request("GET" if body is None else "POST", path, headers=headers, json=body)
        taken.append(1_000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
    warm = sorted(taken[2:])
    return [warm[0], statistics.median(warm), warm[int(0.95 * len(warm))]]


def _token(url: str, login: str) -> str:
    """Of somebody without a log-in: what is measured is not logging in."""
    (account_id,) = _row(url, "SELECT id FROM accounts WHERE login = :login", login=login)
    return write_access_token(AccessClaims(account_id, None), secret=SECRET, now=datetime.now(clock.zone()), minutes=600)


def _values(url: str, today: date) -> dict[str, str]:
    """What stands in paths: things of the first grid, in the last whole month."""
    month = Month.of_day(today).previous
    last = date.fromordinal(month.next.first_day.toordinal() - 1)
    customer, order, manager = _row(
        url,
        "SELECT c.customer_no, w.id, s.staff_no FROM work_orders w JOIN customers c ON c.id = w.customer_id JOIN staff s ON s.id = w.staff_id"
        " WHERE w.grid_id = 101 AND w.campaign_id IN (SELECT id FROM campaigns WHERE starts_on = :first) ORDER BY w.id LIMIT 1",
        first=month.first_day,
    )
    (campaign,) = _row(url, "SELECT code FROM campaigns WHERE starts_on = :first ORDER BY id LIMIT 1", first=month.first_day)
    (year,) = (date(last.year - (last.month < 12), last.month % 12 + 1, 1),)
    words = {"branch": "B1", "grid": "G1", "product": "P1", "campaign": campaign, "customer": customer, "manager": manager}
    days = {"month": month, "first": month.first_day, "last": last, "year": year, "today": today, "order": order}
    return {name: str(value) for name, value in (words | days).items()}


def _row(url: str, statement: str, **values: object) -> tuple:
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        row = connection.execute(text(statement), values).one()
    owner.dispose()
    return tuple(row)


def _customers(small: bool) -> int:
    for word in sys.argv:
        if word.startswith("--customers="):
            return int(word.partition("=")[2])
    return CUSTOMERS // 100 if small else CUSTOMERS
