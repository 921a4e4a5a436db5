"""Plans with versions: what a campaign is for, whom it may reach and what it may cost; what was shown before approval; booked
capacity. An approved plan cannot change, and who wrote any of its versions does not approve it.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
OBJECTIVES = ("acquire", "upsell", "cross_sell", "retention", "win_back", "care")
APPEND_ONLY = ("campaign_versions", "campaign_previews")
CHECKS = {
    "fit": "fit IN ('refuse', 'shrink')",
    "pilot_outcome": "pilot_outcome IN ('grown', 'stopped')",
    "approved_version": "approved_version IS NULL OR approved_version = version",
}

# What is not the plan: where the campaign stands in its life.
KEEP_PLAN = """
CREATE FUNCTION keep_campaign_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    life text[] := ARRAY['status', 'frozen_at', 'opened_at', 'closed_at', 'scoring_run_id', 'submitted_by', 'approved_by',
        'approved_version', 'pilot_outcome', 'pilot_decided_at'];
BEGIN
    IF to_jsonb(NEW) - life IS DISTINCT FROM to_jsonb(OLD) - life THEN
        IF OLD.status <> 'draft' OR NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'the plan of campaign % is %: it cannot change', OLD.code, OLD.status USING ERRCODE = 'GW010';
        END IF;
        IF NOT EXISTS (SELECT FROM campaign_versions WHERE campaign_id = NEW.id AND number = NEW.version) OR NEW.version <= OLD.version THEN
            RAISE EXCEPTION 'the plan of campaign % changes without a new version', OLD.code USING ERRCODE = 'GW010';
        END IF;
    END IF;
    IF NEW.status <> OLD.status AND (
        (OLD.status = 'draft' AND NEW.status <> 'submitted') OR (OLD.status = 'submitted' AND NEW.status NOT IN ('draft', 'approved'))
    ) THEN
        RAISE EXCEPTION 'campaign % is %: it cannot become % unapproved', OLD.code, OLD.status, NEW.status USING ERRCODE = 'GW010';
    END IF;
    IF NEW.status = 'approved' AND OLD.status <> 'approved' AND (
        NEW.approved_by IS NULL OR NEW.approved_version IS DISTINCT FROM NEW.version
        OR EXISTS (SELECT FROM campaign_versions WHERE campaign_id = NEW.id AND author_account_id = NEW.approved_by)
    ) THEN
        RAISE EXCEPTION 'campaign % is to be approved, with its version, by somebody who did not plan it', OLD.code
            USING ERRCODE = 'GW010';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_plan BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION keep_campaign_plan();
"""
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"


def columns() -> list[sa.Column]:
    """What a plan says, and where its versions and its pilot stand."""
    return [
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column(
            "objective",
            sa.Enum(*OBJECTIVES, name="objective", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("objective_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("strategy", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("budget", sa.Numeric(14, 4), nullable=True),
        sa.Column("minimum_volume", sa.Integer(), nullable=True),
        sa.Column("strategic_weight", sa.Numeric(14, 4), server_default=sa.text("1"), nullable=False),
        sa.Column("any_tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("list_rule", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("maximum_score", sa.REAL(), nullable=True),
        sa.Column("minimum_load", sa.Integer(), nullable=True),
        sa.Column("maximum_load", sa.Integer(), nullable=True),
        sa.Column("fairness", sa.Numeric(6, 5), nullable=True),
        sa.Column("fit", sa.Text(), server_default=sa.text("'refuse'"), nullable=False),
        sa.Column("pilot", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("pilot_outcome", sa.Text(), nullable=True),
        sa.Column("pilot_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("approved_version", sa.Integer(), nullable=True),
    ]


def upgrade() -> None:
    """Make the columns, the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for column in columns():
        op.add_column("campaigns", column)
    op.create_foreign_key(op.f("fk_campaigns_unit_id_units"), "campaigns", "units", ["unit_id"], ["id"])
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_campaigns_{name}"), "campaigns", condition)
    op.execute("UPDATE campaigns k SET objective = p.kind FROM products p WHERE p.id = k.product_id")
    size_or_score("list_size IS NOT NULL OR minimum_score IS NOT NULL")
    op.add_column("campaign_events", sa.Column("version", sa.Integer(), nullable=True))
    create_versions()
    create_previews()
    create_bookings()
    op.execute(f"GRANT SELECT, INSERT ON campaign_versions, campaign_previews TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON capacity_bookings TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute("ALTER TABLE capacity_bookings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE capacity_bookings FORCE ROW LEVEL SECURITY")
    visible = f"{COMPANY} OR {MY_GRIDS}"
    op.execute(f"CREATE POLICY by_scope ON capacity_bookings USING ({visible}) WITH CHECK ({visible})")
    op.execute(KEEP_PLAN)


def create_versions() -> None:
    op.create_table(
        "campaign_versions",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("author_account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_versions_campaign_id_campaigns")),
        sa.ForeignKeyConstraint(
            ["author_account_id"], ["accounts.id"], name=op.f("fk_campaign_versions_author_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "number", name=op.f("pk_campaign_versions")),
    )


def create_previews() -> None:
    op.create_table(
        "campaign_previews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown_for", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_previews_campaign_id_campaigns")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_previews")),
    )
    op.create_index(op.f("ix_campaign_previews_campaign_id"), "campaign_previews", ["campaign_id"], unique=False)


def create_bookings() -> None:
    op.create_table(
        "capacity_bookings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("contacts > 0", name=op.f("ck_capacity_bookings_contacts")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_capacity_bookings_campaign_id_campaigns")),
        sa.ForeignKeyConstraint(["grid_id"], ["units.id"], name=op.f("fk_capacity_bookings_grid_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacity_bookings")),
    )
    live = sa.text("ended_at IS NULL")
    op.create_index("ix_capacity_bookings_live", "capacity_bookings", ["week", "grid_id"], unique=False, postgresql_where=live)
    op.create_index(
        "uq_capacity_bookings_live", "capacity_bookings", ["campaign_id", "grid_id", "week"], unique=True, postgresql_where=live
    )


def size_or_score(condition: str) -> None:
    """What a list must be bounded by."""
    op.drop_constraint(op.f("ck_campaigns_size_or_score"), "campaigns", type_="check")
    op.create_check_constraint(op.f("ck_campaigns_size_or_score"), "campaigns", condition)


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP FUNCTION keep_campaign_plan CASCADE")
    op.drop_table("capacity_bookings")
    op.drop_table("campaign_previews")
    op.drop_table("campaign_versions")
    op.drop_column("campaign_events", "version")
    op.execute("UPDATE campaigns SET minimum_score = NULL WHERE list_size IS NOT NULL")
    size_or_score("(list_size IS NULL) <> (minimum_score IS NULL)")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_campaigns_{name}"), "campaigns", type_="check")
    for column in reversed(columns()):
        op.drop_column("campaigns", column.name)
