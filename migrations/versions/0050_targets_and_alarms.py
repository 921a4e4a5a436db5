"""Targets of grids, and alarms that people set themselves.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MINE = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"


def upgrade() -> None:
    """Make the tables with their rights and guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    make_targets()
    make_alarms()
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def make_targets() -> None:
    """Seen by who leads the grid."""
    table = "figure_targets"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(18, 6), nullable=False),
        sa.Column("set_by_account_id", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_figure_targets_grid_id_units")),
        sa.ForeignKeyConstraint(
            ["set_by_account_id"], ["accounts.id"], name=op.f("fk_figure_targets_set_by_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_targets")),
        sa.UniqueConstraint("grid_id", "month", "metric", name=op.f("uq_figure_targets_grid_id_month_metric")),
    )
    op.create_index(op.f("ix_figure_targets_month_metric"), table, ["month", "metric"], unique=False)
    protect(table, f"{COMPANY} OR ({MY_GRIDS} AND {MANAGING})")


def make_alarms() -> None:
    """One's own; the job that looks at all of them acts for the whole company."""
    table = "figure_alarms"
    sides = sa.Enum("below", "above", name="alarm_side", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("side", sides, nullable=False),
        sa.Column("threshold", sa.Numeric(18, 6), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("days BETWEEN 1 AND 366", name=op.f("ck_figure_alarms_days")),
        sa.CheckConstraint("(raised_at IS NULL) = (notice_id IS NULL)", name=op.f("ck_figure_alarms_raised_whole")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_figure_alarms_staff_id_staff")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_figure_alarms_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_alarms")),
    )
    op.create_index(op.f("ix_figure_alarms_staff_id"), table, ["staff_id"], unique=False)
    protect(table, f"{COMPANY} OR {MINE}")


def protect(table: str, visible: str) -> None:
    """Rights of the application, and row level security for everybody, the owner too."""
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("figure_alarms")
    op.drop_table("figure_targets")
