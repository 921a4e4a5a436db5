"""Inputs and figures of dispatch runs, to repeat them; and dispatches asked of the worker."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TEXTS = ("inputs_path", "inputs_sha256", "result_sha256", "code_version")
FIGURES = ("objective", "bound")


def upgrade() -> None:
    """Add the columns and the table."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name in TEXTS:
        op.add_column("dispatch_runs", sa.Column(name, sa.Text(), nullable=True))
    for name in FIGURES:
        op.add_column("dispatch_runs", sa.Column(name, sa.Numeric(18, 4), nullable=True))
    op.create_table(
        "dispatch_requests",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("done", "failed", name="request_outcome", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["requested_by"], ["accounts.id"], name=op.f("fk_dispatch_requests_requested_by_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_requests")),
    )
    op.create_index(
        "ix_dispatch_requests_waiting", "dispatch_requests", ["id"], unique=False, postgresql_where=sa.text("outcome IS NULL")
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON dispatch_requests TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_dispatch_requests_waiting", table_name="dispatch_requests", postgresql_where=sa.text("outcome IS NULL"))
    op.drop_table("dispatch_requests")
    for name in (*FIGURES, *TEXTS):
        op.drop_column("dispatch_runs", name)
