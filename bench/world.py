"""The default world with years of work in it, written by PostgreSQL itself: what pages are measured on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import make_engine
from app.figures.adding import sum_anew
from bench.seeds import seed_company

MANAGERS, GRIDS, CUSTOMERS, ORDERS = 2_000, 182, 2_873_000, 240_000
CAMPAIGNS = 18  # begin each month: 216 a year
PEOPLE = {
    "admin": ("A1", 1),
    "analyst": ("L1", 1),
    "planner": ("P1", 1),
    "branch_manager": ("M1", 2),
    "grid_manager": ("C1", 101),
}
# Without triggers, foreign keys and indexes, which come back afterwards: a fifth of the time.
LOADED = ("work_orders", "contact_feedback", "orders", "daily_figures")
_PEOPLE = (
    "INSERT INTO staff (staff_no, name, role, unit_id, active_from) VALUES (:no, :no, :role, :unit, '2015-01-01')",
    "INSERT INTO accounts (login, password_hash, staff_id, created_at) SELECT staff_no, '', id, now() FROM staff WHERE staff_no = :no",
)
_GRANTS = (
    "INSERT INTO permission_grants (staff_id, permission, reason, until, granted_by_staff_id, granted_at)"
    " SELECT s.id, p, 'to look at pages', '2099-12-31', g.id, now() FROM staff s, staff g, unnest(ARRAY['personnel', 'payroll_console']) p"
    " WHERE s.role = 'admin' AND g.role = 'planner'"
)
_PRODUCTS = (
    "INSERT INTO products (product_code, name, kind, family, monthly_price, contact_cost)"
    " SELECT 'P' || n, 'Product ' || n, 'acquire', 'family' || n, 50 + 10 * n, 4 FROM generate_series(1, 12) n"
)
_CAMPAIGNS = (
    "INSERT INTO campaigns (code, name, product_id, product_family, status, starts_on, ends_on, list_size, control_share,"
    " exploration_share, rest_days, attribution_days, maturity_days, channel, talk_track, seed, created_at, opened_at, closed_at)"
    " SELECT 'K' || to_char(CAST(:first AS date), 'YYMM') || '-' || n, 'Campaign ' || n, p.id, p.family,"
    " CASE WHEN CAST(:last AS date) < current_date THEN 'closed' ELSE 'running' END, :first, :last, 1, 0.05, 0.02, 30, 30, 7, 'call', '', n, :begins,"
    " :begins, CASE WHEN CAST(:last AS date) < current_date THEN :begins + interval '31 days' END"
    " FROM generate_series(1, :campaigns) n JOIN products p ON p.id = 1 + n % 12"
)
_RUNS = (
    "INSERT INTO dispatch_runs (campaign_id, started_at, finished_at, target_count, waterfall)"
    " SELECT id, opened_at, opened_at, 0, '{}' FROM campaigns WHERE starts_on = :first"
)
# Each campaign takes its turn through the customers; one in four that are over was never done, one in eight of the others sold.
_WORK_ORDERS = (
    "INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,"
    " scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, value, dispatched_at, closed_at, matures_at)"
    " SELECT k.id, k.id, c.id, k.product_id, k.product_family, c.grid_id, c.owner,"
    " CASE WHEN :last >= current_date AND c.id % 3 = 0 THEN 'open' WHEN c.id % 4 = 1 THEN 'expired' WHEN c.id % 50 = 2 THEN 'returned' ELSE 'done' END,"
    " CAST(:first AS date) + (c.id % 28)::int, :last, c.n, 0.02 + 0.2 * random(), 'ranked', 0.95, 'owner', 100, :begins,"
    " CASE WHEN :last >= current_date AND c.id % 3 = 0 THEN NULL ELSE :begins + (c.id % 28) * interval '1 day' END, CAST(:last AS date) + 38"
    " FROM (SELECT id, product_id, product_family, row_number() OVER (ORDER BY id) AS turn FROM campaigns WHERE starts_on = :first) k"
    " CROSS JOIN LATERAL (SELECT 1 + (CAST(n AS bigint) * 7919 + k.turn * 104729 + CAST(:month AS bigint) * 15485863) % :customers AS id, n FROM generate_series(1, :each) n) s"
    " CROSS JOIN LATERAL (SELECT s.id, s.n, 101 + s.id % :grids AS grid_id, 1 + (s.id % :grids + :grids - 1) % :grids + :grids * (s.n % (:managers / :grids)) AS owner) c"
)
_LOCKS = (
    "INSERT INTO contact_locks (customer_id, product_family, work_order_id) SELECT customer_id, product_family, id FROM work_orders"
    " WHERE state IN ('planned', 'open', 'in_progress') AND campaign_id IN (SELECT id FROM campaigns WHERE starts_on = :first)"
)
_REPORTS = (
    "INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, channel, outcome, phone_started_at, contacted_at,"
    " clock_offset_seconds, clock_doubtful, received_at, month, content_hash)"
    " SELECT gen_random_uuid(), id, customer_id, staff_id, grid_id, 'call',"
    " (ARRAY['not_reached', 'interested', 'refused', 'bought'])[1 + id % 4], closed_at, closed_at, 0, false, closed_at, :first, ''"
    " FROM work_orders WHERE state = 'done' AND campaign_id IN (SELECT id FROM campaigns WHERE starts_on = :first)"
)
_SALES = (
    "INSERT INTO orders (order_no, customer_id, product_id, ordered_at, amount, known_at)"
    " SELECT 'S' || id, customer_id, product_id, closed_at + interval '1 hour', 99, now() FROM work_orders"
    " WHERE state = 'done' AND id % 8 = 0 AND campaign_id IN (SELECT id FROM campaigns WHERE starts_on = :first)"
)


_FIGURES = """
INSERT INTO daily_figures (grid_id, day, staff_id, campaign_id, dispatched, promised, released, reports, contacted, reached, claimed,
    refused, pending, unreached, cost, done, returned, expired, done_seconds, due, due_met, matured, successes, expected, value, revenue, sold)
SELECT grid_id, day, staff_id, campaign_id, sum(dispatched), sum(promised), sum(released), sum(done), sum(done), sum(done * reached),
    sum(done * (turn = 3)::int), sum(done * (turn = 2)::int), sum(done * (turn = 1)::int), sum(done * (turn = 0)::int), sum(done) * 4, sum(done),
    sum(returned), sum(expired), sum(done) * 864000, sum(due), sum(met), sum(matured), sum(won), sum(expected), sum(won) * 100, sum(won) * 99, sum(won)
FROM (SELECT w.*, id % 4 AS turn, (id % 4 > 0)::int AS reached FROM work_orders w
    WHERE campaign_id IN (SELECT id FROM campaigns WHERE starts_on = :first)) w
CROSS JOIN LATERAL (
    SELECT CAST(:first AS date) AS day, 1 AS dispatched, w.score::numeric AS promised, 0 AS released, 0 AS done, 0 AS returned, 0 AS expired,
        0 AS due, 0 AS met, 0 AS matured, 0 AS won, 0::numeric AS expected
    UNION ALL SELECT w.closed_at::date, 0, 0, 1, (w.state = 'done')::int, (w.state = 'returned')::int, (w.state = 'expired')::int, 0, 0, 0, 0, 0
        WHERE w.closed_at IS NOT NULL
    UNION ALL SELECT w.due_on, 0, 0, 0, 0, 0, 0, 1, (w.state = 'done')::int, 0, 0, 0
    UNION ALL SELECT w.due_on + 37, 0, 0, 0, 0, 0, 0, 0, 0, 1, (w.state = 'done' AND w.id % 8 = 0)::int, w.score::numeric
) f GROUP BY grid_id, day, staff_id, campaign_id
"""

_RESULTS = (
    "INSERT INTO campaign_result_figures (campaign_id, grid_id, state, outcome, orders) SELECT campaign_id, grid_id, state,"
    " CASE state WHEN 'done' THEN (ARRAY['not_reached', 'interested', 'refused', 'bought'])[1 + id % 4] ELSE '' END, count(*)"
    " FROM work_orders WHERE campaign_id IN (SELECT id FROM campaigns WHERE starts_on = :first) GROUP BY 1, 2, 3, 4"
)


def seed_world(url: str, *, customers: int) -> None:
    """People, customers, products; no work yet."""
    seed_company(url, customers=customers, grids=GRIDS, managers=MANAGERS)
    with _owner(url) as connection:
        connection.execute(text(_PRODUCTS))
        connection.execute(text("SELECT setval(pg_get_serial_sequence('staff', 'id'), 100000)"))
        for role, (number, unit) in PEOPLE.items():
            for statement in _PEOPLE:
                values = {"no": number, "role": role, "unit": unit}
                connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
        connection.execute(text("SELECT set_config('gridwork.staff_id', id::text, true) FROM staff WHERE role = 'planner'"))
        connection.execute(text(_GRANTS))  # in her own name


def add_months(url: str, months: list[Month], *, customers: int) -> None:
    """So many months of work, each with its campaigns, reports, sales and figures; guards and indexes are as they were afterwards."""
    with _owner(url) as connection:
        for table in (*LOADED, "campaigns", "dispatch_runs"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        put_back = [
            *_take_off(connection, _INDEXES, "DROP INDEX IF EXISTS {name}"),
            *_take_off(connection, _KEYS, "ALTER TABLE {of} DROP CONSTRAINT {name}"),
        ]
        for month in months:
            _add_month(connection, month, customers)
        for statement in put_back:
            connection.execute(text(statement))
        for table in (*LOADED, "campaigns", "dispatch_runs"):
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        sum_anew(Session(connection))
    _analyze(url)


# Of a table in parts also those of each part, which come back before the ones of all and are theirs again.
_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS of, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS again
FROM pg_index i LEFT JOIN pg_inherits p ON p.inhrelid = i.indrelid
WHERE coalesce(p.inhparent, i.indrelid)::regclass::text = ANY (:tables) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY p.inhrelid IS NULL, i.indexrelid
"""
_KEYS = (
    "SELECT conname AS name, conrelid::regclass::text AS of, format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', conrelid::regclass, conname,"
    " replace(pg_get_constraintdef(oid), ' NOT VALID', '')) AS again FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY (:tables)"
)


def _take_off(connection: Connection, what: str, how: str) -> list[str]:
    """Take guards off; the statements that put them back."""
    found = connection.execute(text(what), {"tables": list(LOADED)}).all()
    for one in reversed(found):
        connection.execute(text(how.format(name=one.name, of=one.of)))
    return [one.again for one in found]


def _add_month(connection: Connection, month: Month, customers: int) -> None:
    orders = ORDERS * customers // CUSTOMERS
    values = {
        "first": month.first_day,
        "last": month.next.first_day - timedelta(days=1),
        "begins": month.starts_at,
        "month": month.year * 12 + month.number,
        "campaigns": CAMPAIGNS,
        "each": orders // CAMPAIGNS,
        "customers": customers,
        "grids": GRIDS,
        "managers": MANAGERS,
    }
    for statement in (_CAMPAIGNS, _RUNS, _WORK_ORDERS, _LOCKS, _REPORTS, _SALES, _FIGURES, _RESULTS):
        connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})


def months_before(today: date, count: int) -> list[Month]:
    """So many months, of which this one is the last."""
    months = [Month.of_day(today)]
    while len(months) < count:
        months.append(months[-1].previous)
    return months[::-1]


@contextmanager
def _owner(url: str) -> Iterator[Connection]:
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        yield connection
    owner.dispose()


def _analyze(url: str) -> None:
    owner = make_engine(url, as_app=False)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    owner.dispose()
