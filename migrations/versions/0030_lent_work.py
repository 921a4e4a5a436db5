"""Reports on lent work are seen by the grid that lent it; what goes home may be written by the borrower, and by no one else.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRID_IDS = "(SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[]"
LENT_BY_ME = f"{MANAGING} AND home_grid_id = ANY ({MY_GRID_IDS})"
LEAVING = f"{MANAGING} AND id = (SELECT nullif(current_setting('gridwork.let_go', true), '')::bigint)"
# Asked in the caller's own scope: it agrees to what the caller has on loan at this moment, and to nothing else.
LET_GO = f"""
CREATE FUNCTION let_work_order_go(work_order bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF work_order IS NOT NULL AND coalesce(current_setting('gridwork.scope', true), '') <> 'all' AND NOT EXISTS (
        SELECT FROM work_orders w WHERE w.id = work_order AND w.lent_to_grid_id = ANY ({MY_GRID_IDS})
    ) THEN
        RAISE EXCEPTION 'work order % is not on loan here', work_order USING ERRCODE = '42501';
    END IF;
    PERFORM set_config('gridwork.let_go', coalesce(work_order::text, ''), true);
END $$;
"""


def upgrade() -> None:
    """Add the grid that lent the work, who sees its reports, and the way home."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("contact_feedback", sa.Column("home_grid_id", sa.Integer(), nullable=True))
    op.execute(f"CREATE POLICY lent_by_me ON contact_feedback FOR SELECT USING ({LENT_BY_ME})")
    op.execute(f"CREATE POLICY leaving ON work_orders USING ({LEAVING}) WITH CHECK ({LEAVING})")
    op.execute(LET_GO)


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP POLICY leaving ON work_orders")
    op.execute("DROP POLICY lent_by_me ON contact_feedback")
    op.execute("DROP FUNCTION let_work_order_go(bigint)")
    op.drop_column("contact_feedback", "home_grid_id")
