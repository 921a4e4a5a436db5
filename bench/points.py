"""A month of points of 240,000 work orders and 2,000 managers, beside one plain SQL aggregate over the same rows."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import make_engine, make_sessions
from app.core.storage import Storage
from app.points import queries
from app.points.closing.close import close_month
from app.points.closing.month_figures import figures_of_month, take_down_facts
from app.points.figures import ManagerFigures, gather, lines_of, ratio_of
from app.points.plans.in_force import plans_of
from bench.measure import Figure, seconds
from bench.seeds import seed_company
from tests.postgres import as_company

MONTH = Month(2026, 10)
ROUNDS = 5
ORDERS, MANAGERS, GRIDS = 240_000, 2_000, 182

_MONTH = (
    "INSERT INTO products (product_code, name, kind, family) VALUES ('P', 'P', 'acquire', 'broadband'), ('Q', 'Q', 'acquire', 'tv')",
    "ALTER TABLE campaigns DISABLE TRIGGER USER",
    "INSERT INTO campaigns (code, name, product_id, product_family, status, starts_on, ends_on, list_size, control_share,"
    " exploration_share, rest_days, attribution_days, maturity_days, channel, talk_track, seed, created_at)"
    " SELECT 'K', 'K', id, family, 'running', DATE '2026-09-01', DATE '2026-09-20', 1, 0, 0, 0, 20, 5, 'call', '', 1, :ends"
    " FROM products WHERE product_code = 'P'",
    "ALTER TABLE work_orders DISABLE TRIGGER USER",
    "INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,"
    " scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at)"
    " SELECT k.id, 1, c.id, k.product_id, k.product_family, c.grid_id, 1 + c.id % :managers,"
    " CASE WHEN c.id % 50 = 0 THEN 'withdrawn' ELSE 'done' END, k.starts_on, k.ends_on, 1, 0.02 + 0.3 * random(), 'ranked', 1, 'owner',"
    " TIMESTAMPTZ '2026-09-01', TIMESTAMPTZ '2026-10-15' FROM campaigns k, customers c WHERE c.id <= :orders",
    "ALTER TABLE work_orders ENABLE TRIGGER USER",
    # One in eight buys; twice as many buy something else.
    "INSERT INTO orders (order_no, customer_id, product_id, ordered_at, cancelled_at)"
    " SELECT 'O' || n, 1 + (n * 7919) % :orders, CASE WHEN n % 3 = 0 THEN 1 ELSE 2 END, TIMESTAMPTZ '2026-09-10' + n % 20 * interval '1 day',"
    " CASE WHEN n % 20 = 0 THEN TIMESTAMPTZ '2026-10-01' END FROM generate_series(1, 3 * :orders / 8) n",
    # Everybody is tried, every other spoken to, one in twenty also by a colleague; one in fifty reports is corrected.
    "INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, channel, outcome, phone_started_at, contacted_at,"
    " clock_offset_seconds, clock_doubtful, received_at, month, content_hash)"
    " SELECT gen_random_uuid(), w.id, w.customer_id, 1 + (w.staff_id + n * 181) % :managers, w.grid_id, 'call',"
    " CASE WHEN (w.id + n) % 2 = 0 THEN 'interested' ELSE 'not_reached' END, w.dispatched_at, w.dispatched_at + (w.id % 25 + n) * interval '1 day',"
    " 0, false, TIMESTAMPTZ '2026-10-02', DATE '2026-10-01', '' FROM work_orders w, generate_series(0, 1) n WHERE n = 0 OR w.id % 20 = 0",
    "INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, corrects_id, channel, outcome, phone_started_at,"
    " contacted_at, clock_offset_seconds, clock_doubtful, received_at, month, content_hash)"
    " SELECT gen_random_uuid(), work_order_id, customer_id, staff_id, grid_id, id, channel, 'interested', phone_started_at, contacted_at, 0,"
    " false, received_at, month, '' FROM contact_feedback WHERE work_order_id % 50 = 1",
    "INSERT INTO verifications (feedback_id, number, staff_id, grid_id, kind, verdict, rule, evidence, judging_probability, decided_at)"
    " SELECT id, n, staff_id, grid_id, 'automatic', CASE work_order_id % 10 WHEN 0 THEN 'contradicted' WHEN 1 THEN 'unverifiable' ELSE 'confirmed'"
    " END, 'call', '{}', CASE WHEN work_order_id % 7 = 0 THEN 0.1 ELSE 1 END, received_at"
    " FROM contact_feedback, generate_series(1, 2) n WHERE n = 1 OR work_order_id % 10 = 3",
    "INSERT INTO base_points (period, staff_id, component, points) SELECT DATE '2026-10-01', id, 'growth', id % 100 FROM staff",
    "ANALYZE",
)
# What somebody would write who wants the same sums and knows nothing of shares, corrections or the latest verdict.
_FLOOR = """
SELECT w.staff_id, count(*) FILTER (WHERE w.state <> 'withdrawn'), count(o.customer_id), sum(w.score), sum(f.judged), sum(f.weight)
FROM work_orders w
LEFT JOIN (SELECT DISTINCT o.customer_id, p.family FROM orders o JOIN products p ON p.id = o.product_id
    WHERE o.ordered_at >= '2026-09-01' AND (o.cancelled_at IS NULL OR o.cancelled_at > '2026-10-15')) o
    ON o.customer_id = w.customer_id AND o.family = w.product_family
LEFT JOIN (SELECT f.work_order_id, count(v.id) AS judged, sum(1 / v.judging_probability) AS weight
    FROM contact_feedback f LEFT JOIN verifications v ON v.feedback_id = f.id WHERE f.month = '2026-10-01' GROUP BY f.work_order_id) f
    ON f.work_order_id = w.id
WHERE w.matures_at > :starts AND w.matures_at <= :ends
GROUP BY w.staff_id
"""


def measure_points(url: str, folder: Path, small: bool) -> list[Figure]:
    """Seconds of a month's figures and lines for everybody, of the same by single facts, of its close, and of the aggregate."""
    orders = ORDERS // 10 if small else ORDERS
    seed_company(url, customers=orders, grids=GRIDS, managers=MANAGERS)
    _seed_month(url, orders)
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    now = MONTH.ends_at + timedelta(days=2)
    values = {"starts": MONTH.starts_at, "ends": MONTH.ends_at}
    with as_company(sessions) as session:
        floor = Figure(
            "one plain SQL aggregate of the same rows", _rounds(lambda: session.execute(text(_FLOOR), values).all()), "s"
        )
        session.execute(text("SET LOCAL enable_nestloop = off"))
        hashed = Figure(
            "the same aggregate made to join by hashing", _rounds(lambda: session.execute(text(_FLOOR), values).all()), "s", floor
        )
        session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
        single = Figure("the same by single facts", _rounds(lambda: _compute_singly(session, now))[:1], "s", floor)
        computed = Figure(
            f"a month of {orders:,} work orders, {MANAGERS:,} managers", _rounds(lambda: _compute(session, now)), "s", floor
        )
        closed = Figure(
            "its close: verdicts, entries, evidence, file",
            [seconds(lambda: close_month(session, month=MONTH, now=now))],
            "s",
            floor,
        )
    beside = Figure("  beside the aggregate by hashing", [computed.median], "s", hashed)
    return [floor, hashed, computed, beside, single, closed]


def _rounds(work) -> list[float]:
    work()
    return [seconds(work) for _ in range(ROUNDS)]


def _compute(session: Session, now) -> int:
    take_down_facts(session, month=MONTH, now=now)
    return _lines(session, figures_of_month(session, base_points=queries.base_points(session, MONTH)), now)


def _compute_singly(session: Session, now) -> int:
    facts = queries.work_order_facts(session, MONTH, now=now), queries.feedback_facts(session, MONTH)
    return _lines(session, gather(*facts, queries.base_points(session, MONTH)), now)


def _lines(session: Session, figures: dict[int, ManagerFigures], now) -> int:
    plan, ratio = plans_of(session, month=MONTH, now=now).company[1], ratio_of(figures)
    return sum(len(lines_of(one, plan, ratio)) for one in figures.values())


def _seed_month(url: str, orders: int) -> None:
    owner = make_engine(url, as_app=False)
    values = {"orders": orders, "managers": MANAGERS, "ends": MONTH.ends_at}
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        for statement in _MONTH:
            connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    owner.dispose()
