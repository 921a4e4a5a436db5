"""A month of matured work orders with their orders, calls, reports and verdicts, made by PostgreSQL itself."""

from sqlalchemy import text

from app.core.clock import Month
from app.core.db import make_engine

_MONTH = (
    "INSERT INTO products (product_code, name, kind, family) VALUES ('P', 'P', 'acquire', 'broadband'), ('Q', 'Q', 'acquire', 'tv')",
    "ALTER TABLE campaigns DISABLE TRIGGER USER",
    "INSERT INTO campaigns (code, name, product_id, product_family, status, starts_on, ends_on, list_size, control_share,"
    " exploration_share, rest_days, attribution_days, maturity_days, channel, talk_track, seed, created_at)"
    " SELECT 'K', 'K', id, family, 'running', CAST(:sown AS date), CAST(:sown AS date) + 19, 1, 0, 0, 0, 20, 5, 'call', '', 1, :ends"
    " FROM products WHERE product_code = 'P'",
    "ALTER TABLE work_orders DISABLE TRIGGER USER",
    "INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,"
    " scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at)"
    " SELECT k.id, 1, c.id, k.product_id, k.product_family, c.grid_id,"
    # somebody of the customer's grid, as seed_company gives owners
    " 1 + (c.id % :grids + :grids - 1) % :grids + :grids * (c.id / :grids % (:managers / :grids)),"
    " CASE WHEN c.id % 50 = 0 THEN 'withdrawn' ELSE 'done' END, k.starts_on, k.ends_on, 1, 0.02 + 0.3 * random(), 'ranked', 1, 'owner',"
    " CAST(:sown AS date), CAST(:first AS date) + 14 FROM campaigns k, customers c WHERE c.id <= :orders",
    "ALTER TABLE work_orders ENABLE TRIGGER USER",
    # One in eight buys; twice as many buy something else.
    "INSERT INTO orders (order_no, customer_id, product_id, ordered_at, cancelled_at)"
    " SELECT 'O' || n, 1 + (n * 7919) % :orders, CASE WHEN n % 3 = 0 THEN 1 ELSE 2 END,"
    " CAST(:sown AS date) + 9 + n % 20 * interval '1 day', CASE WHEN n % 20 = 0 THEN CAST(:first AS timestamptz) END"
    " FROM generate_series(1, 3 * :orders / 8) n",
    # Everybody is tried, every other spoken to, one in twenty also by a colleague; one in fifty reports is corrected.
    "INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, channel, outcome, phone_started_at, contacted_at,"
    " clock_offset_seconds, clock_doubtful, received_at, month, content_hash)"
    " SELECT gen_random_uuid(), w.id, w.customer_id, 1 + (w.staff_id - 1 + n * :grids) % :managers, w.grid_id, 'call',"
    " CASE WHEN (w.id + n) % 2 = 0 THEN 'interested' ELSE 'not_reached' END, w.dispatched_at, w.dispatched_at + (w.id % 25 + n) * interval '1 day',"
    " 0, false, CAST(:first AS date) + 1, CAST(:first AS date), '' FROM work_orders w, generate_series(0, 1) n WHERE n = 0 OR w.id % 20 = 0",
    "INSERT INTO contact_feedback (id, work_order_id, customer_id, staff_id, grid_id, corrects_id, channel, outcome, phone_started_at,"
    " contacted_at, clock_offset_seconds, clock_doubtful, received_at, month, content_hash)"
    " SELECT gen_random_uuid(), work_order_id, customer_id, staff_id, grid_id, id, channel, 'interested', phone_started_at, contacted_at, 0,"
    " false, received_at, month, '' FROM contact_feedback WHERE work_order_id % 50 = 1",
    "INSERT INTO verifications (feedback_id, number, staff_id, grid_id, kind, verdict, rule, evidence, judging_probability, decided_at)"
    " SELECT id, n, staff_id, grid_id, 'automatic', CASE work_order_id % 10 WHEN 0 THEN 'contradicted' WHEN 1 THEN 'unverifiable' ELSE 'confirmed'"
    " END, 'call', '{}', CASE WHEN work_order_id % 7 = 0 THEN 0.1 ELSE 1 END, received_at"
    " FROM contact_feedback, generate_series(1, 2) n WHERE n = 1 OR work_order_id % 10 = 3",
    "INSERT INTO base_points (period, staff_id, component, points) SELECT CAST(:first AS date), id, 'growth', id % 100 FROM staff",
    "ANALYZE",
)
# Nine reported calls in ten are in the calls feed, which is whole on those days.
_CALLS = (
    "INSERT INTO calls (call_id, staff_id, customer_id, started_at, duration_seconds)"
    " SELECT 'A' || row_number() OVER (ORDER BY id), staff_id, customer_id, contacted_at + interval '5 minutes', 60 FROM contact_feedback"
    " WHERE work_order_id % 10 <> 0 AND corrects_id IS NULL",
    "INSERT INTO feed_days (feed, day, declared_at) SELECT feed, CAST(:sown AS date) - 1 + n, now()"
    " FROM generate_series(0, 60) n, unnest(ARRAY['calls', 'orders']) feed",
    "ANALYZE",
)


def seed_month(url: str, *, month: Month, orders: int, managers: int, grids: int = 182) -> None:
    """Everything that a month's points are computed from, one work order for each of the first `orders` customers of a company
    of seed_company."""
    _write(url, _MONTH, month, {"orders": orders, "managers": managers, "grids": grids})


def seed_calls(url: str, *, month: Month) -> None:
    """The calls feed of a seeded month."""
    _write(url, _CALLS, month, {})


def _write(url: str, statements: tuple[str, ...], month: Month, sizes: dict[str, int]) -> None:
    values = sizes | {"sown": month.previous.first_day, "first": month.first_day, "ends": month.ends_at}
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        for statement in statements:
            connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
    owner.dispose()
