"""What a table has that is made of parts: its rows in a dump by its owner, its statistics, and no table that a killed run left.

A dump reads part by part, and row level security of a part itself let nobody through; PostgreSQL counts each part of a table by
itself, and never the table.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long; a
migration that has been released is never edited.
"""

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
SEES_COMPANY = "USING ((SELECT current_setting('gridwork.scope', true) = 'all'))"
LISTS = "SELECT CAST(inhrelid AS regclass) FROM pg_inherits WHERE inhparent = 'campaign_targets'::regclass ORDER BY inhrelid"

ATTACH = """
CREATE OR REPLACE FUNCTION attach_list_part(campaign integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    part text := format('campaign_targets_%s', campaign);
BEGIN
    EXECUTE format('REVOKE ALL ON %I FROM gridwork_app', part);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);{policy}
    EXECUTE format('ALTER TABLE campaign_targets ATTACH PARTITION %I FOR VALUES IN (%s)', part, campaign);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT one_list', part);
END $$;
"""
POLICY = f"""
    EXECUTE format('CREATE POLICY company ON %I {SEES_COMPANY.replace(chr(39), chr(39) * 2)}', part);"""
EACH_LIST = """
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN {lists} LOOP
        EXECUTE format($say${say}$say$, part);
    END LOOP;
END $$
"""

# Each part is counted when it changes; before PostgreSQL 18 nobody could ask for the table alone.
ANALYZE = """
CREATE FUNCTION analyze_over_parts(name name) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    alone text := CASE WHEN current_setting('server_version_num')::integer >= 180000 THEN 'ONLY' ELSE '' END;
BEGIN
    EXECUTE format('ANALYZE %s public.%I', alone, name);
END $$;
"""

# What a killed run left holds customers, and the next big run, which drops it too, may be months away.
DROP_LOST = """
CREATE FUNCTION drop_lost_parts() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lost regclass;
    dropped integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('dispatch', 0)) THEN
        RETURN 0;  -- a run is writing its parts
    END IF;
    FOR lost IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND c.relname ~ '^(campaign_targets|work_orders)_[0-9]+$' ORDER BY c.oid
    LOOP
        EXECUTE format('DROP TABLE %s', lost);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""


def upgrade() -> None:
    """The policy for the parts that are there and for those to come; the function."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(EACH_LIST.format(lists=LISTS, say=f"CREATE POLICY company ON %s {SEES_COMPANY}"))
    op.execute(ATTACH.format(policy=POLICY))
    op.execute(ANALYZE)
    op.execute(DROP_LOST)
    for function in ("analyze_over_parts(name)", "drop_lost_parts()"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP_ROLE}")


def downgrade() -> None:
    """As before."""
    op.execute("DROP FUNCTION analyze_over_parts(name)")
    op.execute("DROP FUNCTION drop_lost_parts()")
    op.execute(ATTACH.format(policy=""))
    op.execute(EACH_LIST.format(lists=LISTS, say="DROP POLICY company ON %s"))
