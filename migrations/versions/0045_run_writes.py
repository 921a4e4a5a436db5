"""What a run asks the database of all its orders at once: their ids, and that each has its target and manager.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long; a
migration that has been released is never edited.
"""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"

# Runs alone make orders, and one at a time: nobody takes an id between the two steps, and if so the primary key refuses.
IDS = """
CREATE FUNCTION take_order_ids(wanted bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    first bigint;
BEGIN
    IF wanted < 1 THEN
        RAISE EXCEPTION 'ids of work orders: expected 1 or more, not %', wanted USING ERRCODE = '22023';
    END IF;
    first := nextval('work_orders_id_seq');
    PERFORM setval('work_orders_id_seq', first + wanted - 1);
    RETURN first;
END $$;
"""

# Nobody has counted the rows that the run has just written: left alone, the planner looks each of a million up by itself.
ONE_LOOK = """
CREATE OR REPLACE FUNCTION refuse_lost_orders() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on SET enable_indexscan = on SET enable_bitmapscan = on
SET parallel_setup_cost = 0 SET parallel_tuple_cost = 0 AS $$
DECLARE
    managers integer[];
    orders bigint;
    there bigint;
BEGIN
    SELECT array_agg(w.staff_id), sum(w.orders) INTO managers, orders FROM (
        SELECT staff_id, count(*) AS orders FROM work_orders
        WHERE campaign_id = NEW.campaign_id AND dispatch_run_id = NEW.id GROUP BY staff_id
    ) w;
    PERFORM FROM staff WHERE id = ANY (managers) ORDER BY id FOR KEY SHARE;
    GET DIAGNOSTICS there = ROW_COUNT;
    IF there <> coalesce(cardinality(managers), 0) THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    IF orders > 20000 THEN
        PERFORM set_config('enable_nestloop', 'off', true), set_config('enable_indexscan', 'off', true),
            set_config('enable_bitmapscan', 'off', true);
    END IF;
    EXECUTE 'SELECT FROM work_orders w WHERE w.campaign_id = $1 AND w.dispatch_run_id = $2 AND NOT EXISTS ('
        'SELECT FROM campaign_targets t WHERE t.campaign_id = $1 AND t.customer_id = w.customer_id)'
        USING NEW.campaign_id, NEW.id;
    GET DIAGNOSTICS there = ROW_COUNT;
    IF there > 0 THEN
        RAISE EXCEPTION 'a work order without its target' USING ERRCODE = '23503';
    END IF;
    RETURN NULL;
END $$;
"""
THREE_LOOKS = """
CREATE OR REPLACE FUNCTION refuse_lost_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff WHERE id IN (
        SELECT staff_id FROM work_orders WHERE campaign_id = NEW.campaign_id AND dispatch_run_id = NEW.id
    ) ORDER BY id FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT staff_id FROM work_orders WHERE campaign_id = NEW.campaign_id AND dispatch_run_id = NEW.id) w
        WHERE NOT EXISTS (SELECT FROM staff s WHERE s.id = w.staff_id)
    ) THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    IF EXISTS (
        SELECT FROM work_orders w WHERE w.campaign_id = NEW.campaign_id AND w.dispatch_run_id = NEW.id AND NOT EXISTS (
            SELECT FROM campaign_targets t WHERE t.campaign_id = NEW.campaign_id AND t.customer_id = w.customer_id
        )
    ) THEN
        RAISE EXCEPTION 'a work order without its target' USING ERRCODE = '23503';
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    """The functions; what calls them stays."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(IDS)
    op.execute("REVOKE EXECUTE ON FUNCTION take_order_ids(bigint) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION take_order_ids(bigint) TO {APP_ROLE}")
    op.execute(ONE_LOOK)


def downgrade() -> None:
    """As they were."""
    op.execute(THREE_LOOKS)
    op.execute("DROP FUNCTION take_order_ids(bigint)")
