"""A campaign knows the last rank that its list reached: to look for it in a list of millions took as long as reading the list.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LIFE = "'approved_version', 'pilot_outcome', 'pilot_decided_at'"


def upgrade() -> None:
    """Make the column, which is of a campaign's life and not of its plan."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("campaigns", sa.Column("last_rank", sa.Integer(), nullable=True))
    change_guard(LIFE, f"{LIFE}, 'last_rank'")


def change_guard(before: str, after: str) -> None:
    """Put other columns of life into the guard of the plan, whatever else stands in it."""
    op.execute(f"""
        DO $$
        DECLARE
            definition text := pg_get_functiondef('keep_campaign_plan'::regproc);
        BEGIN
            IF strpos(definition, $x${before}$x$) = 0 THEN
                RAISE EXCEPTION 'the guard of campaign plans is not the one that is to be changed';
            END IF;
            EXECUTE replace(definition, $x${before}$x$, $x${after}$x$);
        END $$
    """)


def downgrade() -> None:
    """Take it away again."""
    change_guard(f"{LIFE}, 'last_rank'", LIFE)
    op.drop_column("campaigns", "last_rank")
