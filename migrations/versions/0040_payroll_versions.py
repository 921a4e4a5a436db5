"""What a closed month is recomputed from; the files of a month by version, no line in two; reports that land while a month closes.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
TABLES = ("points_inputs", "payroll_delta_files", "payroll_delta_acknowledgements", "payroll_file_lines")

# The month of a report is that of its arrival, unless the month was closed in between: then it is the first one that is open.
# Who closes a month holds its lock alone, from before it reads the reports; whoever brings one holds it with the others.
PLACE_FEEDBACK = """
CREATE FUNCTION place_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed timestamptz;
BEGIN
    LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('month/' || to_char(NEW.month, 'YYYY-MM'), 0));
        SELECT closed_at INTO closed FROM points_months WHERE month = NEW.month;
        EXIT WHEN closed IS NULL;
        NEW.month := (NEW.month + interval '1 month')::date;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER open_month BEFORE INSERT ON contact_feedback FOR EACH ROW EXECUTE FUNCTION place_feedback();
"""


def upgrade() -> None:
    """Make the tables, say of the files so far which lines they hold, then the guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("SELECT set_config('gridwork.scope', 'all', true)")  # the owner is bound by row level security too
    op.add_column("points_evidence", sa.Column("score", sa.Numeric(), nullable=True))
    create_inputs()
    create_files()
    op.execute(
        "INSERT INTO payroll_file_lines (entry_id, month, version)"
        " SELECT e.id, e.month, 1 FROM points_entries e JOIN payroll_files f ON f.month = e.month"
    )
    op.execute("CREATE TRIGGER open_month BEFORE INSERT ON points_inputs FOR EACH ROW EXECUTE FUNCTION refuse_closed_month()")
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()"
        )
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    op.execute("ALTER TABLE points_inputs ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE points_inputs FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON points_inputs USING ({COMPANY}) WITH CHECK ({COMPANY})")
    op.execute(PLACE_FEEDBACK)


def create_inputs() -> None:
    """Who was paid and what was fed, as it was at the close; the rest is in the evidence."""
    op.create_table(
        "points_inputs",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("managers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("base_points", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["month"], ["points_months.month"], name=op.f("fk_points_inputs_month_points_months")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_points_inputs")),
    )


def create_files() -> None:
    """Files of corrections after the close, who holds them, and in which file a line is."""
    op.create_table(
        "payroll_delta_files",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("points_sum", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 2", name=op.f("ck_payroll_delta_files_after_the_first")),
        sa.ForeignKeyConstraint(["month"], ["payroll_files.month"], name=op.f("fk_payroll_delta_files_month_payroll_files")),
        sa.PrimaryKeyConstraint("month", "version", name=op.f("pk_payroll_delta_files")),
    )
    op.create_table(
        "payroll_delta_acknowledgements",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payroll_delta_acknowledgements_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["month", "version"],
            ["payroll_delta_files.month", "payroll_delta_files.version"],
            name=op.f("fk_payroll_delta_acknowledgements_month_version_payroll_delta_files"),
        ),
        sa.PrimaryKeyConstraint("month", "version", name=op.f("pk_payroll_delta_acknowledgements")),
    )
    op.create_table(
        "payroll_file_lines",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["points_entries.id"], name=op.f("fk_payroll_file_lines_entry_id_points_entries")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_payroll_file_lines")),
    )
    op.create_index(op.f("ix_payroll_file_lines_month_version"), "payroll_file_lines", ["month", "version"], unique=False)


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP TRIGGER open_month ON contact_feedback")
    op.execute("DROP FUNCTION place_feedback()")
    for table in ("payroll_file_lines", "payroll_delta_acknowledgements", "payroll_delta_files", "points_inputs"):
        op.drop_table(table)
    op.drop_column("points_evidence", "score")
