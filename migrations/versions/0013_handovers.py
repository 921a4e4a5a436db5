"""Handovers: who gets whose customers and live work orders; what the feeds do not know of them yet; history seen by whom it concerns.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRID_IDS = "(SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[]"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
HANDOVERS = f"{COMPANY} OR ({MANAGING} AND (grid_id = ANY ({MY_GRID_IDS}) OR to_grid_id = ANY ({MY_GRID_IDS})))"

# Who changed grid keeps sight of what is theirs, wherever it happened.
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
# Also the work orders that one spoke about with the customer: they count for who did, whoever has them now.
MY_REPORTS = f"EXISTS (SELECT FROM contact_feedback f WHERE f.work_order_id = work_orders.id AND f.{MYSELF})"
# Who has a customer of another grid now sees what happened there; rows of history keep that grid, so that closed months never
# change. Not by way of `customers`, whose own policy looks at loans of work orders.
CAME = "EXISTS (SELECT FROM customer_arrivals a WHERE a.customer_id = {table}.customer_id)"
WITH_CUSTOMER = {
    "campaign_targets": CAME,
    "work_orders": f"{MANAGING} AND {CAME}",
    "contact_feedback": f"{MANAGING} AND {CAME}",
    "verifications": f"{MANAGING} AND EXISTS (SELECT FROM contact_feedback f WHERE f.id = verifications.feedback_id)",
}
ROWS = ("handover_customers", "handover_orders")


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    create_handovers()
    create_rows()
    create_holds()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON handovers TO {APP_ROLE}")
    op.execute(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(ROWS)}, customer_arrivals, ownership_holds, posting_holds TO {APP_ROLE}"
    )
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    protect("handovers", HANDOVERS)
    protect("customer_arrivals", f"{COMPANY} OR grid_id = ANY ({MY_GRID_IDS})")
    for table in ROWS:
        protect(table, f"{COMPANY} OR EXISTS (SELECT FROM handovers h WHERE h.id = {table}.handover_id)")
    for table in OWN_ROWS:
        op.execute(f"CREATE POLICY mine ON {table} FOR SELECT USING ({MYSELF})")
    op.execute(f"CREATE POLICY reported_on ON work_orders FOR SELECT USING ({MY_REPORTS})")
    for table, visible in WITH_CUSTOMER.items():
        op.execute(f"CREATE POLICY with_customer ON {table} FOR SELECT USING ({visible.format(table=table)})")


def create_handovers() -> None:
    """Handovers, whatever became of them."""
    kind = ("leave", "exit", "transfer", "new_manager", "grid_split", "grid_merge")
    status = ("planned", "confirmed", "applied", "returned", "cancelled")
    accounts = ("planned_by_account_id", "confirmed_by_account_id", "cancelled_by_account_id")
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", choice(kind, "handover_kind"), nullable=False),
        sa.Column("status", choice(status, "handover_status"), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("to_grid_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("return_on", sa.Date(), nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("preview", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        *[sa.Column(name, sa.Integer(), nullable=True) for name in accounts],
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        *[
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("confirmed_at", "cancelled_at", "applied_at", "returned_at")
        ],
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_handovers_grid_id_units")),
        sa.ForeignKeyConstraint(["to_grid_id"], ["units.id"], name=op.f("fk_handovers_to_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_handovers_staff_id_staff")),
        *[sa.ForeignKeyConstraint([name], ["accounts.id"], name=op.f(f"fk_handovers_{name}_accounts")) for name in accounts],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(op.f("ix_handovers_grid_id"), "handovers", ["grid_id"], unique=False)
    due = sa.text("status IN ('confirmed', 'applied')")
    op.create_index("ix_handovers_due", "handovers", ["effective_on"], unique=False, postgresql_where=due)


def create_rows() -> None:
    """What a handover moves."""
    op.create_table(
        "handover_customers",
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("from_grid_id", sa.Integer(), nullable=False),
        sa.Column("from_staff_id", sa.Integer(), nullable=True),
        sa.Column("to_grid_id", sa.Integer(), nullable=False),
        sa.Column("to_staff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name=op.f("fk_handover_customers_handover_id_handovers")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_handover_customers_customer_id_customers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("handover_id", "customer_id", name=op.f("pk_handover_customers")),
    )
    op.create_index(op.f("ix_handover_customers_customer_id"), "handover_customers", ["customer_id"], unique=False)
    op.create_table(
        "handover_orders",
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("way", choice(("moved", "later", "pool", "stays"), "order_way"), nullable=False),
        sa.Column("from_grid_id", sa.Integer(), nullable=False),
        sa.Column("from_staff_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_grid_id", sa.Integer(), nullable=False),
        sa.Column("to_staff_id", sa.Integer(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name=op.f("fk_handover_orders_handover_id_handovers")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"], name=op.f("fk_handover_orders_work_order_id_work_orders")),
        sa.PrimaryKeyConstraint("handover_id", "work_order_id", name=op.f("pk_handover_orders")),
    )


def create_holds() -> None:
    """What the feeds said before a handover, as long as they say it still; who came from another grid."""
    op.create_table(
        "customer_arrivals",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_arrivals_customer_id_customers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_customer_arrivals_grid_id_units")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_arrivals")),
    )
    op.create_table(
        "ownership_holds",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("feed_grid_id", sa.Integer(), nullable=False),
        sa.Column("feed_owner_staff_id", sa.Integer(), nullable=True),
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_ownership_holds_customer_id_customers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["feed_grid_id"], ["units.id"], name=op.f("fk_ownership_holds_feed_grid_id_units")),
        sa.ForeignKeyConstraint(["feed_owner_staff_id"], ["staff.id"], name=op.f("fk_ownership_holds_feed_owner_staff_id_staff")),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name=op.f("fk_ownership_holds_handover_id_handovers")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_ownership_holds")),
    )
    op.create_table(
        "posting_holds",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("feed_unit_id", sa.Integer(), nullable=False),
        sa.Column("feed_active_to", sa.Date(), nullable=True),
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_posting_holds_staff_id_staff"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["feed_unit_id"], ["units.id"], name=op.f("fk_posting_holds_feed_unit_id_units")),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name=op.f("fk_posting_holds_handover_id_handovers")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_posting_holds")),
    )


def choice(values: tuple[str, ...], name: str) -> sa.Enum:
    """One of these, as text."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def protect(table: str, visible: str) -> None:
    """Switch row level security on for everybody, the owner too, with one policy for reads and writes."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take them away again."""
    for table in WITH_CUSTOMER:
        op.execute(f"DROP POLICY with_customer ON {table}")
    op.execute("DROP POLICY reported_on ON work_orders")
    for table in OWN_ROWS:
        op.execute(f"DROP POLICY mine ON {table}")
    for table in ("customer_arrivals", "posting_holds", "ownership_holds", *reversed(ROWS), "handovers"):
        op.drop_table(table)
