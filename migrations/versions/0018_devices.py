"""Phones of people: registered, reporting how they stand, revoked.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRID_IDS = "(SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[]"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
MY_PEOPLE = f"{MANAGING} AND EXISTS (SELECT FROM staff s WHERE s.id = devices.staff_id AND s.unit_id = ANY ({MY_GRID_IDS}))"


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "revoked_devices",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_revoked_devices_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "device_id", name=op.f("pk_revoked_devices")),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queue_length", sa.Integer(), nullable=True),
        sa.Column("oldest_queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("push_endpoint", sa.Text(), nullable=True),
        sa.Column("push_p256dh", sa.LargeBinary(), nullable=True),
        sa.Column("push_auth", sa.LargeBinary(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_account_id", sa.Integer(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("num_nulls(push_endpoint, push_p256dh, push_auth) IN (0, 3)", name=op.f("ck_devices_push_whole")),
        sa.CheckConstraint("revoked_at IS NULL OR push_endpoint IS NULL", name=op.f("ck_devices_revoked_unpushed")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_devices_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["revoked_by_account_id"], ["accounts.id"], name=op.f("fk_devices_revoked_by_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("staff_id", "device_id", name=op.f("uq_devices_staff_id_device_id")),
    )
    pushed = sa.text("push_endpoint IS NOT NULL")
    op.create_index("ix_devices_pushed", "devices", ["staff_id"], unique=False, postgresql_where=pushed)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON devices, revoked_devices TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    visible = f"{COMPANY} OR {MYSELF} OR ({MY_PEOPLE})"
    op.execute("ALTER TABLE devices ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE devices FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON devices USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("devices")
    op.drop_table("revoked_devices")
