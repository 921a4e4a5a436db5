"""The ledger of points: both sides of every entry, reversals once, the database's own time, overrides that stay visible, seals.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
KINDS = ("earned", "adjustment", "reversal", "correction")
LINKED = (
    "(kind = 'earned') = (cause IS NULL) AND (kind <> 'earned' OR refers_to_id IS NULL)"
    " AND (kind NOT IN ('reversal', 'correction') OR refers_to_id IS NOT NULL)"
)
# Changed by nobody, but by the owner in a transaction that says so and stays on record.
GUARDED = ("points_entries", "points_evidence", "monthly_statements", "payroll_files", "payroll_acknowledgements")
RECORDS = ("ledger_postings", "ledger_seals", "ledger_leaves")
OVERRIDES = ("ledger_overrides", "ledger_override_rows")

# Both sides are written by the database, whoever writes the entry; the sum of an entry's sides is checked at every commit.
FUNCTIONS = """
CREATE FUNCTION take_server_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION check_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    original record;
BEGIN
    SELECT * INTO original FROM points_entries WHERE id = NEW.refers_to_id;
    IF original.id IS NULL OR original.staff_id <> NEW.staff_id OR original.component <> NEW.component
            OR original.plan_id <> NEW.plan_id OR original.kind = 'reversal' THEN
        RAISE EXCEPTION 'a % refers to a line of the same manager, component and plan that is no reversal', NEW.kind
            USING ERRCODE = 'GW003';
    END IF;
    IF NEW.kind = 'reversal' AND NEW.points <> -original.points THEN
        RAISE EXCEPTION 'a reversal takes back what its line gave, to the unit' USING ERRCODE = 'GW003';
    END IF;
    IF NEW.kind = 'correction'
            AND NOT EXISTS (SELECT FROM points_entries WHERE refers_to_id = NEW.refers_to_id AND kind = 'reversal') THEN
        RAISE EXCEPTION 'a correction follows the reversal of its line' USING ERRCODE = 'GW003';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION post_both_sides() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_postings (entry_id, side, month, staff_id, plan_id, amount)
    SELECT id, 'manager', month, staff_id, NULL, (points * 10000)::bigint FROM added
    UNION ALL SELECT id, 'plan', month, NULL, plan_id, -(points * 10000)::bigint FROM added;
    RETURN NULL;
END $$;

CREATE FUNCTION check_both_sides() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry bigint;
    fits boolean;
BEGIN
    IF TG_TABLE_NAME = 'points_entries' THEN entry := NEW.id; ELSE entry := OLD.entry_id; END IF;
    SELECT count(*) = 2 AND sum(p.amount) = 0 AND bool_and(p.month = e.month AND CASE p.side
            WHEN 'manager' THEN p.staff_id = e.staff_id AND p.amount = e.points * 10000
            ELSE p.plan_id = e.plan_id AND p.amount = -e.points * 10000 END)
        INTO fits FROM points_entries e JOIN ledger_postings p ON p.entry_id = e.id WHERE e.id = entry;
    IF fits IS NOT TRUE AND EXISTS (SELECT FROM points_entries WHERE id = entry) THEN
        RAISE EXCEPTION 'the two sides of entry % do not balance', entry USING ERRCODE = 'GW003';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    override bigint;
BEGIN
    IF TG_OP <> 'TRUNCATE' THEN
        SELECT id INTO override FROM ledger_overrides WHERE xid = pg_current_xact_id() ORDER BY id DESC LIMIT 1;
        IF override IS NOT NULL THEN
            INSERT INTO ledger_override_rows (override_id, table_name, operation, before)
            VALUES (override, TG_TABLE_NAME, lower(TG_OP), to_jsonb(OLD));
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'GW001';
END $$;

CREATE FUNCTION override_ledger(reason text) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO ledger_overrides (reason) VALUES (reason) RETURNING id
$$;
REVOKE EXECUTE ON FUNCTION override_ledger FROM PUBLIC;

CREATE VIEW ledger_balances WITH (security_invoker) AS
    SELECT month, sum(amount) FILTER (WHERE side = 'manager') AS managers, sum(amount) FILTER (WHERE side = 'plan') AS plans,
           sum(amount) AS balance
    FROM ledger_postings GROUP BY month;
"""
TRIGGERS = """
CREATE TRIGGER server_time BEFORE INSERT ON points_entries FOR EACH ROW EXECUTE FUNCTION take_server_time();
CREATE TRIGGER reversal BEFORE INSERT ON points_entries FOR EACH ROW WHEN (NEW.kind IN ('reversal', 'correction'))
    EXECUTE FUNCTION check_reversal();
CREATE TRIGGER both_sides AFTER INSERT ON points_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION post_both_sides();
CREATE CONSTRAINT TRIGGER balance AFTER INSERT OR UPDATE ON points_entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_both_sides();
CREATE CONSTRAINT TRIGGER balance AFTER UPDATE OR DELETE ON ledger_postings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_both_sides();
"""
BOTH_SIDES_SO_FAR = """
INSERT INTO ledger_postings (entry_id, side, month, staff_id, plan_id, amount)
SELECT id, 'manager', month, staff_id, NULL, (points * 10000)::bigint FROM points_entries
UNION ALL SELECT id, 'plan', month, NULL, plan_id, -(points * 10000)::bigint FROM points_entries
"""


def upgrade() -> None:
    """Make the tables, bring in what was posted so far, then the guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("SELECT set_config('gridwork.scope', 'all', true)")  # the owner is bound by row level security too
    widen_entries()
    create_postings()
    create_overrides()
    create_seals()
    op.execute(BOTH_SIDES_SO_FAR)
    op.execute(FUNCTIONS)
    op.execute(TRIGGERS)
    for table in GUARDED:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    for table in (*GUARDED, *RECORDS):
        guard(table, "refuse_ledger_change")
    for table in RECORDS:
        truncate_guard(table)
    for table in OVERRIDES:
        guard(table, "refuse_change")
        truncate_guard(table)
    op.execute(f"GRANT SELECT ON ledger_postings, ledger_balances, ledger_overrides TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON ledger_seals, ledger_leaves TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    visible = f"{COMPANY} OR EXISTS (SELECT FROM points_entries e WHERE e.id = ledger_postings.entry_id)"
    op.execute("ALTER TABLE ledger_postings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ledger_postings FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON ledger_postings USING ({visible}) WITH CHECK ({visible})")


def widen_entries() -> None:
    """Two more kinds of entry, the dispute behind one, and when the database took it in."""
    op.add_column("points_entries", sa.Column("dispute_id", sa.Uuid(), nullable=True))
    op.add_column("points_entries", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_points_entries_entry_kind"), "points_entries", type_="check")
    checks = {
        "ck_points_entries_entry_kind": "CHECK (kind IN ({}))".format(", ".join(f"'{kind}'" for kind in KINDS)),
        "ck_points_entries_linked": f"CHECK ({LINKED})",
        "fk_points_entries_dispute_id_points_disputes": "FOREIGN KEY (dispute_id) REFERENCES points_disputes (id)",
    }
    for name, rule in checks.items():
        op.execute(f"ALTER TABLE points_entries ADD CONSTRAINT {name} {rule} NOT VALID")
        op.execute(f"ALTER TABLE points_entries VALIDATE CONSTRAINT {name}")
    op.create_index(
        "uq_points_entries_reversed",
        "points_entries",
        ["refers_to_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'reversal'"),
    )
    disputed = sa.text("dispute_id IS NOT NULL")
    op.create_index("ix_points_entries_dispute_id", "points_entries", ["dispute_id"], unique=False, postgresql_where=disputed)


def create_postings() -> None:
    """The two sides of every entry, in units of 1/10,000 point."""
    op.create_table(
        "ledger_postings",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("side", choice(("manager", "plan"), "ledger_side"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(side = 'manager') = (staff_id IS NOT NULL) AND (side = 'plan') = (plan_id IS NOT NULL)",
            name=op.f("ck_ledger_postings_account_of_its_side"),
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["points_entries.id"], name=op.f("fk_ledger_postings_entry_id_points_entries")),
        sa.PrimaryKeyConstraint("entry_id", "side", name=op.f("pk_ledger_postings")),
    )
    op.create_index(op.f("ix_ledger_postings_month"), "ledger_postings", ["month"], unique=False)


def create_overrides() -> None:
    """Who changed what must not change, when and why; and what it was."""
    op.create_table(
        "ledger_overrides",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("xid", XID8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.CheckConstraint("length(btrim(reason)) >= 10", name=op.f("ck_ledger_overrides_reason_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_overrides")),
    )
    op.create_table(
        "ledger_override_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("override_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["override_id"], ["ledger_overrides.id"], name=op.f("fk_ledger_override_rows_override_id_ledger_overrides")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_override_rows")),
    )


def create_seals() -> None:
    """A chain over batches of entries: each seal hashes the one before, its entries' leaves and the overrides so far."""
    op.create_table(
        "ledger_seals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("override_count", sa.Integer(), nullable=False),
        sa.Column("overrides_sha256", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_seals")),
        sa.UniqueConstraint("previous_sha256", name=op.f("uq_ledger_seals_previous_sha256")),
    )
    op.create_table(
        "ledger_leaves",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("seal_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seal_id"], ["ledger_seals.id"], name=op.f("fk_ledger_leaves_seal_id_ledger_seals")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_leaves")),
    )
    op.create_index(op.f("ix_ledger_leaves_seal_id"), "ledger_leaves", ["seal_id"], unique=False)


class XID8(sa.types.UserDefinedType):
    """A 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_):
        return "xid8"


def guard(table: str, function: str) -> None:
    """No update, no delete."""
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")


def truncate_guard(table: str) -> None:
    """No truncate, whatever is said."""
    op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def choice(values: tuple[str, ...], name: str) -> sa.Enum:
    """One of these, as text."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    """Take it away again; reversals and corrections have no place in the release before."""
    for table in GUARDED:
        op.execute(f"DROP TRIGGER append_only ON {table}")
        guard(table, "refuse_change")
    for trigger in ("server_time", "reversal", "both_sides", "balance"):
        op.execute(f"DROP TRIGGER {trigger} ON points_entries")
    op.execute("DROP VIEW ledger_balances")
    for table in ("ledger_leaves", "ledger_seals", "ledger_postings", "ledger_override_rows", "ledger_overrides"):
        op.drop_table(table)
    for name in ("take_server_time", "check_reversal", "post_both_sides", "check_both_sides", "refuse_ledger_change"):
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP FUNCTION override_ledger(text)")
    op.drop_index("ix_points_entries_dispute_id", table_name="points_entries")
    op.drop_index("uq_points_entries_reversed", table_name="points_entries")
    for name in ("fk_points_entries_dispute_id_points_disputes", "ck_points_entries_linked", "ck_points_entries_entry_kind"):
        op.execute(f"ALTER TABLE points_entries DROP CONSTRAINT {name}")
    op.execute(
        "ALTER TABLE points_entries ADD CONSTRAINT ck_points_entries_entry_kind CHECK (kind IN ('earned', 'adjustment')) NOT VALID"
    )
    op.drop_column("points_entries", "recorded_at")
    op.drop_column("points_entries", "dispute_id")
