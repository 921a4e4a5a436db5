"""A company for measurements, made by PostgreSQL itself: 18 branches, 182 grids, 2,000 managers."""

from sqlalchemy import text

from app.core.db import make_engine

GRIDS = 182  # the first 18 of them are each of another branch
_COMPANY = (
    "INSERT INTO units (id, code, kind, name) VALUES (1, 'CO', 'company', 'Company')",
    "INSERT INTO units (id, code, kind, name, parent_id) SELECT 1 + n, 'B' || n, 'branch', 'Branch ' || n, 1 FROM generate_series(1, 18) n",
    "INSERT INTO units (id, code, kind, name, parent_id)"
    " SELECT 100 + n, 'G' || n, 'grid', 'Grid ' || n, 2 + n % 18 FROM generate_series(1, :grids) n",
    "INSERT INTO staff (id, staff_no, name, role, unit_id, daily_capacity, active_from)"
    " SELECT n, 'T' || n, 'Manager ' || n, 'terminal_manager', 101 + n % :grids, :capacity, '2020-01-01' FROM generate_series(1, :managers) n",
    "INSERT INTO customers (id, customer_no, name, phone, address, grid_id, owner_staff_id)"
    " SELECT n, 'C' || n, 'Customer ' || n, '199' || lpad(n::text, 8, '0'), n || ' Example Road', 101 + n % :grids,"
    " CASE WHEN n % 10 < 8 THEN 1 + (n % :grids + :grids - 1) % :grids + :grids * (n / :grids % (:managers / :grids)) END FROM generate_series(1, :customers) n",
)
_CAMPAIGN = (
    "INSERT INTO products (product_code, name, kind, family) VALUES (:code, :code, 'acquire', :family)",
    "INSERT INTO ranker_versions (product_id, number, status, as_of, label_window_days, data_from, data_to, example_count,"
    " positive_count, parameters, metrics, artifact, checksum, trained_at)"
    " SELECT id, 1, 'champion', current_date, 30, current_date, current_date, 1, 1, '{}', '{}', '', '', now()"
    " FROM products WHERE product_code = :code",
    "INSERT INTO scoring_runs (ranker_version_id, product_id, as_of, customer_count, finished_at)"
    " SELECT id, product_id, current_date, 0, now() FROM ranker_versions ORDER BY id DESC LIMIT 1",
    "INSERT INTO customer_scores (scoring_run_id, rank, customer_id, score)"
    " SELECT (SELECT max(id) FROM scoring_runs), row_number() OVER (ORDER BY hashint8(id)), id, 0.9 * random() + 0.05 FROM customers",
    "ALTER TABLE campaigns DISABLE TRIGGER USER",  # nobody has planned or approved it
    "INSERT INTO campaigns (code, name, product_id, product_family, status, starts_on, ends_on, minimum_score, control_share,"
    " exploration_share, rest_days, attribution_days, maturity_days, channel, talk_track, seed, created_at)"
    " SELECT :code, :code, id, family, 'approved', current_date, current_date + 20, 0, 0, 0, 0, 30, 7, 'call', '', 1, now()"
    " FROM products WHERE product_code = :code",
    "ALTER TABLE campaigns ENABLE TRIGGER USER",
)


def seed_company(url: str, *, customers: int, grids: int = GRIDS, managers: int = 2_000, capacity: int = 60) -> None:
    """Units, managers and customers, four fifths of them with an owner in their grid."""
    _write(url, _COMPANY, {"customers": customers, "grids": grids, "managers": managers, "capacity": capacity})
    _write(url, ("SELECT setval(pg_get_serial_sequence('units', 'id'), 1000)", "ANALYZE"), {})


def seed_campaign(url: str, *, code: str, family: str) -> None:
    """An approved campaign for everybody, its product, and a ranking of all customers."""
    _write(url, _CAMPAIGN, {"code": code, "family": family})
    _write(url, ("ANALYZE customer_scores",), {})


def _write(url: str, statements: tuple[str, ...], values: dict[str, object]) -> None:
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        for statement in statements:
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
    owner.dispose()
