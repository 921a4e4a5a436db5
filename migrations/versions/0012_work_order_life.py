"""Planned work orders, the pool of a grid, loans between grids, returns, holidays.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


APP_ROLE = "gridwork_app"
STATES_BEFORE = ("open", "in_progress", "done", "returned", "expired", "withdrawn")
STATES = ("planned", *STATES_BEFORE)
STATE_COLUMNS = (
    ("work_orders", "state", "work_order_state"),
    ("work_order_events", "from_state", "from_state"),
    ("work_order_events", "to_state", "to_state"),
)

# As in 0002, and: what is lent to a grid of mine.
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRID_IDS = "(SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[]"
MY_GRIDS = f"grid_id = ANY ({MY_GRID_IDS})"
LENT_TO_ME = f"lent_to_grid_id = ANY ({MY_GRID_IDS})"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MYSELF = (
    "((SELECT current_setting('gridwork.scope', true) = 'own')"
    " AND staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int))"
)
OWN_BEFORE = f"{COMPANY} OR ({MY_GRIDS} AND ({MANAGING} OR {MYSELF}))"
OWN = f"{COMPANY} OR (({MY_GRIDS} OR {LENT_TO_ME}) AND ({MANAGING} OR {MYSELF}))"
CUSTOMERS_BEFORE = f"{COMPANY} OR {MY_GRIDS}"
# Asked once for a statement, and only by those who are not the company; there are tens of them.
CUSTOMERS = (
    f"{CUSTOMERS_BEFORE} OR id = ANY ((SELECT coalesce(array_agg(w.customer_id), '{{}}') FROM work_orders w"
    f" WHERE w.lent_to_grid_id IS NOT NULL AND w.lent_to_grid_id = ANY ({MY_GRID_IDS})"
    " AND w.state IN ('planned', 'open', 'in_progress'))::bigint[])"
)

# Who takes work from a manager need not see that manager's grid: the row is written in the company's scope.
TOMBSTONES = """
CREATE FUNCTION leave_tombstone(staff int, work_order bigint, grid int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    scope text := coalesce(current_setting('gridwork.scope', true), '');
BEGIN
    PERFORM set_config('gridwork.scope', 'all', true);
    INSERT INTO work_order_tombstones (staff_id, work_order_id, grid_id) VALUES (staff, work_order, grid)
    ON CONFLICT (staff_id, work_order_id) DO UPDATE SET changed_xid = pg_current_xact_id(), grid_id = excluded.grid_id;
    PERFORM set_config('gridwork.scope', scope, true);
END $$;
CREATE OR REPLACE FUNCTION keep_work_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := pg_current_xact_id();
    NEW.version := OLD.version + 1;
    IF NEW.staff_id <> OLD.staff_id THEN
        PERFORM leave_tombstone(OLD.staff_id, OLD.id, coalesce(OLD.lent_to_grid_id, OLD.grid_id));
    END IF;
    RETURN NEW;
END $$;
"""
TOMBSTONES_BEFORE = """
CREATE OR REPLACE FUNCTION keep_work_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := pg_current_xact_id();
    NEW.version := OLD.version + 1;
    IF NEW.staff_id <> OLD.staff_id THEN
        INSERT INTO work_order_tombstones (staff_id, work_order_id, grid_id) VALUES (OLD.staff_id, OLD.id, OLD.grid_id)
        ON CONFLICT (staff_id, work_order_id) DO UPDATE SET changed_xid = pg_current_xact_id();
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION leave_tombstone;
"""


def upgrade() -> None:
    """Make the state, the columns, the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holidays")),
    )
    create_returns()
    rule = sa.Enum("roll", "expire", "pool", name="unfinished_rule", native_enum=False, create_constraint=True, length=40)
    op.add_column("campaigns", sa.Column("unfinished_rule", rule, nullable=True))
    op.add_column("campaigns", sa.Column("most_rolls", sa.SmallInteger(), nullable=True))
    op.add_column("work_orders", sa.Column("rolls", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("work_orders", sa.Column("pooled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_orders", sa.Column("lent_to_grid_id", sa.Integer(), nullable=True))
    op.add_column("work_orders", sa.Column("lent_until", sa.Date(), nullable=True))
    op.add_column("work_orders", sa.Column("home_staff_id", sa.Integer(), nullable=True))
    allow_states(STATES)
    # Both are empty; the third is made beside the one that it replaces, whose condition implies it.
    op.create_index("ix_work_orders_pool", "work_orders", ["grid_id"], postgresql_where=sa.text("pooled_at IS NOT NULL"))
    op.create_index(
        "ix_work_orders_lent", "work_orders", ["lent_to_grid_id"], postgresql_where=sa.text("lent_to_grid_id IS NOT NULL")
    )
    lock_contacts("'planned', 'open', 'in_progress'")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON holidays TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON work_order_returns TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute("ALTER TABLE work_order_returns ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE work_order_returns FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON work_order_returns USING ({OWN_BEFORE}) WITH CHECK ({OWN_BEFORE})")
    op.execute(f"ALTER POLICY by_scope ON work_orders USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"ALTER POLICY by_scope ON customers USING ({CUSTOMERS}) WITH CHECK ({CUSTOMERS_BEFORE})")
    op.execute(TOMBSTONES)


def create_returns() -> None:
    """What managers gave back, and what was decided on it."""
    decision = sa.Enum("accepted", "rejected", name="return_decision", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "work_order_returns",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("feedback_id", sa.Uuid(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", decision, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_account_id", sa.Integer(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_orders.id"], name=op.f("fk_work_order_returns_work_order_id_work_orders")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_work_order_returns_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_work_order_returns_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["contact_feedback.id"], name=op.f("fk_work_order_returns_feedback_id_contact_feedback")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_account_id"], ["accounts.id"], name=op.f("fk_work_order_returns_decided_by_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_returns")),
    )
    undecided = sa.text("decided_at IS NULL")
    op.create_index(op.f("ix_work_order_returns_work_order_id"), "work_order_returns", ["work_order_id"])
    op.create_index(
        "uq_work_order_returns_undecided", "work_order_returns", ["work_order_id"], unique=True, postgresql_where=undecided
    )
    op.create_index("ix_work_order_returns_grid_undecided", "work_order_returns", ["grid_id", "id"], postgresql_where=undecided)


def allow_states(states: tuple[str, ...]) -> None:
    """A work order is in one of these, before and after every event."""
    listed = ", ".join(f"'{state}'" for state in states)
    for table, column, name in STATE_COLUMNS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({column} IN ({listed})) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def lock_contacts(states: str) -> None:
    """One live work order of a customer and family; there is never a moment without the constraint."""
    op.execute(
        "CREATE UNIQUE INDEX uq_work_orders_contact_lock_next ON work_orders (customer_id, product_family)"
        f" WHERE state IN ({states})"
    )
    op.execute("DROP INDEX uq_work_orders_contact_lock")
    op.execute("ALTER INDEX uq_work_orders_contact_lock_next RENAME TO uq_work_orders_contact_lock")


def downgrade() -> None:
    """Take them away again; what was planned is open."""
    op.execute(TOMBSTONES_BEFORE)
    op.execute(f"ALTER POLICY by_scope ON customers USING ({CUSTOMERS_BEFORE}) WITH CHECK ({CUSTOMERS_BEFORE})")
    op.execute(f"ALTER POLICY by_scope ON work_orders USING ({OWN_BEFORE}) WITH CHECK ({OWN_BEFORE})")
    op.execute("SET LOCAL gridwork.scope = 'all'")
    op.execute("UPDATE work_orders SET state = 'open' WHERE state = 'planned'")
    op.execute("ALTER TABLE work_order_events DISABLE TRIGGER append_only")
    op.execute("UPDATE work_order_events SET from_state = 'open' WHERE from_state = 'planned'")
    op.execute("UPDATE work_order_events SET to_state = 'open' WHERE to_state = 'planned'")
    op.execute("ALTER TABLE work_order_events ENABLE TRIGGER append_only")
    allow_states(STATES_BEFORE)
    lock_contacts("'open', 'in_progress'")
    op.drop_index("ix_work_orders_lent", table_name="work_orders")
    op.drop_index("ix_work_orders_pool", table_name="work_orders")
    for column in ("home_staff_id", "lent_until", "lent_to_grid_id", "pooled_at", "rolls"):
        op.drop_column("work_orders", column)
    op.drop_column("campaigns", "most_rolls")
    op.drop_column("campaigns", "unfinished_rule")
    op.drop_table("work_order_returns")
    op.drop_table("holidays")
