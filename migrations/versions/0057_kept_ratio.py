"""The company's ratio of a closed month is kept with its inputs: recomputing cannot know it where a plan pays no success.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One more column."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("points_inputs", sa.Column("company_ratio", sa.Numeric(), nullable=True))


def downgrade() -> None:
    """Without it."""
    op.drop_column("points_inputs", "company_ratio")
