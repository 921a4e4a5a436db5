"""Tables of the first release.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from app.core.db import TransactionId
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "feed_days",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", "day", name=op.f("pk_feed_days")),
    )
    op.create_table(
        "import_batches",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("full", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("header", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ignored_columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
    )
    op.create_index("uq_import_batches_feed_sha256", "import_batches", ["feed", "sha256"], unique=True)
    op.create_table(
        "job_leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fencing_token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_leases")),
    )
    op.create_table(
        "job_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "running",
                "done",
                "failed",
                name="job_outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("fencing_token", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
    )
    op.create_index(op.f("ix_job_runs_job_started_at"), "job_runs", ["job", "started_at"], unique=False)
    op.create_index(
        "uq_job_runs_job_due_at", "job_runs", ["job", "due_at"], unique=True, postgresql_where=sa.text("outcome = 'done'")
    )
    op.create_table(
        "points_plans",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("pays", sa.Text(), nullable=False),
        sa.Column("index_prior", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("minimum_matured", sa.Integer(), nullable=False),
        sa.Column("minimum_judged", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_plans")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_points_plans_code_version")),
        sa.UniqueConstraint("effective_from", name=op.f("uq_points_plans_effective_from")),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "acquire",
                "upsell",
                "cross_sell",
                "retention",
                "win_back",
                "care",
                name="product_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("monthly_price", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("margin", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("contact_cost", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("strategic_weight", sa.Numeric(precision=14, scale=4), server_default=sa.text("1"), nullable=False),
        sa.Column("attribution_days", sa.Integer(), server_default=sa.text("30"), nullable=False),
        sa.Column("maturity_days", sa.Integer(), server_default=sa.text("7"), nullable=False),
        sa.Column("bundle_of", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("product_code", name=op.f("uq_products_product_code")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "company",
                "branch",
                "grid",
                name="unit_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
    )
    op.create_table(
        "plan_components",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column(
            "component",
            sa.Enum(
                "success",
                "accuracy",
                "existing_scheme",
                name="component",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("weight", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("floor", sa.Numeric(precision=14, scale=8), nullable=False),
        sa.Column("target", sa.Numeric(precision=14, scale=8), nullable=False),
        sa.Column("cap", sa.Numeric(precision=14, scale=8), nullable=False),
        sa.Column("fallback", sa.Numeric(precision=14, scale=8), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["points_plans.id"], name=op.f("fk_plan_components_plan_id_points_plans")),
        sa.PrimaryKeyConstraint("plan_id", "component", name=op.f("pk_plan_components")),
    )
    op.create_table(
        "ranker_versions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "candidate",
                "champion",
                "retired",
                name="ranker_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("label_window_days", sa.Integer(), nullable=False),
        sa.Column("data_from", sa.Date(), nullable=False),
        sa.Column("data_to", sa.Date(), nullable=False),
        sa.Column("example_count", sa.Integer(), nullable=False),
        sa.Column("positive_count", sa.Integer(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("artifact", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_ranker_versions_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranker_versions")),
        sa.UniqueConstraint("product_id", "number", name=op.f("uq_ranker_versions_product_id_number")),
    )
    op.create_index(
        "uq_ranker_versions_champion",
        "ranker_versions",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("status = 'champion'"),
    )
    op.create_table(
        "rejected_rows",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_rejected_rows_batch_id_import_batches")),
        sa.PrimaryKeyConstraint("batch_id", "line", name=op.f("pk_rejected_rows")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "terminal_manager",
                "grid_manager",
                "branch_manager",
                "planner",
                "analyst",
                "admin",
                "payroll",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("daily_capacity", sa.Integer(), nullable=True),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_staff_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("staff_no", name=op.f("uq_staff_staff_no")),
    )
    op.create_index(op.f("ix_staff_unit_id"), "staff", ["unit_id"], unique=False)
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_absences_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
        sa.UniqueConstraint("staff_id", "from_date", name=op.f("uq_absences_staff_id_from_date")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column(
            "service_role",
            sa.Enum(
                "terminal_manager",
                "grid_manager",
                "branch_manager",
                "planner",
                "analyst",
                "admin",
                "payroll",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_accounts_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_accounts_staff_id")),
    )
    op.create_table(
        "base_points",
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("points", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_base_points_staff_id_staff")),
        sa.PrimaryKeyConstraint("period", "staff_id", "component", name=op.f("pk_base_points")),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("owner_staff_id", sa.Integer(), nullable=True),
        sa.Column("segment", sa.Text(), nullable=True),
        sa.Column("lifecycle", sa.Text(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("changed_xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_customers_grid_id_units")),
        sa.ForeignKeyConstraint(["owner_staff_id"], ["staff.id"], name=op.f("fk_customers_owner_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("customer_no", name=op.f("uq_customers_customer_no")),
    )
    op.create_index(op.f("ix_customers_grid_id"), "customers", ["grid_id"], unique=False)
    op.create_table(
        "scoring_runs",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("ranker_version_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("customer_count", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_scoring_runs_product_id_products")),
        sa.ForeignKeyConstraint(
            ["ranker_version_id"],
            ["ranker_versions.id"],
            name=op.f("fk_scoring_runs_ranker_version_id_ranker_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_runs")),
    )
    op.create_index(
        op.f("ix_scoring_runs_product_id_finished_at"),
        "scoring_runs",
        ["product_id", "finished_at"],
        unique=False,
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_calls_customer_id_customers")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_calls_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("call_id", name=op.f("uq_calls_call_id")),
    )
    op.create_index(
        op.f("ix_calls_staff_id_customer_id_started_at"),
        "calls",
        ["staff_id", "customer_id", "started_at"],
        unique=False,
    )
    op.create_index(op.f("ix_calls_started_at"), "calls", ["started_at"], unique=False)
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("product_family", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "frozen",
                "open",
                "closed",
                name="campaign_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("list_size", sa.Integer(), nullable=True),
        sa.Column("minimum_score", sa.REAL(), nullable=True),
        sa.Column("control_share", sa.Numeric(precision=6, scale=5), nullable=False),
        sa.Column("exploration_share", sa.Numeric(precision=6, scale=5), nullable=False),
        sa.Column("rest_days", sa.Integer(), nullable=False),
        sa.Column("attribution_days", sa.Integer(), nullable=False),
        sa.Column("maturity_days", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("talk_track", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("scoring_run_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(list_size IS NULL) <> (minimum_score IS NULL)", name=op.f("ck_campaigns_size_or_score")),
        sa.CheckConstraint("control_share >= 0 AND control_share < 1", name=op.f("ck_campaigns_control_share")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_campaigns_window")),
        sa.CheckConstraint("exploration_share >= 0 AND exploration_share < 1", name=op.f("ck_campaigns_exploration_share")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_campaigns_product_id_products")),
        sa.ForeignKeyConstraint(["scoring_run_id"], ["scoring_runs.id"], name=op.f("fk_campaigns_scoring_run_id_scoring_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("code", name=op.f("uq_campaigns_code")),
    )
    op.create_table(
        "complaints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("complaint_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_complaints_customer_id_customers")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_complaints_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("complaint_no", name=op.f("uq_complaints_complaint_no")),
    )
    op.create_index(op.f("ix_complaints_customer_id"), "complaints", ["customer_id"], unique=False)
    op.create_table(
        "contact_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("campaign_code", sa.Text(), nullable=True),
        sa.Column(
            "arm",
            sa.Enum("treated", "control", name="arm", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_contact_history_customer_id_customers")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_contact_history_product_id_products")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_contact_history_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_history")),
        sa.UniqueConstraint("contact_no", name=op.f("uq_contact_history_contact_no")),
    )
    op.create_index(
        op.f("ix_contact_history_customer_id_product_id"),
        "contact_history",
        ["customer_id", "product_id"],
        unique=False,
    )
    op.create_table(
        "contact_preferences",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "refused",
                "allowed",
                name="preference_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_contact_preferences_customer_id_customers")),
        sa.PrimaryKeyConstraint("customer_id", "scope", name=op.f("pk_contact_preferences")),
    )
    op.create_table(
        "customer_scores",
        sa.Column("scoring_run_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.REAL(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["scoring_run_id"],
            ["scoring_runs.id"],
            name=op.f("fk_customer_scores_scoring_run_id_scoring_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scoring_run_id", "rank", name=op.f("pk_customer_scores")),
    )
    op.create_table(
        "feature_snapshots",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_feature_snapshots_customer_id_customers")),
        sa.PrimaryKeyConstraint("customer_id", "snapshot_date", name=op.f("pk_feature_snapshots")),
    )
    op.create_table(
        "feedback_quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feedback_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("waits_for_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_feedback_quarantine_account_id_accounts")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_feedback_quarantine_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_feedback_quarantine_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_quarantine")),
        sa.UniqueConstraint(
            "staff_id",
            "feedback_id",
            "content_hash",
            name=op.f("uq_feedback_quarantine_staff_id_feedback_id_content_hash"),
        ),
    )
    op.create_index(op.f("ix_feedback_quarantine_waits_for_id"), "feedback_quarantine", ["waits_for_id"], unique=False)
    op.create_table(
        "holdings",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_holdings_customer_id_customers")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_holdings_product_id_products")),
        sa.PrimaryKeyConstraint("customer_id", "product_id", "from_date", name=op.f("pk_holdings")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id_customers")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_orders_product_id_products")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_orders_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("order_no", name=op.f("uq_orders_order_no")),
    )
    op.create_index(op.f("ix_orders_customer_id_product_id"), "orders", ["customer_id", "product_id"], unique=False)
    op.create_index(op.f("ix_orders_ordered_at"), "orders", ["ordered_at"], unique=False)
    op.create_table(
        "points_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["closed_by_account_id"],
            ["accounts.id"],
            name=op.f("fk_points_months_closed_by_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["points_plans.id"], name=op.f("fk_points_months_plan_id_points_plans")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_points_months")),
    )
    op.create_table(
        "refresh_families",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_refresh_families_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_families")),
    )
    op.create_index(op.f("ix_refresh_families_account_id"), "refresh_families", ["account_id"], unique=False)
    op.create_table(
        "ties",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("other_customer_id", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_ties_customer_id_customers")),
        sa.ForeignKeyConstraint(["other_customer_id"], ["customers.id"], name=op.f("fk_ties_other_customer_id_customers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ties")),
        sa.UniqueConstraint("customer_id", "other_customer_id", name=op.f("uq_ties_customer_id_other_customer_id")),
    )
    op.create_table(
        "campaign_targets",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.REAL(), nullable=False),
        sa.Column(
            "draw",
            sa.Enum("ranked", "explored", name="draw", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("selection_probability", sa.REAL(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "dispatched",
                "invalid",
                "do_not_disturb",
                "already_owns",
                "contacted_too_recently",
                "locked_by_other_campaign",
                "control",
                "no_active_manager",
                "over_capacity",
                name="terminal_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "customer_id", name=op.f("pk_campaign_targets")),
    )
    op.create_index(op.f("ix_campaign_targets_customer_id"), "campaign_targets", ["customer_id"], unique=False)
    op.create_table(
        "dispatch_runs",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target_count", sa.Integer(), nullable=False),
        sa.Column("waterfall", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_dispatch_runs_campaign_id_campaigns")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_runs")),
    )
    op.create_index(op.f("ix_dispatch_runs_campaign_id"), "dispatch_runs", ["campaign_id"], unique=False)
    op.create_table(
        "monthly_statements",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_monthly_statements_grid_id_units")),
        sa.ForeignKeyConstraint(["month"], ["points_months.month"], name=op.f("fk_monthly_statements_month_points_months")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_monthly_statements_staff_id_staff")),
        sa.PrimaryKeyConstraint("month", "staff_id", name=op.f("pk_monthly_statements")),
    )
    op.create_table(
        "payroll_files",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("points_sum", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["month"], ["points_months.month"], name=op.f("fk_payroll_files_month_points_months")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_payroll_files")),
    )
    op.create_table(
        "points_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column(
            "component",
            sa.Enum(
                "success",
                "accuracy",
                "existing_scheme",
                name="component",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "earned",
                "adjustment",
                name="entry_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("points", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("refers_to_id", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_points_entries_grid_id_units")),
        sa.ForeignKeyConstraint(["month"], ["points_months.month"], name=op.f("fk_points_entries_month_points_months")),
        sa.ForeignKeyConstraint(["plan_id"], ["points_plans.id"], name=op.f("fk_points_entries_plan_id_points_plans")),
        sa.ForeignKeyConstraint(
            ["refers_to_id"],
            ["points_entries.id"],
            name=op.f("fk_points_entries_refers_to_id_points_entries"),
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_points_entries_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entries")),
        sa.UniqueConstraint("refers_to_id", "cause", name=op.f("uq_points_entries_refers_to_id_cause")),
    )
    op.create_index(op.f("ix_points_entries_staff_id_month"), "points_entries", ["staff_id", "month"], unique=False)
    op.create_index(
        "uq_points_entries_earned",
        "points_entries",
        ["month", "staff_id", "component"],
        unique=True,
        postgresql_where=sa.text("kind = 'earned'"),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["refresh_families.id"], name=op.f("fk_refresh_tokens_family_id_refresh_families")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("family_id", "generation", name=op.f("uq_refresh_tokens_family_id_generation")),
    )
    op.create_table(
        "payroll_acknowledgements",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_payroll_acknowledgements_account_id_accounts")),
        sa.ForeignKeyConstraint(["month"], ["payroll_files.month"], name=op.f("fk_payroll_acknowledgements_month_payroll_files")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_payroll_acknowledgements")),
    )
    op.create_table(
        "work_orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("dispatch_run_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("product_family", sa.Text(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "in_progress",
                "done",
                "returned",
                "expired",
                "withdrawn",
                name="work_order_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scheduled_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.REAL(), nullable=False),
        sa.Column(
            "draw",
            sa.Enum("ranked", "explored", name="draw", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("selection_probability", sa.REAL(), nullable=False),
        sa.Column("assigned_because", sa.Text(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("matures_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id", "customer_id"],
            ["campaign_targets.campaign_id", "campaign_targets.customer_id"],
            name=op.f("fk_work_orders_campaign_id_customer_id_campaign_targets"),
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_work_orders_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_orders")),
        sa.UniqueConstraint("campaign_id", "customer_id", name=op.f("uq_work_orders_campaign_id_customer_id")),
    )
    op.create_index(op.f("ix_work_orders_staff_id_changed_xid"), "work_orders", ["staff_id", "changed_xid"], unique=False)
    op.create_index(
        "uq_work_orders_contact_lock",
        "work_orders",
        ["customer_id", "product_family"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'in_progress')"),
    )
    op.create_table(
        "contact_feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "call",
                "visit",
                "sms",
                "counter",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("objection", sa.Text(), nullable=True),
        sa.Column("callback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("phone_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phone_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_offset_seconds", sa.BigInteger(), nullable=False),
        sa.Column("clock_doubtful", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("accuracy_metres", sa.Float(), nullable=True),
        sa.Column("mock_location", sa.Boolean(), nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("device_sequence", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["corrects_id"],
            ["contact_feedback.id"],
            name=op.f("fk_contact_feedback_corrects_id_contact_feedback"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_contact_feedback_customer_id_customers")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_contact_feedback_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_contact_feedback_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_orders.id"], name=op.f("fk_contact_feedback_work_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_feedback")),
    )
    op.create_index(op.f("ix_contact_feedback_staff_id_month"), "contact_feedback", ["staff_id", "month"], unique=False)
    op.create_index(op.f("ix_contact_feedback_work_order_id"), "contact_feedback", ["work_order_id"], unique=False)
    op.create_index(
        "uq_contact_feedback_corrects_id",
        "contact_feedback",
        ["corrects_id"],
        unique=True,
        postgresql_where=sa.text("corrects_id IS NOT NULL"),
    )
    op.create_table(
        "work_order_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column(
            "from_state",
            sa.Enum(
                "open",
                "in_progress",
                "done",
                "returned",
                "expired",
                "withdrawn",
                name="from_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "open",
                "in_progress",
                "done",
                "returned",
                "expired",
                "withdrawn",
                name="to_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("from_staff_id", sa.Integer(), nullable=False),
        sa.Column("to_staff_id", sa.Integer(), nullable=False),
        sa.Column("actor_account_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_account_id"], ["accounts.id"], name=op.f("fk_work_order_events_actor_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["from_staff_id"], ["staff.id"], name=op.f("fk_work_order_events_from_staff_id_staff")),
        sa.ForeignKeyConstraint(["to_staff_id"], ["staff.id"], name=op.f("fk_work_order_events_to_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_orders.id"], name=op.f("fk_work_order_events_work_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_events")),
    )
    op.create_index(op.f("ix_work_order_events_work_order_id"), "work_order_events", ["work_order_id"], unique=False)
    op.create_table(
        "work_order_tombstones",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("changed_xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_work_order_tombstones_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_work_order_tombstones_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_orders.id"],
            name=op.f("fk_work_order_tombstones_work_order_id_work_orders"),
        ),
        sa.PrimaryKeyConstraint("staff_id", "work_order_id", name=op.f("pk_work_order_tombstones")),
    )
    op.create_index(
        op.f("ix_work_order_tombstones_staff_id_changed_xid"),
        "work_order_tombstones",
        ["staff_id", "changed_xid"],
        unique=False,
    )
    op.create_table(
        "back_checks",
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("inclusion_probability", sa.Float(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_account_id", sa.Integer(), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "confirmed",
                "contradicted",
                "unverifiable",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by_account_id"],
            ["accounts.id"],
            name=op.f("fk_back_checks_answered_by_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["contact_feedback.id"], name=op.f("fk_back_checks_feedback_id_contact_feedback")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_back_checks_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_back_checks_staff_id_staff")),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_back_checks")),
    )
    op.create_index(op.f("ix_back_checks_grid_id_answered_at"), "back_checks", ["grid_id", "answered_at"], unique=False)
    op.create_table(
        "verifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "automatic",
                "back_check",
                name="verification_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "verdict",
            sa.Enum(
                "confirmed",
                "contradicted",
                "unverifiable",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("judging_probability", sa.Float(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_account_id"],
            ["accounts.id"],
            name=op.f("fk_verifications_decided_by_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["contact_feedback.id"],
            name=op.f("fk_verifications_feedback_id_contact_feedback"),
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_verifications_grid_id_units")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_verifications_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
        sa.UniqueConstraint("feedback_id", "number", name=op.f("uq_verifications_feedback_id_number")),
    )
    op.create_index(op.f("ix_verifications_staff_id"), "verifications", ["staff_id"], unique=False)
    op.create_table(
        "points_evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=True),
        sa.Column("verification_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("weight", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["points_entries.id"], name=op.f("fk_points_evidence_entry_id_points_entries")),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["contact_feedback.id"],
            name=op.f("fk_points_evidence_feedback_id_contact_feedback"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_points_evidence_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verifications.id"],
            name=op.f("fk_points_evidence_verification_id_verifications"),
        ),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"], name=op.f("fk_points_evidence_work_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_evidence")),
    )
    op.create_index(op.f("ix_points_evidence_entry_id"), "points_evidence", ["entry_id"], unique=False)
    op.create_index(op.f("ix_points_evidence_work_order_id"), "points_evidence", ["work_order_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_points_evidence_work_order_id"), table_name="points_evidence")
    op.drop_index(op.f("ix_points_evidence_entry_id"), table_name="points_evidence")
    op.drop_table("points_evidence")
    op.drop_index(op.f("ix_verifications_staff_id"), table_name="verifications")
    op.drop_table("verifications")
    op.drop_index(op.f("ix_back_checks_grid_id_answered_at"), table_name="back_checks")
    op.drop_table("back_checks")
    op.drop_index(op.f("ix_work_order_tombstones_staff_id_changed_xid"), table_name="work_order_tombstones")
    op.drop_table("work_order_tombstones")
    op.drop_index(op.f("ix_work_order_events_work_order_id"), table_name="work_order_events")
    op.drop_table("work_order_events")
    op.drop_index(
        "uq_contact_feedback_corrects_id",
        table_name="contact_feedback",
        postgresql_where=sa.text("corrects_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_contact_feedback_work_order_id"), table_name="contact_feedback")
    op.drop_index(op.f("ix_contact_feedback_staff_id_month"), table_name="contact_feedback")
    op.drop_table("contact_feedback")
    op.drop_index(
        "uq_work_orders_contact_lock",
        table_name="work_orders",
        postgresql_where=sa.text("state IN ('open', 'in_progress')"),
    )
    op.drop_index(op.f("ix_work_orders_staff_id_changed_xid"), table_name="work_orders")
    op.drop_table("work_orders")
    op.drop_table("payroll_acknowledgements")
    op.drop_table("refresh_tokens")
    op.drop_index("uq_points_entries_earned", table_name="points_entries", postgresql_where=sa.text("kind = 'earned'"))
    op.drop_index(op.f("ix_points_entries_staff_id_month"), table_name="points_entries")
    op.drop_table("points_entries")
    op.drop_table("payroll_files")
    op.drop_table("monthly_statements")
    op.drop_index(op.f("ix_dispatch_runs_campaign_id"), table_name="dispatch_runs")
    op.drop_table("dispatch_runs")
    op.drop_index(op.f("ix_campaign_targets_customer_id"), table_name="campaign_targets")
    op.drop_table("campaign_targets")
    op.drop_table("ties")
    op.drop_index(op.f("ix_refresh_families_account_id"), table_name="refresh_families")
    op.drop_table("refresh_families")
    op.drop_table("points_months")
    op.drop_index(op.f("ix_orders_ordered_at"), table_name="orders")
    op.drop_index(op.f("ix_orders_customer_id_product_id"), table_name="orders")
    op.drop_table("orders")
    op.drop_table("holdings")
    op.drop_index(op.f("ix_feedback_quarantine_waits_for_id"), table_name="feedback_quarantine")
    op.drop_table("feedback_quarantine")
    op.drop_table("feature_snapshots")
    op.drop_table("customer_scores")
    op.drop_table("contact_preferences")
    op.drop_index(op.f("ix_contact_history_customer_id_product_id"), table_name="contact_history")
    op.drop_table("contact_history")
    op.drop_index(op.f("ix_complaints_customer_id"), table_name="complaints")
    op.drop_table("complaints")
    op.drop_table("campaigns")
    op.drop_index(op.f("ix_calls_started_at"), table_name="calls")
    op.drop_index(op.f("ix_calls_staff_id_customer_id_started_at"), table_name="calls")
    op.drop_table("calls")
    op.drop_index(op.f("ix_scoring_runs_product_id_finished_at"), table_name="scoring_runs")
    op.drop_table("scoring_runs")
    op.drop_index(op.f("ix_customers_grid_id"), table_name="customers")
    op.drop_table("customers")
    op.drop_table("base_points")
    op.drop_table("accounts")
    op.drop_table("absences")
    op.drop_index(op.f("ix_staff_unit_id"), table_name="staff")
    op.drop_table("staff")
    op.drop_table("rejected_rows")
    op.drop_index(
        "uq_ranker_versions_champion",
        table_name="ranker_versions",
        postgresql_where=sa.text("status = 'champion'"),
    )
    op.drop_table("ranker_versions")
    op.drop_table("plan_components")
    op.drop_table("units")
    op.drop_table("products")
    op.drop_table("points_plans")
    op.drop_index("uq_job_runs_job_due_at", table_name="job_runs")
    op.drop_index(op.f("ix_job_runs_job_started_at"), table_name="job_runs")
    op.drop_table("job_runs")
    op.drop_table("job_leases")
    op.drop_index("uq_import_batches_feed_sha256", table_name="import_batches")
    op.drop_table("import_batches")
    op.drop_table("feed_days")
