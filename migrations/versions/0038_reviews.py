"""What people did about cases and rules, and verdicts that a review made.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
KIND = "ck_verifications_verification_kind"
CASES = "review_cases"


def upgrade() -> None:
    """Make the tables with their rights and guards; a verdict may come of a review; nobody decides on themselves."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    allow_kinds("'automatic', 'back_check', 'review'")
    make_events()
    make_switches()
    make_messages()
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(NOT_ONES_OWN)
    op.execute(f"CREATE TRIGGER not_ones_own AFTER UPDATE ON {CASES} FOR EACH ROW EXECUTE FUNCTION refuse_own_case()")


NOT_ONES_OWN = """
CREATE FUNCTION refuse_own_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts a WHERE a.staff_id = NEW.staff_id
               AND a.id IN (NEW.decided_by_account_id, NEW.seconded_by_account_id)) THEN
        RAISE EXCEPTION 'a case is not decided by whom it is about' USING ERRCODE = '23514', CONSTRAINT = 'not_ones_own';
    END IF;
    RETURN NEW;
END $$
"""


def allow_kinds(kinds: str) -> None:
    """Only a row lock while the table is looked through."""
    op.execute(f"ALTER TABLE verifications DROP CONSTRAINT {KIND}")
    op.execute(f"ALTER TABLE verifications ADD CONSTRAINT {KIND} CHECK (kind IN ({kinds})) NOT VALID")
    op.execute(f"ALTER TABLE verifications VALIDATE CONSTRAINT {KIND}")


def make_events() -> None:
    """Written once; seen by whom the cases are seen by."""
    table = "review_events"
    acts = sa.Enum(
        "upheld", "dismissed", "seconded", "sent_back", name="review_act", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("act", acts, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], name=op.f("fk_review_events_case_id_review_cases")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_review_events_grid_id_units")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_review_events_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_events")),
    )
    op.create_index(op.f("ix_review_events_case_id"), table, ["case_id"], unique=False)
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    visible = f"{COMPANY} OR ({MY_GRIDS} AND {MANAGING})"
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({visible})")
    append_only(table)


def make_switches() -> None:
    """Of rules, not of people: everybody may read them."""
    table = "rule_switches"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("switched_on", sa.Boolean(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("upheld", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("account_id IS NOT NULL OR NOT switched_on", name=op.f("ck_rule_switches_on_by_a_person")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_rule_switches_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_switches")),
    )
    op.create_index(op.f("ix_rule_switches_rule_version"), table, ["rule", "version"], unique=False)
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    append_only(table)


def make_messages() -> None:
    """Only who acts for the whole company sees them: whoever leads a manager is not told what is checked."""
    table = "sms_confirmations"
    answers = sa.Enum("yes", "no", name="sms_answer", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        table,
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_because", sa.Text(), nullable=True),
        sa.Column("answer", answers, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["contact_feedback.id"], name=op.f("fk_sms_confirmations_feedback_id_contact_feedback")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sms_confirmations_staff_id_staff")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_sms_confirmations_grid_id_units")),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_sms_confirmations")),
        sa.UniqueConstraint("reference", name=op.f("uq_sms_confirmations_reference")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({COMPANY}) WITH CHECK ({COMPANY})")


def append_only(table: str) -> None:
    """Nobody changes a row, the owner neither."""
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    """Take them away again."""
    op.execute(f"DROP TRIGGER not_ones_own ON {CASES}")
    op.execute("DROP FUNCTION refuse_own_case")
    op.drop_table("sms_confirmations")
    op.drop_table("rule_switches")
    op.drop_table("review_events")
    allow_kinds("'automatic', 'back_check'")
