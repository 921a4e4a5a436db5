"""Photos and documents that managers send; a return may name them as its evidence.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
VISIBLE = f"{COMPANY} OR ({MANAGING} AND {MY_GRIDS}) OR {MYSELF}"


def upgrade() -> None:
    """Make the table, its rights and its guard, and the column."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("received_bytes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("parts", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_path", sa.Text(), nullable=True),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=True),
        sa.Column("kept_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("refused_because", sa.Text(), nullable=True),
        sa.CheckConstraint("received_bytes BETWEEN 0 AND size_bytes", name=op.f("ck_attachments_received")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"], name=op.f("fk_attachments_work_order_id_work_orders")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_attachments_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_attachments_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_work_order_id"), "attachments", ["work_order_id"], unique=False)
    op.create_index(op.f("ix_attachments_staff_id_begun_at"), "attachments", ["staff_id", "begun_at"], unique=False)
    op.create_index(op.f("ix_attachments_touched_at"), "attachments", ["touched_at"], unique=False)
    op.add_column("work_order_returns", sa.Column("attachment_ids", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON attachments TO {APP_ROLE}")
    op.execute("ALTER TABLE attachments ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE attachments FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON attachments USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("work_order_returns", "attachment_ids")
    op.drop_table("attachments")
