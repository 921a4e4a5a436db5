"""A customer of a list may wait outside of the campaign's pilot.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW_REASONS = ("outside_pilot",)


def upgrade() -> None:
    """Allow the reason."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    allow_reasons(add=NEW_REASONS)


def allow_reasons(*, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
    """Change the list of reasons, whatever else other migrations put into it."""
    op.execute(f"""
        DO $$
        DECLARE
            listed text[];
        BEGIN
            SELECT array_agg(m.words[1]) INTO listed FROM pg_constraint c,
                regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') AS m (words)
            WHERE c.conname = 'ck_campaign_targets_terminal_reason';
            SELECT array_agg(DISTINCT r) INTO listed FROM unnest(listed || CAST(ARRAY{list(add)} AS text[])) r
            WHERE r <> ALL(CAST(ARRAY{list(remove)} AS text[]));
            ALTER TABLE campaign_targets DROP CONSTRAINT ck_campaign_targets_terminal_reason;
            EXECUTE 'ALTER TABLE campaign_targets ADD CONSTRAINT ck_campaign_targets_terminal_reason CHECK (reason IN ('
                || (SELECT string_agg(quote_literal(r), ', ') FROM unnest(listed) r) || ')) NOT VALID';
        END $$
    """)
    op.execute("ALTER TABLE campaign_targets VALIDATE CONSTRAINT ck_campaign_targets_terminal_reason")


def downgrade() -> None:
    """Take it away again."""
    op.execute("UPDATE campaign_targets SET reason = 'over_capacity' WHERE reason = 'outside_pilot'")
    allow_reasons(remove=NEW_REASONS)
