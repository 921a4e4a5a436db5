"""What a policy must search for in another table is asked by a function, when it is asked at all.

A policy's search is part of the plan of every statement on its table, with the policies of the tables that it looks into: most
of the small plans of a phone's pull were those, made ready at every pull and not run in one. The functions act in their
caller's scope, so what they find is what the search found.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRID_IDS = "(SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[]"
MY_GRIDS = f"grid_id = ANY ({MY_GRID_IDS})"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"

ON_LOAN = (
    "SELECT coalesce(array_agg(w.customer_id), '{}') FROM work_orders w"
    f" WHERE w.lent_to_grid_id IS NOT NULL AND w.lent_to_grid_id = ANY ({MY_GRID_IDS})"
    " AND w.state IN ('planned', 'open', 'in_progress')"
)
REPORTED = f"SELECT f.work_order_id FROM contact_feedback f WHERE f.{MYSELF}"
CUSTOMERS_BEFORE = f"{COMPANY} OR {MY_GRIDS} OR id = ANY (({ON_LOAN})::bigint[])"
CUSTOMERS = f"{COMPANY} OR {MY_GRIDS} OR id = ANY ((SELECT customers_on_loan())::bigint[])"
REPORTED_ON_BEFORE = f"EXISTS (SELECT FROM contact_feedback f WHERE f.work_order_id = work_orders.id AND f.{MYSELF})"
REPORTED_ON = "id IN (SELECT work_orders_i_reported_on())"

# plpgsql, because PostgreSQL puts a function of SQL back into the statement.
FUNCTIONS = f"""
CREATE FUNCTION customers_on_loan() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ({ON_LOAN});
END $$;
CREATE FUNCTION work_orders_i_reported_on() RETURNS SETOF bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN QUERY {REPORTED};
END $$;
"""


def upgrade() -> None:
    """Make the functions and let the policies ask them."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(FUNCTIONS)
    op.execute(f"ALTER POLICY by_scope ON customers USING ({CUSTOMERS})")
    op.execute(f"ALTER POLICY also_reported_on ON work_orders USING ({REPORTED_ON})")


def downgrade() -> None:
    """Let the policies search by themselves again."""
    op.execute(f"ALTER POLICY also_reported_on ON work_orders USING ({REPORTED_ON_BEFORE})")
    op.execute(f"ALTER POLICY by_scope ON customers USING ({CUSTOMERS_BEFORE})")
    op.execute("DROP FUNCTION work_orders_i_reported_on()")
    op.execute("DROP FUNCTION customers_on_loan()")
