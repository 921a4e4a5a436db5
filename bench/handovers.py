"""A handover of 15,000 customers with 5,000 live work orders: its preview, and its application, beside bare UPDATEs of the same rows."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.db import make_engine, make_sessions
from app.core.storage import Storage
from app.territory.applying import apply_due_handovers
from app.territory.service import confirm_handover, plan_handover
from app.territory.terms import Terms
from bench.measure import Figure
from tests.cast import seed_cast
from tests.postgres import as_company

COLLEAGUES = 10

_CUSTOMERS = """
INSERT INTO customers (customer_no, name, phone, address, latitude, longitude, grid_id, owner_staff_id, segment, opened_on)
SELECT 'H' || n, 'Customer ' || n, '138' || lpad(n::text, 8, '0'), n || ' Road', 39 + random() / 10, 117 + random() / 10,
    g.id, s.id, 'home', DATE '2021-01-01'
FROM generate_series(1, :customers) n, units g, staff s WHERE g.code = 'G11' AND s.staff_no = 'ANA'"""
_STAFF = """
INSERT INTO staff (staff_no, name, role, unit_id, daily_capacity, active_from)
SELECT 'HX' || n, 'Colleague ' || n, 'terminal_manager', u.id, 60, DATE '2020-01-01'
FROM generate_series(1, :colleagues) n, units u WHERE u.code = 'G11'"""
_HOLDINGS = """
INSERT INTO holdings (customer_id, product_id, from_date)
SELECT c.id, p.id, DATE '2022-01-01' FROM customers c, products p WHERE c.customer_no LIKE 'H%' AND p.product_code = 'TV1'"""
_CAMPAIGN = """
INSERT INTO campaigns (code, name, product_id, product_family, status, starts_on, ends_on, list_size, control_share,
    exploration_share, rest_days, attribution_days, maturity_days, channel, talk_track, seed, created_at, opened_at)
SELECT 'BENCH', 'Bench', id, family, 'draft', :today, CAST(:today AS date) + 25, :orders, 0, 0, 0, 30, 7, 'call', 'Say hello.', 7,
    :now, :now
FROM products WHERE product_code = 'FTTH1'"""
_TARGETS = """
INSERT INTO campaign_targets (campaign_id, customer_id, grid_id, rank, score, draw, selection_probability, reason, decided_at)
SELECT k.id, c.id, c.grid_id, row_number() OVER (), 0.1, 'ranked', 0.95, 'dispatched', :now
FROM campaigns k, (SELECT * FROM customers WHERE customer_no LIKE 'H%' ORDER BY id LIMIT :orders) c WHERE k.code = 'BENCH'"""
_RUN = """
INSERT INTO dispatch_runs (campaign_id, started_at, finished_at, target_count, waterfall)
SELECT id, :now, :now, :orders, '{}' FROM campaigns WHERE code = 'BENCH'"""
_ORDERS = """
INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,
    scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at)
SELECT k.id, r.id, t.customer_id, k.product_id, k.product_family, t.grid_id, s.id, CASE WHEN t.rank % 20 = 0 THEN 'open' ELSE 'planned' END,
    CAST(:today AS date) + (t.rank % 20), k.ends_on, t.rank, t.score, t.draw, t.selection_probability, 'owner', :now, :now + interval '60 days'
FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id JOIN dispatch_runs r ON r.campaign_id = k.id, staff s
WHERE s.staff_no = 'ANA'"""
_FLOOR = (
    "UPDATE customers SET owner_staff_id = owner_staff_id WHERE customer_no LIKE 'H%'",
    "UPDATE work_orders SET staff_id = staff_id",
)


def measure_handovers(url: str, folder: Path, small: bool) -> list[Figure]:
    """Somebody leaves, and ten colleagues share what they had."""
    customers, orders = (1_500, 500) if small else (15_000, 5_000)
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    now = clock.now()
    with as_company(sessions) as session:
        seed_cast(session)
        values = {"customers": customers, "orders": orders, "colleagues": COLLEAGUES, "today": clock.local_date(now), "now": now}
        for statement in (_CUSTOMERS, _STAFF, _HOLDINGS, _CAMPAIGN, _TARGETS, _RUN, _ORDERS):
            session.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
        session.commit()
    what = f"handover of {customers:,} customers with {orders:,} work orders"
    terms = Terms("exit", clock.local_date(now), "bench", staff_no="ANA")
    floor = _timed(sessions, lambda session: [session.execute(text(statement)) for statement in _FLOOR])
    preview = _timed(sessions, lambda session: plan_handover(session, terms=terms, principal=None, now=now))
    _timed(sessions, lambda session: confirm_handover(session, handover_id=1, principal=None, now=now))
    applied = _timed(sessions, lambda session: apply_due_handovers(session, now=now + timedelta(seconds=1)))
    bare = _figure("bare UPDATEs of the same rows", floor)
    return [bare, _figure(f"{what}: preview", preview, bare), _figure(f"{what}: apply", applied, bare)]


def _timed(sessions: sessionmaker[Session], work: Callable[[Session], object]) -> float:
    began = time.monotonic()
    with as_company(sessions) as session:
        work(session)
        session.commit()
    return time.monotonic() - began


def _figure(name: str, seconds: float, floor: Figure | None = None) -> Figure:
    return Figure(name, [seconds], "s", floor)
