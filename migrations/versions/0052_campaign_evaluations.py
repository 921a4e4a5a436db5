"""What campaigns were found to have brought, version after version, and what the worker is to evaluate.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
RECORDS = ("campaign_evaluations", "evaluated_managers")
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "campaign_evaluations",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("bounds", json, nullable=False),
        sa.Column("figures", json, nullable=False),
        sa.Column("difference", json, nullable=True),
        sa.Column("wins", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_evaluations_campaign_id_campaigns")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_campaign_evaluations_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_evaluations")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_campaign_evaluations_campaign_id_number")),
    )
    op.create_table(
        "evaluated_managers",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Numeric(14, 4), nullable=False) for name in ("orders", "successes", "expected")),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("index", "low", "high")),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["campaign_evaluations.id"], name=op.f("fk_evaluated_managers_evaluation_id_campaign_evaluations")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_evaluated_managers_staff_id_staff")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_evaluated_managers_grid_id_units")),
        sa.PrimaryKeyConstraint("evaluation_id", "staff_id", name=op.f("pk_evaluated_managers")),
    )
    make_requests()
    for table in RECORDS:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    visible = f"{COMPANY} OR ({MANAGING} AND {MY_GRIDS})"
    op.execute("ALTER TABLE evaluated_managers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE evaluated_managers FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON evaluated_managers USING ({visible}) WITH CHECK ({COMPANY})")


def make_requests() -> None:
    """What waits for the worker, as other requests do."""
    outcomes = sa.Enum("done", "failed", name="request_outcome", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "evaluation_requests",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("campaign_code", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("concludes", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", outcomes, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_requests")),
    )
    op.create_index("ix_evaluation_requests_waiting", "evaluation_requests", ["id"], postgresql_where=sa.text("outcome IS NULL"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON evaluation_requests TO {APP_ROLE}")


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("evaluation_requests")
    op.drop_table("evaluated_managers")
    op.drop_table("campaign_evaluations")
