"""What the gate and its sweeps look at: the policy that was swept last, and reports by when they came.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"


def upgrade() -> None:
    """Make the table, its rights and the index, which is a few pages however many reports there are."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "contact_policy_sweeps",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_policy_sweeps")),
    )
    op.execute(f"GRANT SELECT, INSERT ON contact_policy_sweeps TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.create_index(
        op.f("ix_contact_feedback_received_at"), "contact_feedback", ["received_at"], unique=False, postgresql_using="brin"
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_index(op.f("ix_contact_feedback_received_at"), table_name="contact_feedback", postgresql_using="brin")
    op.drop_table("contact_policy_sweeps")
