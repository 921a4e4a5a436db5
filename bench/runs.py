"""A company ranked for a product, ready for one run from scores in Parquet to work orders; made by PostgreSQL itself."""

from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.core.db import make_engine, make_sessions, set_scope
from app.core.draws import draw_key_sql
from app.core.storage import Storage
from app.scoring.branch_scores import write_score_files
from bench.seeds import seed_company

# What speaks against some: 2 % have no phone, 3 % refuse, 8 % own the product; 5 % are controls and 1 % held out.
_AGAINST = (
    f"UPDATE customers SET draw_key = {draw_key_sql('customer_no')}, phone = CASE WHEN id % 50 = 0 THEN NULL ELSE phone END",
    "INSERT INTO products (product_code, name, kind, family, margin) VALUES ('RUN', 'RUN', 'acquire', 'run', 100)",
    "INSERT INTO contact_preferences (customer_id, scope, status, recorded_at)"
    " SELECT id, 'all', 'refused', now() FROM customers WHERE id % 33 = 1",
    "INSERT INTO holdings (customer_id, product_id, from_date)"
    " SELECT c.id, p.id, current_date - 100 FROM customers c, products p WHERE c.id % 12 = 2",
    "INSERT INTO ranker_versions (product_id, number, status, as_of, label_window_days, data_from, data_to, example_count,"
    " positive_count, parameters, metrics, artifact, checksum, trained_at)"
    " SELECT id, 1, 'champion', current_date, 30, current_date, current_date, 1, 1, '{}', '{}', '', '', now() FROM products",
    "INSERT INTO scoring_runs (ranker_version_id, product_id, as_of, customer_count, finished_at)"
    " SELECT id, product_id, current_date, (SELECT count(*) FROM customers), now() FROM ranker_versions",
)
_CAMPAIGN = (
    "INSERT INTO campaigns (code, name, product_id, product_family, status, starts_on, ends_on, minimum_score, control_share,"
    " holdout_share, exploration_share, rest_days, attribution_days, maturity_days, channel, talk_track, seed, created_at)"
    " SELECT :code, :code, id, family, 'approved', current_date, current_date + 20, 0, 0.05, 0.01, 0, 30, 30, 7, 'call', '', 1, now()"
    " FROM products"
)


def seed_ranked(url: str, folder: Path, *, customers: int, capacity: int = 60, managers: int = 2_000) -> sessionmaker[Session]:
    """Units, managers, customers, what speaks against some, and a ranking of all in files by branch. The sessions of it."""
    seed_company(url, customers=customers, capacity=capacity, managers=managers)
    _write(url, _AGAINST)
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    with sessions() as session:
        set_scope(session, scope="all")
        branch = session.execute(
            text("SELECT c.id, g.parent_id FROM customers c JOIN units g ON g.id = c.grid_id ORDER BY c.id")
        ).all()
        chance = np.random.default_rng(7)
        frame = pl.DataFrame(
            {
                "customer_id": [row[0] for row in branch],
                "branch_id": [row[1] for row in branch],
                "rank": (chance.permutation(customers) + 1).astype(np.int32),
            }
        ).sort("rank")
        scores = frame.with_columns(score=pl.Series(np.sort(chance.beta(1.2, 9, customers))[::-1].astype(np.float32)))
        path = write_score_files(session, "RUN", 1, scores)
        session.execute(text("UPDATE scoring_runs SET folder = :path"), {"path": path})
        session.commit()
    return sessions


def seed_approved(url: str, code: str) -> None:
    """An approved campaign for everybody, without a list."""
    triggers = "ALTER TABLE campaigns {} TRIGGER USER"  # nobody has planned or approved it
    _write(url, (triggers.format("DISABLE"), _CAMPAIGN.replace(":code", f"'{code}'"), triggers.format("ENABLE")))


def _write(url: str, statements: tuple[str, ...]) -> None:
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        for statement in statements:
            connection.execute(text(statement))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', false)"))
        connection.execute(text("VACUUM ANALYZE"))
    owner.dispose()
