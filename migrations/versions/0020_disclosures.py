"""What was shown of customers beyond the daily work, to whom and why.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TABLE = "disclosures"
KINDS = ("reveal", "call", "relayed_call", "opening", "view")
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRID_IDS = "(SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[]"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
MY_PEOPLE_OR_CUSTOMERS = f"{MANAGING} AND (unit_id = ANY ({MY_GRID_IDS}) OR customer_grid_id = ANY ({MY_GRID_IDS}))"


def upgrade() -> None:
    """Make the table, its rights and its guards: one may add what one does oneself, and nobody changes a row."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind", sa.Enum(*KINDS, name="disclosure_kind", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("customer_no", sa.Text(), nullable=False),
        sa.Column("customer_grid_id", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_disclosures_staff_id_staff")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_disclosures_unit_id_units")),
        sa.ForeignKeyConstraint(["customer_grid_id"], ["units.id"], name=op.f("fk_disclosures_customer_grid_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
    )
    for columns in (["staff_id", "happened_at"], ["unit_id", "id"], ["customer_grid_id", "id"]):
        op.create_index(op.f(f"ix_disclosures_{'_'.join(columns)}"), TABLE, columns, unique=False)
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    visible = f"{COMPANY} OR {MYSELF} OR ({MY_PEOPLE_OR_CUSTOMERS})"
    op.execute(f"CREATE POLICY by_scope ON {TABLE} USING ({visible}) WITH CHECK ({COMPANY} OR {MYSELF})")
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table(TABLE)
