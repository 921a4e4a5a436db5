"""Policies that look into other tables are asked last.

PostgreSQL asks the policies of a table in the order of their names, backwards, until one says yes. One that looks into another
table is a search for all that it holds, at every statement: a manager's pull of work orders read every report of theirs.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

LOOK_ELSEWHERE = {
    "reported_on": ("work_orders",),
    "with_customer": ("campaign_targets", "work_orders", "contact_feedback", "verifications"),
}


def upgrade() -> None:
    """Give them names that come before the others'."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for policy, tables in LOOK_ELSEWHERE.items():
        for table in tables:
            op.execute(f"ALTER POLICY {policy} ON {table} RENAME TO also_{policy}")


def downgrade() -> None:
    """Give them their names of before."""
    for policy, tables in LOOK_ELSEWHERE.items():
        for table in tables:
            op.execute(f"ALTER POLICY also_{policy} ON {table} RENAME TO {policy}")
