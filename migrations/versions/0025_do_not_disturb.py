"""Do-not-disturb as managers record it on the phone, and requests to take it back.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
VISIBLE = f"{COMPANY} OR ({MANAGING} AND {MY_GRIDS}) OR {MYSELF}"
TABLES = ("do_not_disturb", "do_not_disturb_undos")


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    create_refusals()
    create_undos()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(TABLES)} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY by_scope ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def create_refusals() -> None:
    """What customers told managers."""
    references = {"customer_id": "customers", "work_order_id": "work_orders", "grid_id": "units", "staff_id": "staff"}
    op.create_table(
        "do_not_disturb",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        *foreign_keys("do_not_disturb", references),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_disturb")),
    )
    op.create_index(op.f("ix_do_not_disturb_customer_id_scope"), "do_not_disturb", ["customer_id", "scope"], unique=False)
    op.create_index(op.f("ix_do_not_disturb_staff_id"), "do_not_disturb", ["staff_id"], unique=False)


def create_undos() -> None:
    """What is to be taken back, and what was decided."""
    decision = sa.Enum("accepted", "rejected", name="undo_decision", native_enum=False, create_constraint=True, length=40)
    references = {
        "request_id": "do_not_disturb",
        "grid_id": "units",
        "staff_id": "staff",
        "asked_by_account_id": "accounts",
        "decided_by_account_id": "accounts",
    }
    table = "do_not_disturb_undos"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_account_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", decision, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_account_id", sa.Integer(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        *foreign_keys(table, references),
        sa.CheckConstraint("decided_by_account_id <> asked_by_account_id", name=op.f(f"ck_{table}_two_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    undecided = sa.text("decided_at IS NULL")
    op.create_index(f"uq_{table}_undecided", table, ["request_id"], unique=True, postgresql_where=undecided)
    op.create_index(f"ix_{table}_grid_undecided", table, ["grid_id", "id"], unique=False, postgresql_where=undecided)


def foreign_keys(table: str, references: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    """What its columns refer to, by their ids."""
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
        for column, other in references.items()
    ]


def downgrade() -> None:
    """Take them away again."""
    for table in reversed(TABLES):
        op.drop_table(table)
