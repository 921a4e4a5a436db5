"""Whose customer somebody was, as periods that never overlap.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
# Seen with the customer: by the company, and by those of the grid in which the customer is today.
VISIBLE = (
    "(SELECT current_setting('gridwork.scope', true) = 'all')"
    " OR EXISTS (SELECT FROM customers c WHERE c.id = customer_ownerships.customer_id)"
)
KEEP_PERIODS = """
CREATE FUNCTION keep_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the period of customer % that ended on % is history: % refused', OLD.customer_id, OLD.to_date, TG_OP
        USING ERRCODE = 'GW001';
END $$;
CREATE TRIGGER keep_closed BEFORE UPDATE ON customer_ownerships FOR EACH ROW WHEN (OLD.to_date IS NOT NULL)
    EXECUTE FUNCTION keep_closed_period();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON customer_ownerships FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Make the table, its rights and its guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "customer_ownerships",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("owner_staff_id", sa.Integer(), nullable=True),
        sa.Column("from_date", sa.Date(), nullable=True),
        sa.Column("to_date", sa.Date(), nullable=True),
        sa.CheckConstraint("from_date < to_date", name=op.f("ck_customer_ownerships_period")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_ownerships_customer_id_customers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_customer_ownerships_grid_id_units")),
        sa.ForeignKeyConstraint(["owner_staff_id"], ["staff.id"], name=op.f("fk_customer_ownerships_owner_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_ownerships")),
    )
    op.create_index(op.f("ix_customer_ownerships_customer_id"), "customer_ownerships", ["customer_id"], unique=False)
    op.execute(
        "ALTER TABLE customer_ownerships ADD CONSTRAINT ex_customer_ownerships_one_at_a_time EXCLUDE USING gist"
        " (int8range(customer_id, customer_id, '[]') WITH &&, daterange(from_date, to_date) WITH &&)"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON customer_ownerships TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute("ALTER TABLE customer_ownerships ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE customer_ownerships FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON customer_ownerships USING ({VISIBLE}) WITH CHECK ({VISIBLE})")
    op.execute(KEEP_PERIODS)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("customer_ownerships")
    op.execute("DROP FUNCTION keep_closed_period()")
