"""Disputes about lines of points.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TABLE = "points_disputes"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
LINE = ["staff_id", "month", "component", "entry_id", "work_order_id"]


def upgrade() -> None:
    """Make the table, its rights and its guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("component", choice(("success", "accuracy", "existing_scheme"), "component"), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("work_order_id", sa.BigInteger(), nullable=True),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("attachment_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", choice(("accepted", "rejected"), "dispute_decision"), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_staff_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(decision, decided_at, decision_reason, decided_by_staff_id) IN (0, 4)",
            name=op.f("ck_points_disputes_decided_whole"),
        ),
        sa.CheckConstraint("decided_by_staff_id <> staff_id", name=op.f("ck_points_disputes_not_ones_own")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_points_disputes_staff_id_staff")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_points_disputes_grid_id_units")),
        sa.ForeignKeyConstraint(["entry_id"], ["points_entries.id"], name=op.f("fk_points_disputes_entry_id_points_entries")),
        sa.ForeignKeyConstraint(["decided_by_staff_id"], ["staff.id"], name=op.f("fk_points_disputes_decided_by_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_disputes")),
    )
    undecided = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_points_disputes_open", TABLE, LINE, unique=True, postgresql_where=undecided, postgresql_nulls_not_distinct=True
    )
    op.create_index("ix_points_disputes_grid_open", TABLE, ["grid_id", "raised_at"], unique=False, postgresql_where=undecided)
    op.create_index(op.f("ix_points_disputes_staff_id_raised_at"), TABLE, ["staff_id", "raised_at"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    visible = f"{COMPANY} OR {MYSELF} OR ({MANAGING} AND {MY_GRIDS})"
    op.execute(f"CREATE POLICY by_scope ON {TABLE} USING ({visible}) WITH CHECK ({visible})")


def choice(values: tuple[str, ...], name: str) -> sa.Enum:
    """One of these, as text."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table(TABLE)
