"""A dispatch tells live pages once, at its commit, which grids have new work.

A trigger that collects the rows of a statement keeps each of them until its end: an eighth of the time in which a run of hundreds of
thousands inserts its work orders. Who adds single orders tells of each.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

TELL = """
CREATE FUNCTION tell_live_dispatched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM tell_live(ARRAY(
        SELECT DISTINCT grid_id FROM work_orders WHERE campaign_id = NEW.campaign_id AND dispatch_run_id = NEW.id
    ), 'work');
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION tell_live_dispatched() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER tell_live_insert AFTER INSERT ON dispatch_runs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tell_live_dispatched();

CREATE FUNCTION tell_live_order(grid integer) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT tell_live(ARRAY[grid], 'work') $$;
REVOKE EXECUTE ON FUNCTION tell_live_order(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tell_live_order(integer) TO gridwork_app;

DROP TRIGGER tell_live_insert ON work_orders;
"""
# As in 0049; `tells`: and who adds an order outside of a run tells of it.
NEW_ORDER = """
CREATE OR REPLACE FUNCTION refuse_new_lost_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff WHERE id = NEW.staff_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    PERFORM FROM campaign_targets WHERE campaign_id = NEW.campaign_id AND customer_id = NEW.customer_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a work order without its target' USING ERRCODE = '23503';
    END IF;
    INSERT INTO figure_marks (campaign_id, grid_id) VALUES (NEW.campaign_id, NEW.grid_id);{tells}
    RETURN NEW;
END $$;
"""
TELLS_IT = "\n    PERFORM tell_live_order(NEW.grid_id);"
COLLECT = """
DROP TRIGGER tell_live_insert ON dispatch_runs;
DROP FUNCTION tell_live_dispatched();
DROP FUNCTION tell_live_order(integer);
CREATE TRIGGER tell_live_insert AFTER INSERT ON work_orders REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tell_live_work();
"""


def upgrade() -> None:
    """Tell by run and by single order instead of by statement."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(TELL)
    op.execute(NEW_ORDER.format(tells=TELLS_IT))


def downgrade() -> None:
    """Tell by statement again."""
    op.execute(NEW_ORDER.format(tells=""))
    op.execute(COLLECT)
