"""What was said about a month at its close: checks passed over, and what was carried over undecided.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TABLES = ("month_overrides", "carried_over")
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "month_overrides",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("overridden_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["month"], ["points_months.month"], name=op.f("fk_month_overrides_month_points_months")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_month_overrides_account_id_accounts")),
        sa.PrimaryKeyConstraint("month", "check_code", name=op.f("pk_month_overrides")),
    )
    kinds = sa.Enum("dispute", "review", name="carried_kind", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "carried_over",
        sa.Column("kind", kinds, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("carried_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_carried_over_grid_id_units")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_carried_over_account_id_accounts")),
        sa.PrimaryKeyConstraint("kind", "ref", name=op.f("pk_carried_over")),
    )
    op.create_index(op.f("ix_carried_over_month"), "carried_over", ["month"], unique=False)
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER open_month BEFORE INSERT ON month_overrides FOR EACH ROW EXECUTE FUNCTION refuse_closed_month()")
    visible = f"{COMPANY} OR ({MANAGING} AND {MY_GRIDS})"
    op.execute("ALTER TABLE carried_over ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE carried_over FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON carried_over USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take them away again."""
    for table in TABLES:
        op.drop_table(table)
