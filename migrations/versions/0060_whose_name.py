"""Nobody writes a record in another's name: not by a trigger of their own, and not past row level security.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
ME = "(SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
MY_ACCOUNT = f"(SELECT a.id FROM accounts a WHERE a.staff_id = {ME})"
# Whoever may make a temporary table could hang these on it, and let their owner write what nobody did.
WRITING = "keep_audit(), post_both_sides()"
BEFORE = {
    ("personnel_looks", "kept"): "true",
    ("permission_grants", "by_scope"): COMPANY,
    ("permission_ends", "by_scope"): COMPANY,
}
NAMED = {
    ("personnel_looks", "kept"): f"account_id = {MY_ACCOUNT}",
    ("permission_grants", "by_scope"): f"{COMPANY} AND granted_by_staff_id = {ME}",
    ("permission_ends", "by_scope"): f"{COMPANY} AND ended_by_account_id = {MY_ACCOUNT}",
}


def upgrade() -> None:
    """Let the triggers' functions be hung up by their owner alone, and people add to these records in their own name alone."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(f"REVOKE EXECUTE ON FUNCTION {WRITING} FROM PUBLIC")
    for (table, policy), condition in NAMED.items():
        op.execute(f"ALTER POLICY {policy} ON {table} WITH CHECK ({condition})")


def downgrade() -> None:
    """As before."""
    for (table, policy), condition in BEFORE.items():
        op.execute(f"ALTER POLICY {policy} ON {table} WITH CHECK ({condition})")
    op.execute(f"GRANT EXECUTE ON FUNCTION {WRITING} TO PUBLIC")
