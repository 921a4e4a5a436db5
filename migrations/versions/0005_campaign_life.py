"""The life of a campaign: its statuses from draft to evaluated, who submitted and approved it, and what happened to it.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
BEFORE = ("draft", "frozen", "open", "closed")
AFTER = ("draft", "submitted", "approved", "scheduled", "running", "closed", "evaluated")
RENAMED = {"frozen": "scheduled", "open": "running"}
# Of what is new, the nearest of before: what was never drawn is a draft, what was evaluated is closed.
BACK = {"scheduled": "frozen", "running": "open", "submitted": "draft", "approved": "draft", "evaluated": "closed"}


def upgrade() -> None:
    """Rename the statuses of before, and make the events."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    change_statuses(AFTER, RENAMED)
    op.add_column("campaigns", sa.Column("submitted_by", sa.Integer(), nullable=True))
    op.add_column("campaigns", sa.Column("approved_by", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_campaigns_submitted_by_accounts"), "campaigns", "accounts", ["submitted_by"], ["id"])
    op.create_foreign_key(op.f("fk_campaigns_approved_by_accounts"), "campaigns", "accounts", ["approved_by"], ["id"])
    op.create_check_constraint(
        op.f("ck_campaigns_two_people"), "campaigns", "approved_by IS DISTINCT FROM submitted_by OR approved_by IS NULL"
    )
    op.create_table(
        "campaign_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column(
            "from_status",
            sa.Enum(*AFTER, name="from_status", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column(
            "to_status", sa.Enum(*AFTER, name="to_status", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_events_campaign_id_campaigns")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_campaign_events_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_events")),
    )
    op.create_index(op.f("ix_campaign_events_campaign_id"), "campaign_events", ["campaign_id"], unique=False)
    op.execute(f"GRANT SELECT, INSERT ON campaign_events TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON campaign_events FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON campaign_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def change_statuses(statuses: tuple[str, ...], renamed: dict[str, str]) -> None:
    """Allow these statuses, the stored ones renamed."""
    op.execute("ALTER TABLE campaigns DROP CONSTRAINT ck_campaigns_campaign_status")
    for before, after in renamed.items():
        op.execute(f"UPDATE campaigns SET status = '{after}' WHERE status = '{before}'")
    listed = ", ".join(f"'{status}'" for status in statuses)
    op.execute(f"ALTER TABLE campaigns ADD CONSTRAINT ck_campaigns_campaign_status CHECK (status IN ({listed})) NOT VALID")
    op.execute("ALTER TABLE campaigns VALIDATE CONSTRAINT ck_campaigns_campaign_status")


def downgrade() -> None:
    """Take them away again."""
    op.drop_index(op.f("ix_campaign_events_campaign_id"), table_name="campaign_events")
    op.drop_table("campaign_events")
    op.drop_constraint(op.f("ck_campaigns_two_people"), "campaigns", type_="check")
    op.drop_column("campaigns", "approved_by")
    op.drop_column("campaigns", "submitted_by")
    change_statuses(BEFORE, BACK)
