"""What grid managers tell the phones of their managers.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MYSELF = (
    "((SELECT current_setting('gridwork.scope', true) = 'own')"
    " AND staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int))"
)
TABLE = "manager_messages"


def upgrade() -> None:
    """Make the table with its rights; whoever it is for sees it, and whoever leads them."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("from_account_id", sa.Integer(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_manager_messages_staff_id_staff")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_manager_messages_grid_id_units")),
        sa.ForeignKeyConstraint(["from_account_id"], ["accounts.id"], name=op.f("fk_manager_messages_from_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manager_messages")),
    )
    op.create_index("ix_manager_messages_unseen", TABLE, ["staff_id", "id"], postgresql_where=sa.text("seen_at IS NULL"))
    op.create_index(op.f("ix_manager_messages_grid_id_sent_at"), TABLE, ["grid_id", "sent_at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    visible = f"{COMPANY} OR ({MY_GRIDS} AND ({MANAGING} OR {MYSELF}))"
    op.execute(f"CREATE POLICY by_scope ON {TABLE} USING ({visible}) WITH CHECK ({visible})")
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER tell_live_{event.lower()} AFTER {event} ON {TABLE} REFERENCING NEW TABLE AS after"
            " FOR EACH STATEMENT EXECUTE FUNCTION tell_live_grid('messages')"
        )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table(TABLE)
