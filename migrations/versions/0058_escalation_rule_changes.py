"""Who changed after how many days whom is told of work that nobody does, to what, when and why; and a line of each in the audit.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TABLE = "escalation_rule_changes"


def upgrade() -> None:
    """Of rules, not of people: everybody may read them, and nobody changes one."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("branch_after_days", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_escalation_rule_changes_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_rule_changes")),
    )
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {APP_ROLE}")
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute(
        f"CREATE TRIGGER keep_audit AFTER INSERT ON {TABLE} FOR EACH ROW"
        " EXECUTE FUNCTION keep_audit('rule.changed', '', 'rule', 'rule', 'account_id', 'changed_at', 'because')"
    )


def downgrade() -> None:
    """Without it."""
    op.drop_table(TABLE)
