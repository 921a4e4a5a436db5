"""Guards: the application role and its rights, row level security, and triggers that keep history and closed months.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long; a
migration that has been released is never edited.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"

# Rows of one manager: seen by the manager, by the managers of the grid, and by the company.
OWN_ROWS = (
    "work_orders",
    "work_order_tombstones",
    "contact_feedback",
    "feedback_quarantine",
    "verifications",
    "points_entries",
    "points_evidence",
    "monthly_statements",
)
# Rows of a grid; back-checks are not shown to the manager whom they are about.
GRID_ROWS = ("customers", "campaign_targets")
MANAGED_ROWS = ("back_checks",)

# Written once. Whoever corrects them adds a row.
APPEND_ONLY = (
    "contact_feedback",
    "verifications",
    "work_order_events",
    "points_plans",
    "plan_components",
    "points_entries",
    "points_evidence",
    "monthly_statements",
    "payroll_files",
    "payroll_acknowledgements",
)

# The comparison stands inside the SELECT: outside of it, the planner takes it to keep 1 row in 200 and loops over big tables.
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MYSELF = (
    "((SELECT current_setting('gridwork.scope', true) = 'own')"
    " AND staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int))"
)

TRIGGERS = """
CREATE FUNCTION keep_work_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := pg_current_xact_id();
    NEW.version := OLD.version + 1;
    IF NEW.staff_id <> OLD.staff_id THEN
        INSERT INTO work_order_tombstones (staff_id, work_order_id, grid_id) VALUES (OLD.staff_id, OLD.id, OLD.grid_id)
        ON CONFLICT (staff_id, work_order_id) DO UPDATE SET changed_xid = pg_current_xact_id();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_change BEFORE UPDATE ON work_orders FOR EACH ROW EXECUTE FUNCTION keep_work_order_change();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'GW001';
END $$;

CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed timestamptz;
BEGIN
    SELECT closed_at INTO closed FROM points_months WHERE month = NEW.month FOR SHARE;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'month % is closed', to_char(NEW.month, 'YYYY-MM') USING ERRCODE = 'GW002';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER open_month BEFORE INSERT ON points_entries FOR EACH ROW EXECUTE FUNCTION refuse_closed_month();
CREATE TRIGGER open_month BEFORE INSERT ON monthly_statements FOR EACH ROW EXECUTE FUNCTION refuse_closed_month();
CREATE TRIGGER open_month BEFORE INSERT ON payroll_files FOR EACH ROW EXECUTE FUNCTION refuse_closed_month();

-- Once for a statement, because a close brings hundreds of thousands of rows. An entry that row level security hides is refused.
CREATE FUNCTION refuse_closed_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    IF EXISTS (SELECT FROM added WHERE NOT EXISTS (SELECT FROM points_entries e WHERE e.id = added.entry_id)) THEN
        RAISE EXCEPTION 'evidence of an entry that is not there or not yours' USING ERRCODE = 'GW002';
    END IF;
    FOR found IN
        SELECT m.month, m.closed_at FROM points_months m
        WHERE m.month IN (SELECT e.month FROM points_entries e WHERE e.id IN (SELECT entry_id FROM added))
        ORDER BY m.month FOR SHARE OF m
    LOOP
        IF found.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'month % is closed', to_char(found.month, 'YYYY-MM') USING ERRCODE = 'GW002';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER open_month AFTER INSERT ON points_evidence REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_entry();

CREATE FUNCTION keep_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'month % is closed', to_char(OLD.month, 'YYYY-MM') USING ERRCODE = 'GW002';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER keep_closed BEFORE UPDATE OR DELETE ON points_months FOR EACH ROW EXECUTE FUNCTION keep_closed_month();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON points_months FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# Statistics are the owner's to refresh; an import that fills a table must be able to ask for it.
ANALYZE_TABLE = """
CREATE FUNCTION analyze_table(name name) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE public.%I', name);
END $$
"""


def upgrade() -> None:
    """Make the application role, its rights, the policies and the triggers."""
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN"
        f" CREATE ROLE {APP_ROLE} NOLOGIN; END IF; END $$"
    )
    op.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {APP_ROLE}")
    op.execute(f"REVOKE DELETE ON work_orders, points_months FROM {APP_ROLE}")
    for table in OWN_ROWS:
        protect(table, f"{COMPANY} OR ({MY_GRIDS} AND ({MANAGING} OR {MYSELF}))")
    for table in GRID_ROWS:
        protect(table, f"{COMPANY} OR {MY_GRIDS}")
    for table in MANAGED_ROWS:
        protect(table, f"{COMPANY} OR ({MY_GRIDS} AND {MANAGING})")
    op.execute(TRIGGERS)
    op.execute(ANALYZE_TABLE)
    op.execute("REVOKE EXECUTE ON FUNCTION analyze_table FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION analyze_table TO {APP_ROLE}")
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def protect(table: str, visible: str) -> None:
    """Switch row level security on for everybody, the owner too, with one policy for reads and writes."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take all guards away again; the role stays, other databases of the cluster may use it."""
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
        op.execute(f"DROP TRIGGER no_truncate ON {table}")
    op.execute("DROP TRIGGER no_truncate ON points_months")
    for function in (
        "keep_work_order_change",
        "refuse_change",
        "refuse_closed_month",
        "refuse_closed_entry",
        "keep_closed_month",
        "analyze_table",
    ):
        op.execute(f"DROP FUNCTION {function} CASCADE")
    for table in (*OWN_ROWS, *GRID_ROWS, *MANAGED_ROWS):
        op.execute(f"DROP POLICY by_scope ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {APP_ROLE}")
    op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {APP_ROLE}")
    op.execute(f"REVOKE ALL ON SCHEMA public FROM {APP_ROLE}")
