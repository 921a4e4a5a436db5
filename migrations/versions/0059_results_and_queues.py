"""How a campaign's work orders stand is kept by grid; queues whose history grows are read from an index; a notice may be for one
person alone; a decision on a return that is taken back is on record.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
OF_GRIDS = f"{COMPANY} OR ({MY_GRIDS} AND {MANAGING})"
RESULTS = "campaign_result_figures"
MYSELF = "(SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
UNDONE = """
CREATE TRIGGER keep_audit_undone AFTER INSERT ON work_order_events FOR EACH ROW
    WHEN (NEW.actor_account_id IS NOT NULL AND NEW.event = 'return_undone') EXECUTE FUNCTION
    keep_audit('work_order', 'event', 'work_order', 'work_order_id', 'actor_account_id', 'happened_at', 'reason')
"""
# Some thousands of rows a year: made in a moment.
QUEUES = (
    ("ix_review_cases_grid_id_opened_at", "review_cases", ["grid_id", "opened_at"], None),
    ("ix_review_cases_grid_to_second", "review_cases", ["grid_id", "opened_at"], "decision = 'upheld' AND seconded_at IS NULL"),
    ("ix_points_disputes_grid_id_raised_at", "points_disputes", ["grid_id", "raised_at"], None),
    ("ix_back_checks_unanswered", "back_checks", ["month"], "answered_at IS NULL"),
    ("ix_import_batches_rejected", "import_batches", ["id"], "CAST(counts ->> 'rejected' AS integer) > 0"),
)


def upgrade() -> None:
    """Make the table and the indexes; every campaign that was dispatched is marked, so that the worker counts it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        RESULTS,
        sa.Column("campaign_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grid_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "grid_id", "state", "outcome", name=op.f(f"pk_{RESULTS}")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {RESULTS} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {RESULTS} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {RESULTS} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {RESULTS} USING ({OF_GRIDS}) WITH CHECK ({OF_GRIDS})")
    for name, table, columns, of in QUEUES:
        op.create_index(name, table, columns, postgresql_where=None if of is None else sa.text(of))
    op.execute("SELECT set_config('gridwork.scope', 'all', true)")  # the owner is bound by row level security too
    op.execute("INSERT INTO figure_marks (campaign_id) SELECT DISTINCT campaign_id FROM dispatch_runs")
    let_notices_be_for_one()
    op.execute(UNDONE)


def let_notices_be_for_one() -> None:
    """Within who has the role in the unit; open notices of alarms are from now on for who set the alarm."""
    name = op.f("fk_notices_for_staff_id_staff")
    op.add_column("notices", sa.Column("for_staff_id", sa.Integer(), nullable=True))
    op.create_foreign_key(name, "notices", "staff", ["for_staff_id"], ["id"], postgresql_not_valid=True)
    op.execute(f"ALTER TABLE notices VALIDATE CONSTRAINT {name}")
    op.execute("UPDATE notices n SET for_staff_id = a.staff_id FROM figure_alarms a WHERE a.notice_id = n.id")
    op.execute(
        "CREATE POLICY for_one ON notices AS RESTRICTIVE"
        f" USING ({COMPANY} OR for_staff_id IS NULL OR for_staff_id = {MYSELF}) WITH CHECK (true)"
    )


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP TRIGGER keep_audit_undone ON work_order_events")
    op.execute("DROP POLICY for_one ON notices")
    op.drop_constraint(op.f("fk_notices_for_staff_id_staff"), "notices", type_="foreignkey")
    op.drop_column("notices", "for_staff_id")
    for name, table, _, _ in QUEUES:
        op.drop_index(name, table_name=table)
    op.drop_table(RESULTS)
