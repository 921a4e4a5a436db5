"""Lists in parts: a big list has a part of the table of targets of its own, filled bare and attached by its run.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long; a
migration that has been released is never edited.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
CAME = "EXISTS (SELECT FROM customer_arrivals a WHERE a.customer_id = campaign_targets.customer_id)"

FUNCTIONS = ("make_list_part", "index_list_part", "attach_list_part")

TRIGGERS = """
CREATE TRIGGER keep_decided BEFORE DELETE ON campaign_targets FOR EACH ROW WHEN (OLD.reason = 'dispatched')
    EXECUTE FUNCTION keep_decided_target();
CREATE TRIGGER keep_key BEFORE UPDATE OF campaign_id, customer_id ON campaign_targets FOR EACH ROW
    EXECUTE FUNCTION keep_decided_target();
"""

# Tables are the owner's to make. Only the one run that holds the lock of dispatches calls these.
PARTS = """
CREATE FUNCTION is_list_part(part regclass) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = part AND inhparent = 'public.campaign_targets'::regclass)
$$;

-- What runs left that ended before they attached it goes first.
CREATE FUNCTION make_list_part(campaign integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    part text := format('campaign_targets_%s', campaign);
    lost regclass;
BEGIN
    FOR lost IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND c.relname ~ '^campaign_targets_[0-9]+$' AND NOT is_list_part(c.oid) ORDER BY c.oid
    LOOP
        EXECUTE format('DROP TABLE %s', lost);
    END LOOP;
    EXECUTE format('CREATE TABLE %I (LIKE campaign_targets INCLUDING DEFAULTS INCLUDING CONSTRAINTS,'
        ' CONSTRAINT one_list CHECK (campaign_id = %s))', part, campaign);
    EXECUTE format('GRANT INSERT ON %I TO gridwork_app', part);
END $$;

CREATE FUNCTION index_list_part(campaign integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    part text := format('campaign_targets_%s', campaign);
BEGIN
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (campaign_id, customer_id)', part, 'pk_' || part);
    EXECUTE format('CREATE INDEX %I ON %I (customer_id)', 'ix_' || part || '_customer_id', part);
    EXECUTE format('ANALYZE %I', part);
END $$;

CREATE FUNCTION attach_list_part(campaign integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    part text := format('campaign_targets_%s', campaign);
BEGIN
    EXECUTE format('REVOKE ALL ON %I FROM gridwork_app', part);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE campaign_targets ATTACH PARTITION %I FOR VALUES IN (%s)', part, campaign);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT one_list', part);
END $$;
"""

# Once for a run, when it is whole: to collect what a statement added costs a run of millions more than to look again. Whoever
# adds orders of another campaign than the run says that it is at is asked row by row.
ORDERS_HAVE_TARGETS = """
DROP TRIGGER has_target_and_manager ON work_orders;
DROP FUNCTION refuse_lost_orders();

CREATE FUNCTION refuse_lost_orders() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER has_targets_and_managers AFTER INSERT ON dispatch_runs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_lost_orders();

CREATE FUNCTION refuse_new_lost_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff WHERE id = NEW.staff_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    PERFORM FROM campaign_targets WHERE campaign_id = NEW.campaign_id AND customer_id = NEW.customer_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a work order without its target' USING ERRCODE = '23503';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER has_target_and_manager BEFORE INSERT ON work_orders FOR EACH ROW
    WHEN (NEW.campaign_id::text IS DISTINCT FROM current_setting('gridwork.dispatching', true))
    EXECUTE FUNCTION refuse_new_lost_order();
"""
ORDERS_HAD_TARGETS = """
DROP TRIGGER has_targets_and_managers ON dispatch_runs;
DROP TRIGGER has_target_and_manager ON work_orders;
DROP FUNCTION refuse_lost_orders();
DROP FUNCTION refuse_new_lost_order();

CREATE FUNCTION refuse_lost_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff WHERE id IN (SELECT staff_id FROM added) ORDER BY id FOR KEY SHARE;
    IF EXISTS (SELECT FROM (SELECT DISTINCT staff_id FROM added) a WHERE NOT EXISTS (SELECT FROM staff s WHERE s.id = a.staff_id)) THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    IF EXISTS (SELECT FROM added a WHERE NOT EXISTS (
        SELECT FROM campaign_targets t WHERE t.campaign_id = a.campaign_id AND t.customer_id = a.customer_id
    )) THEN
        RAISE EXCEPTION 'a work order without its target' USING ERRCODE = '23503';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER has_target_and_manager AFTER INSERT ON work_orders REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_lost_orders();
"""


def upgrade() -> None:
    """The table becomes the part of all small lists; who names it means all parts."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for trigger in ("keep_decided", "keep_key"):
        op.execute(f"DROP TRIGGER {trigger} ON campaign_targets")
    for policy in ("by_scope", "also_with_customer"):
        op.execute(f"DROP POLICY {policy} ON campaign_targets")
    op.execute("ALTER TABLE campaign_targets RENAME TO campaign_targets_shared")
    op.execute("ALTER TABLE campaign_targets_shared RENAME CONSTRAINT pk_campaign_targets TO pk_campaign_targets_shared")
    op.execute("ALTER INDEX ix_campaign_targets_customer_id RENAME TO ix_campaign_targets_shared_customer_id")
    op.execute(
        "CREATE TABLE campaign_targets (LIKE campaign_targets_shared INCLUDING DEFAULTS INCLUDING CONSTRAINTS,"
        " CONSTRAINT pk_campaign_targets PRIMARY KEY (campaign_id, customer_id)) PARTITION BY LIST (campaign_id)"
    )
    op.execute("CREATE INDEX ix_campaign_targets_customer_id ON campaign_targets (customer_id)")
    op.execute("ALTER TABLE campaign_targets ATTACH PARTITION campaign_targets_shared DEFAULT")
    protect("campaign_targets")
    op.execute(f"REVOKE ALL ON campaign_targets_shared FROM {APP_ROLE}")
    op.execute(TRIGGERS)
    op.execute(PARTS)
    for function in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function}(integer) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function}(integer) TO {APP_ROLE}")
    op.execute(ORDERS_HAVE_TARGETS)


def protect(table: str) -> None:
    """Give the table its rights and policies."""
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({COMPANY} OR {MY_GRIDS}) WITH CHECK ({COMPANY} OR {MY_GRIDS})")
    op.execute(f"CREATE POLICY also_with_customer ON {table} FOR SELECT USING ({CAME.replace('campaign_targets', table)})")


# Row level security of a part itself lets nobody through: it goes first.
TOGETHER = """
DO $$
DECLARE
    part regclass;
BEGIN
    ALTER TABLE campaign_targets_shared NO FORCE ROW LEVEL SECURITY;
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'campaign_targets'::regclass ORDER BY inhrelid LOOP
        EXECUTE format('ALTER TABLE campaign_targets DETACH PARTITION %s', part);
        IF part <> 'campaign_targets_shared'::regclass THEN
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', part);
            EXECUTE format('INSERT INTO campaign_targets_shared SELECT * FROM %s', part);
            EXECUTE format('DROP TABLE %s', part);
        END IF;
    END LOOP;
END $$
"""


def downgrade() -> None:
    """Put all lists into one table again."""
    op.execute(ORDERS_HAD_TARGETS)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}(integer)")
    op.execute("DROP FUNCTION is_list_part(regclass)")
    op.execute(TOGETHER)
    op.execute("DROP TABLE campaign_targets")
    op.execute("ALTER TABLE campaign_targets_shared RENAME TO campaign_targets")
    op.execute("ALTER TABLE campaign_targets RENAME CONSTRAINT pk_campaign_targets_shared TO pk_campaign_targets")
    op.execute("ALTER INDEX ix_campaign_targets_shared_customer_id RENAME TO ix_campaign_targets_customer_id")
    protect("campaign_targets")
    op.execute(TRIGGERS)
