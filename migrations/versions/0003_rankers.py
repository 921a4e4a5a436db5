"""Rankers with targets, promotions, calibrations and watches; figures as files; tags, words, talk tracks and offers.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


APP_ROLE = "gridwork_app"
NEW_TABLES = (
    "feature_words",
    "offer_runs",
    "tag_definitions",
    "customer_tags",
    "feature_files",
    "talk_tracks",
    "ranker_calibrations",
    "ranker_promotions",
    "ranker_watches",
)
APPEND_ONLY = ("ranker_calibrations", "ranker_promotions", "ranker_watches")
REASONS_BEFORE = (
    "dispatched",
    "invalid",
    "do_not_disturb",
    "already_owns",
    "contacted_too_recently",
    "locked_by_other_campaign",
    "control",
    "no_active_manager",
    "over_capacity",
)
REASONS = (*REASONS_BEFORE, "negative_uplift", "permanent_holdout")


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "feature_words",
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit_zh", sa.Text(), nullable=True),
        sa.Column("unit_en", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feature", name=op.f("pk_feature_words")),
    )
    op.create_table(
        "offer_runs",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("customer_count", sa.Integer(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_runs")),
    )
    op.create_index(op.f("ix_offer_runs_finished_at"), "offer_runs", ["finished_at"], unique=False)
    op.create_table(
        "tag_definitions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_count", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_definitions")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_tag_definitions_code_version")),
    )
    op.create_index(
        "uq_tag_definitions_current", "tag_definitions", ["code"], unique=True, postgresql_where=sa.text("retired_at IS NULL")
    )
    op.create_table(
        "customer_tags",
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag_definitions.id"], name=op.f("fk_customer_tags_tag_id_tag_definitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag_id", "customer_id", name=op.f("pk_customer_tags")),
    )
    op.create_index(op.f("ix_customer_tags_customer_id"), "customer_tags", ["customer_id"], unique=False)
    op.create_table(
        "feature_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["units.id"], name=op.f("fk_feature_files_branch_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_files")),
        sa.UniqueConstraint("path", name=op.f("uq_feature_files_path")),
    )
    op.create_index(
        "uq_feature_files_current",
        "feature_files",
        ["snapshot_date", "branch_id"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "talk_tracks",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=True),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_talk_tracks_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talk_tracks")),
        sa.UniqueConstraint(
            "product_id", "feature", name=op.f("uq_talk_tracks_product_id_feature"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "ranker_calibrations",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("ranker_version_id", sa.Integer(), nullable=False),
        sa.Column("calibration", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("contacts_from", sa.Date(), nullable=False),
        sa.Column("contacts_to", sa.Date(), nullable=False),
        sa.Column("example_count", sa.Integer(), nullable=False),
        sa.Column("positive_count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ranker_version_id"], ["ranker_versions.id"], name=op.f("fk_ranker_calibrations_ranker_version_id_ranker_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranker_calibrations")),
    )
    op.create_index(
        op.f("ix_ranker_calibrations_ranker_version_id_id"), "ranker_calibrations", ["ranker_version_id", "id"], unique=False
    )
    op.create_table(
        "ranker_promotions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column(
            "target",
            sa.Enum("order", "loss", "complaint", name="ranker_target", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("ranker_version_id", sa.Integer(), nullable=False),
        sa.Column("replaced_id", sa.Integer(), nullable=True),
        sa.Column("is_revert", sa.Boolean(), nullable=False),
        sa.Column("gates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("promoted_by", sa.Text(), nullable=False),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_ranker_promotions_product_id_products")),
        sa.ForeignKeyConstraint(
            ["ranker_version_id"], ["ranker_versions.id"], name=op.f("fk_ranker_promotions_ranker_version_id_ranker_versions")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_id"], ["ranker_versions.id"], name=op.f("fk_ranker_promotions_replaced_id_ranker_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranker_promotions")),
    )
    op.create_index(
        op.f("ix_ranker_promotions_product_id_target_id"), "ranker_promotions", ["product_id", "target", "id"], unique=False
    )
    op.create_table(
        "ranker_watches",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("ranker_version_id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("alarms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "consequence",
            sa.Enum(
                "none",
                "recalibrated",
                "retrained",
                "blocked",
                name="watch_consequence",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("watched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ranker_version_id"], ["ranker_versions.id"], name=op.f("fk_ranker_watches_ranker_version_id_ranker_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranker_watches")),
    )
    op.create_index(op.f("ix_ranker_watches_ranker_version_id_id"), "ranker_watches", ["ranker_version_id", "id"], unique=False)
    op.add_column("campaign_targets", sa.Column("uplift", sa.REAL(), nullable=True))
    # Lists of before had no holdout, and are dispatched again as they were.
    op.add_column("campaigns", sa.Column("holdout_share", sa.Numeric(6, 5), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_campaigns_holdout_share"), "campaigns", "holdout_share >= 0 AND holdout_share < 1")
    op.add_column(
        "campaigns", sa.Column("required_tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column(
        "campaigns", sa.Column("excluded_tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("customer_scores", sa.Column("uplift", sa.REAL(), nullable=True))
    op.add_column(
        "ranker_versions",
        sa.Column(
            "target",
            sa.Enum("order", "loss", "complaint", name="ranker_target", native_enum=False, create_constraint=True, length=40),
            server_default=sa.text("'order'"),
            nullable=False,
        ),
    )
    op.add_column(
        "ranker_versions",
        sa.Column(
            "ordering",
            sa.Enum("propensity", "uplift", name="ordering", native_enum=False, create_constraint=True, length=40),
            server_default=sa.text("'propensity'"),
            nullable=False,
        ),
    )
    op.add_column(
        "ranker_versions",
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("ranker_versions", sa.Column("judged_path", sa.Text(), nullable=True))
    op.add_column("ranker_versions", sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ranker_versions", sa.Column("block_reason", sa.Text(), nullable=True))
    op.drop_index(
        op.f("uq_ranker_versions_champion"), table_name="ranker_versions", postgresql_where="((status)::text = 'champion'::text)"
    )
    op.create_index(
        "uq_ranker_versions_champion",
        "ranker_versions",
        ["product_id", "target"],
        unique=True,
        postgresql_where=sa.text("status = 'champion'"),
    )
    op.add_column("scoring_runs", sa.Column("folder", sa.Text(), nullable=True))
    allow_reasons(REASONS)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(NEW_TABLES)} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {APP_ROLE}")
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def allow_reasons(reasons: tuple[str, ...]) -> None:
    """Why a customer of a list was not dispatched: one of these."""
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.execute("ALTER TABLE campaign_targets DROP CONSTRAINT ck_campaign_targets_terminal_reason")
    op.execute(
        f"ALTER TABLE campaign_targets ADD CONSTRAINT ck_campaign_targets_terminal_reason CHECK (reason IN ({listed})) NOT VALID"
    )
    op.execute("ALTER TABLE campaign_targets VALIDATE CONSTRAINT ck_campaign_targets_terminal_reason")


def downgrade() -> None:
    """Take them away again."""
    op.execute("UPDATE campaign_targets SET reason = 'control' WHERE reason IN ('negative_uplift', 'permanent_holdout')")
    allow_reasons(REASONS_BEFORE)
    op.drop_column("scoring_runs", "folder")
    op.drop_index("uq_ranker_versions_champion", table_name="ranker_versions", postgresql_where=sa.text("status = 'champion'"))
    op.create_index(
        op.f("uq_ranker_versions_champion"),
        "ranker_versions",
        ["product_id"],
        unique=True,
        postgresql_where="((status)::text = 'champion'::text)",
    )
    op.drop_column("ranker_versions", "block_reason")
    op.drop_column("ranker_versions", "blocked_at")
    op.drop_column("ranker_versions", "judged_path")
    op.drop_column("ranker_versions", "report")
    op.drop_column("ranker_versions", "ordering")
    op.drop_column("ranker_versions", "target")
    op.drop_column("customer_scores", "uplift")
    op.drop_column("campaigns", "excluded_tags")
    op.drop_column("campaigns", "holdout_share")
    op.drop_column("campaigns", "required_tags")
    op.drop_column("campaign_targets", "uplift")
    op.drop_index(op.f("ix_ranker_watches_ranker_version_id_id"), table_name="ranker_watches")
    op.drop_table("ranker_watches")
    op.drop_index(op.f("ix_ranker_promotions_product_id_target_id"), table_name="ranker_promotions")
    op.drop_table("ranker_promotions")
    op.drop_index(op.f("ix_ranker_calibrations_ranker_version_id_id"), table_name="ranker_calibrations")
    op.drop_table("ranker_calibrations")
    op.drop_table("talk_tracks")
    op.drop_index("uq_feature_files_current", table_name="feature_files", postgresql_where=sa.text("replaced_at IS NULL"))
    op.drop_table("feature_files")
    op.drop_index(op.f("ix_customer_tags_customer_id"), table_name="customer_tags")
    op.drop_table("customer_tags")
    op.drop_index("uq_tag_definitions_current", table_name="tag_definitions", postgresql_where=sa.text("retired_at IS NULL"))
    op.drop_table("tag_definitions")
    op.drop_index(op.f("ix_offer_runs_finished_at"), table_name="offer_runs")
    op.drop_table("offer_runs")
    op.drop_table("feature_words")
