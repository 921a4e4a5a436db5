"""Hints about reports, cases that people decide, which rules are in use, and what a photo looks like.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
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


def upgrade() -> None:
    """Make the tables, their rights and their guards, and the column."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("attachments", sa.Column("look", sa.BigInteger(), nullable=True))
    make_findings()
    make_cases()
    make_states()
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def make_findings() -> None:
    """Written once; seen by whom the verdicts are seen by."""
    table = "evidence_findings"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("strength", sa.Float(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("strength >= 0 AND strength <= 1", name=op.f("ck_evidence_findings_strength")),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["contact_feedback.id"], name=op.f("fk_evidence_findings_feedback_id_contact_feedback")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_evidence_findings_staff_id_staff")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_evidence_findings_grid_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_findings")),
        sa.UniqueConstraint(
            "feedback_id", "rule", "rule_version", name=op.f("uq_evidence_findings_feedback_id_rule_rule_version")
        ),
    )
    op.create_index(op.f("ix_evidence_findings_month_rule"), table, ["month", "rule"], unique=False)
    op.create_index(op.f("ix_evidence_findings_staff_id_month"), table, ["staff_id", "month"], unique=False)
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    protect(table, f"{COMPANY} OR ({MY_GRIDS} AND ({MANAGING} OR {MYSELF}))")
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def make_cases() -> None:
    """Seen by those who manage; not by the manager whom a case is about."""
    table = "review_cases"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", choice(("feedback", "manager"), "case_kind"), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", choice(("upheld", "dismissed"), "case_decision"), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_account_id", sa.Integer(), nullable=True),
        sa.Column("seconded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconded_by_account_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(kind = 'feedback') = (feedback_id IS NOT NULL)", name=op.f("ck_review_cases_about")),
        sa.CheckConstraint(
            "num_nulls(decision, decision_reason, decided_at, decided_by_account_id) IN (0, 4)",
            name=op.f("ck_review_cases_decided_whole"),
        ),
        sa.CheckConstraint(
            "num_nulls(seconded_at, seconded_by_account_id) IN (0, 2)", name=op.f("ck_review_cases_seconded_whole")
        ),
        sa.CheckConstraint("seconded_at IS NULL OR decided_at IS NOT NULL", name=op.f("ck_review_cases_seconded_after")),
        sa.CheckConstraint("seconded_by_account_id <> decided_by_account_id", name=op.f("ck_review_cases_two_persons")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_review_cases_staff_id_staff")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_review_cases_grid_id_units")),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["contact_feedback.id"], name=op.f("fk_review_cases_feedback_id_contact_feedback")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_account_id"], ["accounts.id"], name=op.f("fk_review_cases_decided_by_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["seconded_by_account_id"], ["accounts.id"], name=op.f("fk_review_cases_seconded_by_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_cases")),
        sa.UniqueConstraint(
            "kind", "staff_id", "month", "feedback_id", name="uq_review_cases_once", postgresql_nulls_not_distinct=True
        ),
    )
    undecided = sa.text("decided_at IS NULL")
    op.create_index("ix_review_cases_grid_open", table, ["grid_id", "opened_at"], unique=False, postgresql_where=undecided)
    op.create_index(op.f("ix_review_cases_staff_id_month"), table, ["staff_id", "month"], unique=False)
    op.create_index(op.f("ix_review_cases_feedback_id"), table, ["feedback_id"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
    protect(table, f"{COMPANY} OR ({MY_GRIDS} AND {MANAGING})")


def make_states() -> None:
    """Of rules, not of people: everybody may read them."""
    table = "evidence_rule_states"
    op.create_table(
        table,
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Float(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("upheld", sa.Integer(), nullable=False),
        sa.Column("switched_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(switched_off_at, because) IN (0, 2)", name=op.f("ck_evidence_rule_states_switched_off_whole")
        ),
        sa.CheckConstraint("floor >= 0 AND floor <= 1", name=op.f("ck_evidence_rule_states_floor")),
        sa.CheckConstraint("upheld BETWEEN 0 AND decided", name=op.f("ck_evidence_rule_states_upheld")),
        sa.PrimaryKeyConstraint("rule", "version", name=op.f("pk_evidence_rule_states")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")


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
    for table in ("evidence_rule_states", "review_cases", "evidence_findings"):
        op.drop_table(table)
    op.drop_column("attachments", "look")
