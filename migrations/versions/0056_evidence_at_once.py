"""Evidence of points: what it names is asked once for all rows of a statement, and stays as long as evidence names it.

A close writes half a million rows of evidence, and their five foreign keys looked up and locked two and a half million rows, one
by one: most of the minutes that a close took.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

# Column of the evidence, and the table whose id it is.
NAMED = {
    "entry_id": "points_entries",
    "work_order_id": "work_orders",
    "feedback_id": "contact_feedback",
    "verification_id": "verifications",
    "order_id": "orders",
}

# Both look at all rows, whoever acts, as a foreign key does. Dynamic, because the plan for one row is none for half a million; and
# without loops where there are many, because the planner takes the searches of row level security for dear. Whoever posts holds
# the lock of points, and so does whoever takes away what evidence may name: one of the two sees the other.
FUNCTIONS = """
CREATE FUNCTION refuse_lost_evidence() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = on AS $$
DECLARE
    scope text := coalesce(current_setting('gridwork.scope', true), '');
    part text;
    named bigint;
    there bigint;
BEGIN
    PERFORM set_config('gridwork.scope', 'all', true);
    IF (SELECT count(*) FROM added) > 1000 THEN
        PERFORM set_config('enable_nestloop', 'off', true);
    END IF;
    FOREACH part IN ARRAY ARRAY['entry_id points_entries', 'work_order_id work_orders', 'feedback_id contact_feedback',
        'verification_id verifications', 'order_id orders']
    LOOP
        EXECUTE format('SELECT count(%1$I) FROM added', split_part(part, ' ', 1)) INTO named;
        IF named > 0 THEN
            EXECUTE format('SELECT count(*) FROM added a JOIN %2$I t ON t.id = a.%1$I', split_part(part, ' ', 1),
                split_part(part, ' ', 2)) INTO there;
            IF there <> named THEN
                RAISE EXCEPTION 'evidence names a row of % that is not there', split_part(part, ' ', 2) USING ERRCODE = '23503';
            END IF;
        END IF;
    END LOOP;
    PERFORM set_config('gridwork.scope', scope, true);
    RETURN NULL;
END $$;
CREATE FUNCTION keep_what_evidence_names() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    scope text := coalesce(current_setting('gridwork.scope', true), '');
    held boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('points', 0));
    PERFORM set_config('gridwork.scope', 'all', true);
    EXECUTE format('SELECT EXISTS (SELECT FROM gone g JOIN points_evidence e ON e.%I = g.id)', TG_ARGV[0]) INTO held;
    PERFORM set_config('gridwork.scope', scope, true);
    IF held THEN
        RAISE EXCEPTION 'evidence of points names a row of % that was to go', TG_TABLE_NAME USING ERRCODE = '23503';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lost AFTER INSERT ON points_evidence REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_lost_evidence();
"""


def upgrade() -> None:
    """The triggers first, then the keys go."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(FUNCTIONS)
    for column, table in NAMED.items():
        op.execute(
            f"CREATE TRIGGER kept_by_evidence AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT"
            f" EXECUTE FUNCTION keep_what_evidence_names('{column}')"
        )
        op.drop_constraint(op.f(f"fk_points_evidence_{column}_{table}"), "points_evidence", type_="foreignkey")


def downgrade() -> None:
    """The keys again, then the triggers go."""
    for column, table in NAMED.items():
        key = op.f(f"fk_points_evidence_{column}_{table}")
        op.execute(f"ALTER TABLE points_evidence ADD CONSTRAINT {key} FOREIGN KEY ({column}) REFERENCES {table} (id) NOT VALID")
        op.execute(f"ALTER TABLE points_evidence VALIDATE CONSTRAINT {key}")
        op.execute(f"DROP TRIGGER kept_by_evidence ON {table}")
    op.execute("DROP TRIGGER lost ON points_evidence")
    op.execute("DROP FUNCTION refuse_lost_evidence()")
    op.execute("DROP FUNCTION keep_what_evidence_names()")
