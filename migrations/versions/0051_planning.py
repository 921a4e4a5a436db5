"""The planner's sample and map of capacity, how far a run is and its stop, and what its capacity was worth.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
OUTCOME = "ck_{table}_request_outcome"
TABLES = ("dispatch_requests", "plan_requests")


def upgrade() -> None:
    """Make the tables and columns with their rights."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "planning_samples",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("drawn_at", instant, nullable=False),
        sa.Column("ranked_at", instant, nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("sampled", sa.Integer(), nullable=False),
        sa.Column("by_branch", postgresql.JSONB(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("sampled BETWEEN 0 AND customers", name=op.f("ck_planning_samples_sampled")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_samples")),
    )
    op.create_table(
        "capacity_maps",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("measured_at", instant, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacity_maps")),
    )
    op.create_table(
        "run_progress",
        sa.Column("request_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("begun_at", instant, nullable=True),
        sa.Column("told_at", instant, nullable=True),
        sa.Column("stop_asked_at", instant, nullable=True),
        sa.Column("stop_asked_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["dispatch_requests.id"], name=op.f("fk_run_progress_request_id_dispatch_requests")
        ),
        sa.ForeignKeyConstraint(["stop_asked_by"], ["accounts.id"], name=op.f("fk_run_progress_stop_asked_by_accounts")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_run_progress")),
    )
    op.add_column("dispatch_runs", sa.Column("prices", postgresql.JSONB(), nullable=True))
    for table in TABLES:
        _let_outcome_be(table, "'done', 'failed', 'stopped'")
    for table in ("planning_samples", "capacity_maps"):
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON run_progress TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def downgrade() -> None:
    """Take them away again; what was stopped had failed."""
    for table in TABLES:
        op.execute(f"UPDATE {table} SET outcome = 'failed' WHERE outcome = 'stopped'")
        _let_outcome_be(table, "'done', 'failed'")
    op.drop_column("dispatch_runs", "prices")
    op.drop_table("run_progress")
    op.drop_table("capacity_maps")
    op.drop_table("planning_samples")


def _let_outcome_be(table: str, words: str) -> None:
    name = OUTCOME.format(table=table)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (outcome IN ({words})) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
