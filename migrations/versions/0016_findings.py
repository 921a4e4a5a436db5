"""What a report holds beside its outcome: reached, clocks, competitor, corrections proposed, attachments referred to.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
OWN = f"{COMPANY} OR ({MY_GRIDS} AND ({MANAGING} OR ((SELECT current_setting('gridwork.scope', true) = 'own') AND {MYSELF})))"
SIDE_TABLES = ("competitor_findings", "feedback_attachments")  # written once with their report, seen by whoever sees it


def upgrade() -> None:
    """Make the columns, the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("contact_feedback", sa.Column("reached", sa.Boolean(), nullable=True))
    op.add_column("contact_feedback", sa.Column("elapsed_ms", sa.BigInteger(), nullable=True))
    op.add_column("contact_feedback", sa.Column("order_sequence", sa.Integer(), nullable=True))
    create_side_tables()
    create_proposals()
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(SIDE_TABLES)} TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON correction_proposals TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    for table in SIDE_TABLES:
        protect(table, f"EXISTS (SELECT FROM contact_feedback f WHERE f.id = {table}.feedback_id)")
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    protect("correction_proposals", OWN)


def create_side_tables() -> None:
    """What goes with a report."""
    op.create_table(
        "competitor_findings",
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("monthly_price", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["contact_feedback.id"], name=op.f("fk_competitor_findings_feedback_id_contact_feedback")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_competitor_findings_customer_id_customers")),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_competitor_findings")),
    )
    op.create_index(
        op.f("ix_competitor_findings_customer_id_found_at"), "competitor_findings", ["customer_id", "found_at"], unique=False
    )
    op.create_table(
        "feedback_attachments",
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["contact_feedback.id"], name=op.f("fk_feedback_attachments_feedback_id_contact_feedback")
        ),
        sa.PrimaryKeyConstraint("feedback_id", "attachment_id", name=op.f("pk_feedback_attachments")),
    )
    op.create_index(op.f("ix_feedback_attachments_attachment_id"), "feedback_attachments", ["attachment_id"], unique=False)


def create_proposals() -> None:
    """Corrections of master data, and what their owner decided."""
    decision = sa.Enum("accepted", "rejected", name="proposal_decision", native_enum=False, create_constraint=True, length=40)
    references = {
        "feedback_id": "contact_feedback",
        "customer_id": "customers",
        "grid_id": "units",
        "staff_id": "staff",
        "decided_by_account_id": "accounts",
    }
    op.create_table(
        "correction_proposals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", decision, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_account_id", sa.Integer(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        *[
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_correction_proposals_{column}_{table}"))
            for column, table in references.items()
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_proposals")),
        sa.UniqueConstraint("feedback_id", "field", name=op.f("uq_correction_proposals_feedback_id_field")),
    )
    op.create_index(op.f("ix_correction_proposals_customer_id"), "correction_proposals", ["customer_id"], unique=False)
    op.create_index(
        "ix_correction_proposals_undecided",
        "correction_proposals",
        ["grid_id", "id"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def protect(table: str, visible: str) -> None:
    """Switch row level security on for everybody, the owner too, with one policy for reads and writes."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({visible})")


def downgrade() -> None:
    """Take them away again."""
    for table in ("correction_proposals", "feedback_attachments", "competitor_findings"):
        op.drop_table(table)
    for column in ("order_sequence", "elapsed_ms", "reached"):
        op.drop_column("contact_feedback", column)
