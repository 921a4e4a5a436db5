"""Previews, submissions and approvals that are too large to wait for are the worker's.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"


def upgrade() -> None:
    """Make the table and its rights."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "plan_requests",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("campaign_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("done", "failed", name="request_outcome", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("verb IN ('preview', 'submit', 'approve')", name=op.f("ck_plan_requests_verb")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_requests")),
    )
    op.create_index(
        "ix_plan_requests_waiting", "plan_requests", ["id"], unique=False, postgresql_where=sa.text("outcome IS NULL")
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON plan_requests TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("plan_requests")
