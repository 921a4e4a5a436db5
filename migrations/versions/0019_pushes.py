"""Pushing to phones by the outbox; when a person was told last, and the hours in which they want to be left alone.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
TABLE = "outbox_deliveries"
CHANNELS = "channel IN ({})"
TARGETS = {
    "webhook": "channel = 'webhook' AND endpoint_id IS NOT NULL AND digest_id IS NULL",
    "mail": "channel = 'mail' AND endpoint_id IS NULL AND digest_id IS NOT NULL",
    "push": "channel = 'push' AND endpoint_id IS NULL AND digest_id IS NULL",
}


def upgrade() -> None:
    """Make the tables, and let the outbox know phones."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column(TABLE, sa.Column("device_number", sa.BigInteger(), nullable=True))
    op.execute(
        f"ALTER TABLE {TABLE} ADD CONSTRAINT fk_outbox_deliveries_device_number_devices"
        " FOREIGN KEY (device_number) REFERENCES devices (id) NOT VALID"
    )
    op.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT fk_outbox_deliveries_device_number_devices")
    check("channel", "channel IN ('webhook', 'mail', 'push')")
    with_device = {"webhook": "NULL", "mail": "NULL", "push": "NOT NULL"}
    check("target", " OR ".join(f"({TARGETS[name]} AND device_number IS {said})" for name, said in with_device.items()))
    pending = sa.text("state = 'pending'")
    op.create_index("uq_outbox_deliveries_device_pending", TABLE, ["device_number"], unique=True, postgresql_where=pending)
    op.create_table(
        "push_marks",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_snapshot", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_push_marks_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_push_marks")),
    )
    op.create_table(
        "push_settings",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("quiet_hours", sa.Text(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_push_settings_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_push_settings")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON push_marks, push_settings TO {APP_ROLE}")
    protect("push_marks", COMPANY)
    protect("push_settings", f"{COMPANY} OR {MYSELF}")


def check(name: str, condition: str) -> None:
    """Put this condition in the place of the one before."""
    name = f"ck_{TABLE}_{name}"
    op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")
    op.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT {name}")


def protect(table: str, visible: str) -> None:
    """Switch row level security on for everybody, the owner too, with one policy for reads and writes."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take them away again, with what was on its way to phones."""
    op.drop_table("push_settings")
    op.drop_table("push_marks")
    op.execute("SET LOCAL gridwork.scope = 'all'")
    op.execute(f"DELETE FROM {TABLE} WHERE channel = 'push'")
    op.drop_index("uq_outbox_deliveries_device_pending", table_name=TABLE)
    check("target", f"({TARGETS['webhook']}) OR ({TARGETS['mail']})")
    check("channel", "channel IN ('webhook', 'mail')")
    op.drop_column(TABLE, "device_number")
