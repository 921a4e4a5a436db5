"""What somebody looked at and wants to look at again, or show to others.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
ME = "(SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
MY_GRIDS = "((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
OWN = f"owner_staff_id = {ME}"
ROLE = "shared_role IS NOT NULL"  # which role somebody has, the query asks
UNIT = (
    "shared_unit_id IN (SELECT unnest(ARRAY[g.id, b.id, c.id]) FROM units g"
    f" LEFT JOIN units b ON b.id = g.parent_id LEFT JOIN units c ON c.id = b.parent_id WHERE g.id = ANY {MY_GRIDS})"
)


def upgrade() -> None:
    """Make the table. Everybody reads what is shared; only its owner writes a view, whatever the scope."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("cube", name="view_kind", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shared_role", sa.Text(), nullable=True),
        sa.Column("shared_unit_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_staff_id"], ["staff.id"], name=op.f("fk_saved_views_owner_staff_id_staff")),
        sa.ForeignKeyConstraint(["shared_unit_id"], ["units.id"], name=op.f("fk_saved_views_shared_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("owner_staff_id", "kind", "name", name=op.f("uq_saved_views_owner_staff_id_kind_name")),
    )
    op.create_index(op.f("ix_saved_views_shared_unit_id"), "saved_views", ["shared_unit_id"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON saved_views TO {APP_ROLE}")
    op.execute("ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE saved_views FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON saved_views FOR SELECT USING ({COMPANY} OR {OWN} OR {ROLE})")
    op.execute(f"CREATE POLICY also_with_unit ON saved_views FOR SELECT USING ({UNIT})")  # asked last: it looks at units
    op.execute(f"CREATE POLICY by_owner ON saved_views USING ({OWN}) WITH CHECK ({OWN})")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("saved_views")
