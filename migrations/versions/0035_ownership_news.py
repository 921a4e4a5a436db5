"""What the customers feed changed of whose a customer is, until their live work orders have followed.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"


def upgrade() -> None:
    """Make the table; only who acts for the whole company sees it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "ownership_news",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_staff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_ownership_news_customer_id_customers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_staff_id"], ["staff.id"], name=op.f("fk_ownership_news_owner_staff_id_staff")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_ownership_news")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ownership_news TO {APP_ROLE}")
    op.execute("ALTER TABLE ownership_news ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ownership_news FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON ownership_news USING ({COMPANY}) WITH CHECK ({COMPANY})")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("ownership_news")
