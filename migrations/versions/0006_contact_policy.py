"""The contact policy in versions of two persons, and the reasons that it gives.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TABLES = ("contact_policies", "contact_policy_approvals")
NEW_REASONS = ("complaint_open", "resting_after_refusal", "resting_after_success", "contact_limit", "quiet_day")
REASONS_BEFORE = (
    "dispatched",
    "invalid",
    "do_not_disturb",
    "already_owns",
    "contacted_too_recently",
    "locked_by_other_campaign",
    "negative_uplift",
    "permanent_holdout",
    "control",
    "no_active_manager",
    "over_capacity",
)


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "contact_policies",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_contact_policies")),
        sa.UniqueConstraint("number", "author", name=op.f("uq_contact_policies_number_author")),
    )
    op.create_table(
        "contact_policy_approvals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("lower(approver) <> lower(author)", name=op.f("ck_contact_policy_approvals_two_persons")),
        sa.ForeignKeyConstraint(
            ["number", "author"],
            ["contact_policies.number", "contact_policies.author"],
            name=op.f("fk_contact_policy_approvals_number_author_contact_policies"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_contact_policy_approvals")),
    )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(TABLES)} TO {APP_ROLE}")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    # One customer's contacts are asked for whenever an order of theirs is moved.
    op.create_index(op.f("ix_contact_feedback_customer_id"), "contact_feedback", ["customer_id"], unique=False)
    allow_reasons((*REASONS_BEFORE, *NEW_REASONS))


def allow_reasons(reasons: tuple[str, ...]) -> None:
    """Why a customer of a list was not dispatched: one of these."""
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.execute("ALTER TABLE campaign_targets DROP CONSTRAINT ck_campaign_targets_terminal_reason")
    op.execute(
        f"ALTER TABLE campaign_targets ADD CONSTRAINT ck_campaign_targets_terminal_reason CHECK (reason IN ({listed})) NOT VALID"
    )
    op.execute("ALTER TABLE campaign_targets VALIDATE CONSTRAINT ck_campaign_targets_terminal_reason")


def downgrade() -> None:
    """Take them away again."""
    listed = ", ".join(f"'{reason}'" for reason in NEW_REASONS)
    op.execute(f"UPDATE campaign_targets SET reason = 'contacted_too_recently' WHERE reason IN ({listed})")
    allow_reasons(REASONS_BEFORE)
    op.drop_index(op.f("ix_contact_feedback_customer_id"), table_name="contact_feedback")
    op.drop_table("contact_policy_approvals")
    op.drop_table("contact_policies")
