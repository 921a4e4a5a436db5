"""With which code a report was accepted, so that the same again gets the same answer; the way to what is set aside.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UNRELEASED = "ix_feedback_quarantine_unreleased"


def upgrade() -> None:
    """A column, and an index on a table of exceptions."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("contact_feedback", sa.Column("answer_code", sa.Text(), nullable=True))
    op.create_index(UNRELEASED, "feedback_quarantine", ["staff_id"], postgresql_where=sa.text("released_at IS NULL"))


def downgrade() -> None:
    """Take them away again."""
    op.drop_index(UNRELEASED, table_name="feedback_quarantine")
    op.drop_column("contact_feedback", "answer_code")
