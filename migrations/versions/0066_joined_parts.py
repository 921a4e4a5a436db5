"""Parts of work orders whose runs are long over become one: each statement by manager or customer looks into every part.

The rows are copied beside the service, and the parts exchanged in a moment in which nobody else is at the table; what changed
meanwhile is found by the index of what phones pull by.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long; a
migration that has been released is never edited.
"""

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
IS_LIVE = "state IN (''planned'', ''open'', ''in_progress'')"  # within a literal

INDEXES = {
    "customer_live": f"(customer_id, product_family) WHERE {IS_LIVE}",
    "staff_id_changed_xid": "(staff_id, changed_xid)",
    "in_hand": "(staff_id) WHERE state IN (''open'', ''in_progress'')",
    "grid_live": f"(grid_id, staff_id) WHERE {IS_LIVE}",
    "pool": "(grid_id) WHERE pooled_at IS NOT NULL",
    "lent": "(lent_to_grid_id) WHERE lent_to_grid_id IS NOT NULL",
}


def _indexing(indexes: dict[str, str]) -> str:
    made = "\n".join(
        f"    EXECUTE format('CREATE INDEX %I ON %I {columns}', 'ix_' || part || '_{name}', part);"
        for name, columns in indexes.items()
    )
    return f"""
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (id)', 'pk_' || part, part);
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (campaign_id, customer_id)', 'uq_' || part || '_campaign_id_customer_id', part);
{made}
    EXECUTE format('ANALYZE %I', part);
"""


INDEX_PART = """
CREATE OR REPLACE FUNCTION index_order_part(first bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET maintenance_work_mem = '512MB' AS $$
DECLARE
    part text := format('work_orders_%s', first);
BEGIN{does}END $$;
"""
# In words: what PostgreSQL says of an index is read as another, and attaching would build it once more.
INDEX_ANY = f"""
CREATE FUNCTION index_orders(part text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN{_indexing(INDEXES)}END $$;
REVOKE EXECUTE ON FUNCTION index_orders(text) FROM PUBLIC;
"""

# A phone asks for what its manager has in hand; an index by grid and manager is gone through grid by grid for that. What is
# planned for later days is not in it, so that a run of millions does not wait for it.
INDEX_PARTS = f"""
DO $$
DECLARE
    part name;
BEGIN
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.work_orders'::regclass ORDER BY c.oid
    LOOP
        EXECUTE format('CREATE INDEX %I ON %I {INDEXES["in_hand"]}', 'ix_' || part || '_in_hand', part);
    END LOOP;
    CREATE INDEX ix_work_orders_in_hand ON work_orders {INDEXES["in_hand"].replace("''", "'")};
END $$;
"""

# Tables are the owner's to make. What a joined part was made of, and as of when, is said in its comment, because whoever calls
# must not be able to say it. Who sees less than the company would take a part for ended, and a change for none.
JOINING = f"""
CREATE FUNCTION make_joined_part(wanted integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET maintenance_work_mem = '512MB' AS $$
DECLARE
    one record;
    first bigint;
    last bigint;
    parts text[] := '{{}}';
    ended boolean;
    joined text;
    as_of text;
    names text;
BEGIN
    IF coalesce(current_setting('gridwork.scope', true), '') <> 'all' THEN
        RAISE EXCEPTION 'parts are joined in the scope of the company' USING ERRCODE = '42501';
    END IF;
    IF wanted < 2 THEN
        RAISE EXCEPTION 'parts to join: expected 2 or more, not %', wanted USING ERRCODE = '22023';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('join parts', 0)) THEN
        RETURN NULL;
    END IF;
    FOR one IN
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND NOT c.relispartition AND c.relname ~ '^work_orders_joined_[0-9]+$' ORDER BY c.oid
    LOOP
        EXECUTE format('DROP TABLE %I', one.relname);
    END LOOP;
    FOR one IN
        SELECT c.relname, ARRAY(
            SELECT CAST(b[1] AS bigint) FROM regexp_matches(pg_get_expr(c.relpartbound, c.oid), '[0-9]+', 'g') WITH ORDINALITY m (b, n)
            ORDER BY n) AS bounds
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'public.work_orders'::regclass ORDER BY 2
    LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I WHERE {IS_LIVE})', one.relname) INTO ended;
        IF ended AND one.relname ~ '^work_orders_[0-9]+$' THEN
            first := CASE WHEN parts = '{{}}' THEN one.bounds[1] ELSE first END;
            last := one.bounds[2];
            parts := parts || CAST(one.relname AS text);
        ELSE
            parts := '{{}}';  -- only neighbours are one range
        END IF;
        EXIT WHEN cardinality(parts) = wanted;
    END LOOP;
    IF cardinality(parts) < wanted THEN
        RETURN NULL;
    END IF;
    joined := format('work_orders_joined_%s', first);
    as_of := CAST(pg_current_snapshot() AS text);
    EXECUTE format('CREATE TABLE %I (LIKE work_orders INCLUDING DEFAULTS INCLUDING CONSTRAINTS,'
        ' CONSTRAINT one_range CHECK (id >= %s AND id < %s))', joined, first, last);
    EXECUTE format('COMMENT ON TABLE %I IS %L', joined,
        jsonb_build_object('parts', parts, 'first', first, 'last', last, 'as_of', as_of));
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names FROM pg_attribute
        WHERE attrelid = 'public.work_orders'::regclass AND attnum > 0 AND NOT attisdropped;
    FOR n IN 1 .. wanted LOOP
        EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM %I', joined, names, names, parts[n]);
    END LOOP;
    PERFORM index_orders(joined);
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY USING INDEX %I', joined, 'pk_' || joined, 'pk_' || joined);
    RETURN first;
END $$;

-- 0: others were at the table, and nothing was done.
CREATE FUNCTION put_joined_part(first bigint) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '500ms' SET enable_seqscan = off AS $$
DECLARE
    joined text := format('work_orders_joined_%s', first);
    made jsonb;
    since xid8;
    names text;
    part text;
    changed bigint[];
    gone bigint;
BEGIN
    IF coalesce(current_setting('gridwork.scope', true), '') <> 'all' THEN
        RAISE EXCEPTION 'parts are joined in the scope of the company' USING ERRCODE = '42501';
    END IF;
    BEGIN
        LOCK TABLE work_orders IN ACCESS EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN
        RETURN 0;
    END;
    IF to_regclass(joined) IS NULL OR is_order_part(joined::regclass) THEN
        RAISE EXCEPTION 'no part that was joined from id %', first USING ERRCODE = '55000';
    END IF;
    made := CAST(obj_description(joined::regclass, 'pg_class') AS jsonb);
    since := pg_snapshot_xmin(CAST(made ->> 'as_of' AS pg_snapshot));
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names FROM pg_attribute
        WHERE attrelid = 'public.work_orders'::regclass AND attnum > 0 AND NOT attisdropped;
    FOR part IN SELECT jsonb_array_elements_text(made -> 'parts') LOOP
        EXECUTE format('SELECT array_agg(w.id) FROM staff s CROSS JOIN LATERAL'
            ' (SELECT id FROM %I WHERE staff_id = s.id AND changed_xid >= $1) w', part) INTO changed USING since;
        EXECUTE format('DELETE FROM %I WHERE id = ANY ($1)', joined) USING changed;
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone <> coalesce(cardinality(changed), 0) THEN
            RAISE EXCEPTION 'of % changed work orders % were joined', cardinality(changed), gone USING ERRCODE = '55000';
        END IF;
        EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM %I WHERE id = ANY ($1)', joined, names, names, part) USING changed;
        EXECUTE format('ALTER TABLE work_orders DETACH PARTITION %I', part);
        EXECUTE format('DROP TABLE %I', part);
    END LOOP;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', joined);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', joined);
    PERFORM guard_order_part(joined);
    EXECUTE format('ALTER TABLE work_orders ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', joined, made ->> 'first', made ->> 'last');
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT one_range', joined);
    RETURN jsonb_array_length(made -> 'parts');
END $$;
"""

# As in 0065; and what a joining left that was killed.
DROP_LOST = """
CREATE OR REPLACE FUNCTION drop_lost_parts() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    lost regclass;
    dropped integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('dispatch', 0)) THEN
        RETURN 0;  -- a run is writing its parts
    END IF;
    FOR lost IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND c.relname ~ '^(campaign_targets|{orders})_[0-9]+$' ORDER BY c.oid
    LOOP
        EXECUTE format('DROP TABLE %s', lost);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""


def upgrade() -> None:
    """The index by manager; the functions."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(INDEX_PARTS)
    op.execute(INDEX_ANY)
    op.execute(INDEX_PART.format(does="\n    PERFORM index_orders(part);\n"))
    op.execute(JOINING)
    op.execute(DROP_LOST.format(orders="work_orders(_joined)?"))
    for function in ("make_joined_part(integer)", "put_joined_part(bigint)"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP_ROLE}")


def downgrade() -> None:
    """As before; what was joined stays a part like others."""
    op.execute("DROP FUNCTION make_joined_part(integer)")
    op.execute("DROP FUNCTION put_joined_part(bigint)")
    op.execute(INDEX_PART.format(does=_indexing({name: columns for name, columns in INDEXES.items() if name != "in_hand"})))
    op.execute("DROP FUNCTION index_orders(text)")
    op.execute("DROP INDEX ix_work_orders_in_hand")
    op.execute(DROP_LOST.format(orders="work_orders"))
