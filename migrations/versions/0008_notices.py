"""What is told: events and their deliveries, webhooks, notices, digests, escalations.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
OUTBOX = ("outbox_events", "outbox_deliveries")
COMPANYS = ("webhook_secrets", "digests", "mail_addresses")
NEW_TABLES = (
    *OUTBOX,
    *COMPANYS,
    "webhook_endpoints",
    "notices",
    "notice_reads",
    "escalation_rules",
    "escalations",
    "phone_pulls",
)

COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
ADDRESSED = (
    "(unit_id, role) = (SELECT s.unit_id, s.role FROM staff s"
    " WHERE s.id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int))"
)


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "escalation_rules",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("branch_after_days", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_escalation_rules")),
    )
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
    )
    op.create_index(op.f("ix_outbox_events_happened_at"), "outbox_events", ["happened_at"], unique=False)
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("apart_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_endpoints_name")),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_secrets_endpoint_id_webhook_endpoints")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_secrets")),
    )
    op.create_index(op.f("ix_webhook_secrets_endpoint_id"), "webhook_secrets", ["endpoint_id"], unique=False)
    op.create_table(
        "digests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_digests_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("staff_id", "day", name=op.f("uq_digests_staff_id_day")),
    )
    op.create_table(
        "mail_addresses",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_mail_addresses_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_mail_addresses")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "terminal_manager",
                "grid_manager",
                "branch_manager",
                "planner",
                "analyst",
                "admin",
                "payroll",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("about_staff_id", sa.Integer(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["about_staff_id"], ["staff.id"], name=op.f("fk_notices_about_staff_id_staff")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_notices_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_unit_id_role_id"), "notices", ["unit_id", "role", "id"], unique=False)
    op.create_index(
        "uq_notices_open", "notices", ["unit_id", "role", "subject"], unique=True, postgresql_where=sa.text("resolved_at IS NULL")
    )
    op.create_table(
        "phone_pulls",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_phone_pulls_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_phone_pulls")),
    )
    op.create_table(
        "escalations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum("grid", "branch", name="escalation_level", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_escalations_grid_id_units")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_escalations_notice_id_notices")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_escalations_staff_id_staff")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"], name=op.f("fk_escalations_work_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
        sa.UniqueConstraint(
            "work_order_id", "level", "rule", "since", name=op.f("uq_escalations_work_order_id_level_rule_since")
        ),
    )
    op.create_index(op.f("ix_escalations_notice_id"), "escalations", ["notice_id"], unique=False)
    op.create_index(
        "uq_escalations_open",
        "escalations",
        ["work_order_id", "level"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "notice_reads",
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_notice_reads_notice_id_notices"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_notice_reads_staff_id_staff")),
        sa.PrimaryKeyConstraint("notice_id", "staff_id", name=op.f("pk_notice_reads")),
    )
    op.create_table(
        "outbox_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("webhook", "mail", name="channel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("endpoint_id", sa.Integer(), nullable=True),
        sa.Column("digest_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("pending", "delivered", "dead", name="delivery_state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(channel = 'webhook' AND endpoint_id IS NOT NULL AND digest_id IS NULL) OR (channel = 'mail' AND endpoint_id IS NULL AND digest_id IS NOT NULL)",
            name=op.f("ck_outbox_deliveries_target"),
        ),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_outbox_deliveries_digest_id_digests")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_outbox_deliveries_endpoint_id_webhook_endpoints")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox_events.id"], name=op.f("fk_outbox_deliveries_event_id_outbox_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_deliveries")),
        sa.UniqueConstraint("digest_id", name=op.f("uq_outbox_deliveries_digest_id")),
        sa.UniqueConstraint("event_id", "endpoint_id", name=op.f("uq_outbox_deliveries_event_id_endpoint_id")),
    )
    op.create_index(
        "ix_outbox_deliveries_dead", "outbox_deliveries", ["id"], unique=False, postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index(
        "ix_outbox_deliveries_due",
        "outbox_deliveries",
        ["endpoint_id", "next_attempt_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(NEW_TABLES)} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    for table in COMPANYS:
        protect(table, COMPANY)
    protect("notices", f"{COMPANY} OR {ADDRESSED}")
    protect("notice_reads", f"{COMPANY} OR {MYSELF}")
    protect("phone_pulls", f"{COMPANY} OR {MYSELF}")
    protect("escalations", f"{COMPANY} OR ({MY_GRIDS} AND {MANAGING})")
    for table in OUTBOX:  # whoever does something may tell of it, and read none of it
        protect(table, COMPANY)
        op.execute(f"CREATE POLICY anybody_puts ON {table} FOR INSERT WITH CHECK (true)")


def protect(table: str, visible: str) -> None:
    """Switch row level security on for everybody, the owner too, with one policy for reads and writes."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_outbox_deliveries_due", table_name="outbox_deliveries", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("ix_outbox_deliveries_dead", table_name="outbox_deliveries", postgresql_where=sa.text("state = 'dead'"))
    op.drop_table("outbox_deliveries")
    op.drop_table("notice_reads")
    op.drop_index("uq_escalations_open", table_name="escalations", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_index(op.f("ix_escalations_notice_id"), table_name="escalations")
    op.drop_table("escalations")
    op.drop_table("phone_pulls")
    op.drop_index("uq_notices_open", table_name="notices", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_index(op.f("ix_notices_unit_id_role_id"), table_name="notices")
    op.drop_table("notices")
    op.drop_table("mail_addresses")
    op.drop_table("digests")
    op.drop_index(op.f("ix_webhook_secrets_endpoint_id"), table_name="webhook_secrets")
    op.drop_table("webhook_secrets")
    op.drop_table("webhook_endpoints")
    op.drop_index(op.f("ix_outbox_events_happened_at"), table_name="outbox_events")
    op.drop_table("outbox_events")
    op.drop_table("escalation_rules")
