"""Disputes with a last day, escalation, a second person and what an accepted one is worth; a decided one stays as it is.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

TABLE = "points_disputes"
COLUMNS = (
    ("expected_points", sa.Numeric(14, 4)),
    ("due_on", sa.Date()),
    ("told_branch_at", sa.DateTime(timezone=True)),
    ("told_company_at", sa.DateTime(timezone=True)),
    ("proposed_points", sa.Numeric(14, 4)),
    ("proposed_reason", sa.Text()),
    ("proposed_at", sa.DateTime(timezone=True)),
    ("proposed_by_staff_id", sa.Integer()),
    ("accepted_points", sa.Numeric(14, 4)),
)
CHECKS = {
    "not_proposed_oneself": "proposed_by_staff_id <> staff_id",
    "proposed_whole": "num_nulls(proposed_points, proposed_reason, proposed_at, proposed_by_staff_id) IN (0, 4)",
    "second_person": "decision <> 'accepted' OR proposed_points IS NULL OR decided_by_staff_id <> proposed_by_staff_id",
    "points_of_an_accepted": "decision = 'accepted' OR accepted_points IS NULL",
}
STAFF_KEY = "fk_points_disputes_proposed_by_staff_id_staff"
KEEP_DECIDED = """
CREATE FUNCTION keep_decided_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.decided_at IS NOT NULL THEN
        RAISE EXCEPTION 'dispute % is decided', OLD.id USING ERRCODE = 'GW001';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER keep_decided BEFORE UPDATE OR DELETE ON points_disputes FOR EACH ROW EXECUTE FUNCTION keep_decided_dispute();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON points_disputes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Add the columns, their checks and the trigger."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name, kind in COLUMNS:
        op.add_column(TABLE, sa.Column(name, kind, nullable=True))
    for name, condition in CHECKS.items():
        op.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT ck_points_disputes_{name} CHECK ({condition}) NOT VALID")
        op.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT ck_points_disputes_{name}")
    op.execute(
        f"ALTER TABLE {TABLE} ADD CONSTRAINT {STAFF_KEY} FOREIGN KEY (proposed_by_staff_id) REFERENCES staff (id) NOT VALID"
    )
    op.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT {STAFF_KEY}")
    op.execute("SELECT set_config('gridwork.scope', 'all', true)")  # row level security is forced on the owner too
    op.execute(f"UPDATE {TABLE} SET due_on = CAST(raised_at AS date) + 7 WHERE decided_at IS NULL")
    op.create_index(op.f("ix_points_disputes_month"), TABLE, ["month"], unique=False)
    op.execute(KEEP_DECIDED)


def downgrade() -> None:
    """Take them away again."""
    op.execute(f"DROP TRIGGER no_truncate ON {TABLE}")
    op.execute("DROP FUNCTION keep_decided_dispute CASCADE")
    op.drop_index(op.f("ix_points_disputes_month"), table_name=TABLE)
    op.drop_constraint(STAFF_KEY, TABLE, type_="foreignkey")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_points_disputes_{name}"), TABLE, type_="check")
    for name, _ in reversed(COLUMNS):
        op.drop_column(TABLE, name)
