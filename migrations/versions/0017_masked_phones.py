"""What is shown of a phone number, in one place: everything that leaves the database for a view goes through it.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# One plain expression, so that PostgreSQL puts it into the statement instead of calling it.
MASKED = """
CREATE FUNCTION masked_phone(phone text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN length(phone) >= 11 THEN left(phone, 3) || '****' || right(phone, 4)
        WHEN length(phone) >= 7 THEN '****' || right(phone, 2) WHEN phone IS NOT NULL THEN '****' END
$$
"""


def upgrade() -> None:
    """Make the function."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(MASKED)


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP FUNCTION masked_phone(text)")
