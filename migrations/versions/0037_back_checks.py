"""Back-checks with both their probabilities, asked by another grid, answered by a form.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
STRATA = "back_check_strata"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRID_IDS = "((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MINE = f"grid_id = ANY {MY_GRID_IDS}"
MINE_TO_ASK = f"caller_grid_id = ANY {MY_GRID_IDS}"
BEFORE = f"{COMPANY} OR ({MINE} AND {MANAGING})"
# Who leads the manager sees what came of it, and not that it was drawn.
VISIBLE = f"{COMPANY} OR ({MANAGING} AND ({MINE_TO_ASK} OR ({MINE} AND answered_at IS NOT NULL)))"
CHECKS = {
    "outside": "caller_grid_id <> grid_id",
    "answered_whole": "num_nulls(answered_at, answered_by_account_id, verdict) IN (0, 3)",
}
# What was drawn before and not asked yet goes to the first other grid of the branch.
ASSIGN = """
UPDATE back_checks b SET caller_grid_id = (SELECT min(other.id) FROM units mine JOIN units other
    ON other.parent_id = mine.parent_id AND other.kind = 'grid' AND other.id <> mine.id WHERE mine.id = b.grid_id)
WHERE b.answered_at IS NULL
"""


def upgrade() -> None:
    """Add the columns and the table of strata; who may see a back-check changes."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("back_checks", sa.Column("core_probability", sa.Float(), nullable=True))
    op.add_column("back_checks", sa.Column("risk_probability", sa.Float(), nullable=True))
    op.add_column("back_checks", sa.Column("caller_grid_id", sa.Integer(), nullable=True))
    op.add_column("back_checks", sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("back_checks", sa.Column("compared", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    key = "fk_back_checks_caller_grid_id_units"
    op.create_foreign_key(op.f(key), "back_checks", "units", ["caller_grid_id"], ["id"], postgresql_not_valid=True)
    op.execute(f"ALTER TABLE back_checks VALIDATE CONSTRAINT {key}")
    for name, condition in CHECKS.items():
        op.execute(f"ALTER TABLE back_checks ADD CONSTRAINT ck_back_checks_{name} CHECK ({condition}) NOT VALID")
        op.execute(f"ALTER TABLE back_checks VALIDATE CONSTRAINT ck_back_checks_{name}")
    op.create_index(
        op.f("ix_back_checks_caller_grid_id_answered_at"), "back_checks", ["caller_grid_id", "answered_at"], unique=False
    )
    op.execute("SELECT set_config('gridwork.scope', 'all', true)")
    op.execute(ASSIGN)
    op.execute("DROP POLICY by_scope ON back_checks")
    op.execute(f"CREATE POLICY by_scope ON back_checks USING ({VISIBLE}) WITH CHECK ({VISIBLE})")
    make_strata()


def make_strata() -> None:
    """What was drawn from; only who acts for the whole company sees it."""
    op.create_table(
        STRATA,
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("guaranteed", sa.Integer(), nullable=False),
        sa.Column("core_probability", sa.Float(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_back_check_strata_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", "month", "part", name=op.f("pk_back_check_strata")),
    )
    op.execute(f"GRANT SELECT, INSERT ON {STRATA} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {STRATA} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {STRATA} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {STRATA} USING ({COMPANY}) WITH CHECK ({COMPANY})")
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {STRATA} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {STRATA} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table(STRATA)
    op.execute("DROP POLICY by_scope ON back_checks")
    op.execute(f"CREATE POLICY by_scope ON back_checks USING ({BEFORE}) WITH CHECK ({BEFORE})")
    op.drop_index(op.f("ix_back_checks_caller_grid_id_answered_at"), table_name="back_checks")
    for name in CHECKS:
        op.execute(f"ALTER TABLE back_checks DROP CONSTRAINT ck_back_checks_{name}")
    for column in ("compared", "answers", "caller_grid_id", "risk_probability", "core_probability"):
        op.drop_column("back_checks", column)
