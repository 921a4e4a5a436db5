"""What just changed where: written by the database beside every change that a live page shows, and told to who listens.

A notification takes one lock of the whole database until its commit is on disk, so writers that all notify commit one after the
other. So each change is a row, of which any number are written at once, and only a transaction that finds nobody else about to
notify does so; what did not notify is found by who looks again half a second later. The rows live for minutes and need not
survive a crash: after one, who listens is told to read everything again.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

from app.core.db import TransactionId

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRID_IDS = "(SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[]"
MY_PEOPLE = f"{MANAGING} AND staff_id IN (SELECT s.id FROM staff s WHERE s.unit_id = ANY ({MY_GRID_IDS}))"
TABLE = "live_changes"
LIVE = "state IN ('planned', 'open', 'in_progress')"
# table: (topic, function), those whose rows say their unit
OF_UNITS = {
    "work_order_returns": ("returns", "grid_id"),
    "review_cases": ("cases", "grid_id"),
    "do_not_disturb_undos": ("requests", "grid_id"),
    "correction_proposals": ("requests", "grid_id"),
    "feedback_quarantine": ("requests", "grid_id"),
    "notices": ("notices", "unit_id"),
}
OF_PEOPLE = ("devices", "phone_pulls")
FUNCTIONS = """
CREATE FUNCTION tell_live(units int[], topic text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO live_changes (unit_id, topic) SELECT DISTINCT u, tell_live.topic FROM unnest(units) u WHERE u IS NOT NULL
    ON CONFLICT DO NOTHING;
    IF FOUND AND pg_try_advisory_xact_lock(7305047) THEN
        PERFORM pg_notify('gridwork_live', '');
    END IF;
END $$;
CREATE FUNCTION tell_live_grid() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM tell_live(ARRAY(SELECT DISTINCT grid_id FROM after), TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE FUNCTION tell_live_unit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM tell_live(ARRAY(SELECT DISTINCT unit_id FROM after), TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE FUNCTION tell_live_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM tell_live(ARRAY(SELECT DISTINCT s.unit_id FROM after a JOIN staff s ON s.id = a.staff_id), 'phones');
    RETURN NULL;
END $$;
CREATE FUNCTION tell_live_report() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM tell_live(ARRAY(SELECT grid_id FROM after UNION SELECT home_grid_id FROM after), 'reports');
    RETURN NULL;
END $$;
CREATE FUNCTION tell_live_work() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM tell_live(ARRAY(SELECT DISTINCT grid_id FROM after), 'work');
    ELSE
        PERFORM tell_live(ARRAY(SELECT grid_id FROM after UNION SELECT lent_to_grid_id FROM after
            UNION SELECT grid_id FROM before UNION SELECT lent_to_grid_id FROM before), 'work');
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    """Make the table, the triggers that fill it, and the indexes by which a grid's live and stuck work is found."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '120s'")
    op.create_table(
        TABLE,
        sa.Column("changed_xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("changed_xid", "unit_id", "topic", name=op.f("pk_live_changes")),
        prefixes=["UNLOGGED"],
    )
    op.execute(f"GRANT SELECT, DELETE ON {TABLE} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {TABLE} USING ({COMPANY}) WITH CHECK ({COMPANY})")
    op.execute(f"CREATE POLICY by_trigger ON {TABLE} FOR INSERT WITH CHECK (true)")  # only the triggers' functions may insert
    op.execute(f"CREATE POLICY by_leader ON phone_pulls FOR SELECT USING ({MY_PEOPLE})")  # when a phone was last there
    op.execute(FUNCTIONS)
    for function in ("tell_live(int[], text)", *(f"tell_live_{one}()" for one in ("grid", "unit", "person", "report", "work"))):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    for table, (topic, column) in OF_UNITS.items():
        on(table, f"tell_live_{column.removesuffix('_id')}('{topic}')")
    for table in OF_PEOPLE:
        on(table, "tell_live_person()")
    listen("contact_feedback", "INSERT", "NEW TABLE AS after", "tell_live_report()")
    listen("work_orders", "INSERT", "NEW TABLE AS after", "tell_live_work()")
    listen("work_orders", "UPDATE", "OLD TABLE AS before NEW TABLE AS after", "tell_live_work()")
    op.create_index("ix_work_orders_grid_live", "work_orders", ["grid_id", "staff_id"], postgresql_where=sa.text(LIVE))
    unresolved = sa.text("resolved_at IS NULL")
    op.create_index("ix_escalations_grid_open", "escalations", ["grid_id", "since"], postgresql_where=unresolved)


def on(table: str, function: str) -> None:
    """Tell of what is inserted and of what is updated."""
    listen(table, "INSERT", "NEW TABLE AS after", function)
    listen(table, "UPDATE", "NEW TABLE AS after", function)


def listen(table: str, event: str, rows: str, function: str) -> None:
    """One trigger for a statement, however many rows it has."""
    op.execute(
        f"CREATE TRIGGER tell_live_{event.lower()} AFTER {event} ON {table} REFERENCING {rows}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}"
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_escalations_grid_open", "escalations")
    op.drop_index("ix_work_orders_grid_live", "work_orders")
    for function in ("tell_live_work", "tell_live_report", "tell_live_person", "tell_live_unit", "tell_live_grid"):
        op.execute(f"DROP FUNCTION {function}() CASCADE")
    op.execute("DROP FUNCTION tell_live(int[], text)")
    op.execute("DROP POLICY by_leader ON phone_pulls")
    op.drop_table(TABLE)
