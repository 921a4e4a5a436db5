"""Figures of the past by day and month, and marks of what has changed since they were added up.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

from app.core.db import TransactionId

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MY_GRIDS = "grid_id = ANY ((SELECT coalesce(nullif(current_setting('gridwork.grid_ids', true), ''), '{}')::int[])::int[])"
MANAGING = "(SELECT current_setting('gridwork.scope', true) = 'grids')"
MYSELF = (
    "((SELECT current_setting('gridwork.scope', true) = 'own')"
    " AND staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int))"
)
OF_GRIDS = f"{COMPANY} OR ({MY_GRIDS} AND {MANAGING})"
OF_MANAGERS = f"{COMPANY} OR ({MY_GRIDS} AND ({MANAGING} OR {MYSELF}))"

COUNTS = (
    "dispatched",
    "released",
    "reports",
    "contacted",
    "reached",
    "claimed",
    "refused",
    "pending",
    "unreached",
    "impossible",
    "confirmed",
    "contradicted",
    "unverifiable",
    "done",
    "returned",
    "expired",
    "withdrawn",
    "due",
    "due_met",
)
SUMS = (
    "promised",
    "cost",
    "truthful_weight",
    "judged_weight",
    "truthful_squares",
    "judged_squares",
    "sold",
    "matured",
    "successes",
    "left_out",
    "expected",
    "value",
    "revenue",
)

MARKS = """
CREATE FUNCTION mark_changed_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_marks (campaign_id, grid_id)
    SELECT campaign_id, grid_id FROM before UNION SELECT campaign_id, grid_id FROM after;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_figures AFTER UPDATE ON work_orders REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_orders();

-- A run marks its campaign once: to collect what it adds would cost a run of millions more than to look again. A campaign that
-- has run never changes otherwise (migration 0009).
CREATE FUNCTION mark_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_marks (campaign_id) VALUES (NEW.campaign_id);
    RETURN NULL;
END $$;
CREATE TRIGGER mark_figures AFTER INSERT ON dispatch_runs FOR EACH ROW EXECUTE FUNCTION mark_campaign();

CREATE FUNCTION mark_reported_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_marks (work_order_id) SELECT DISTINCT work_order_id FROM after;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_figures AFTER INSERT ON contact_feedback REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION mark_reported_orders();

CREATE FUNCTION mark_judged_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_marks (feedback_id) SELECT DISTINCT feedback_id FROM after;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_figures AFTER INSERT ON verifications REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION mark_judged_feedback();

CREATE FUNCTION mark_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO figure_marks (customer_id, product_id, ordered_at) SELECT customer_id, product_id, ordered_at FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO figure_marks (customer_id, product_id, ordered_at) SELECT customer_id, product_id, ordered_at FROM before;
    ELSE
        INSERT INTO figure_marks (customer_id, product_id, ordered_at)
        SELECT s.customer_id, s.product_id, s.ordered_at FROM before o JOIN after n ON n.id = o.id CROSS JOIN LATERAL (
            VALUES (o.customer_id, o.product_id, o.ordered_at), (n.customer_id, n.product_id, n.ordered_at)
        ) s (customer_id, product_id, ordered_at)
        WHERE (o.customer_id, o.product_id, o.ordered_at, o.cancelled_at, o.amount)
            IS DISTINCT FROM (n.customer_id, n.product_id, n.ordered_at, n.cancelled_at, n.amount);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_inserted AFTER INSERT ON orders REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION mark_sales();
CREATE TRIGGER mark_updated AFTER UPDATE ON orders REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION mark_sales();
CREATE TRIGGER mark_deleted AFTER DELETE ON orders REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION mark_sales();

-- Another family may turn any sale into a success of any campaign, or no longer.
CREATE FUNCTION mark_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_marks (product_id) VALUES (CASE WHEN NEW.family = OLD.family THEN NEW.id END);
    RETURN NULL;
END $$;
CREATE TRIGGER mark_figures AFTER UPDATE ON products FOR EACH ROW WHEN (
    (OLD.family, OLD.contact_cost) IS DISTINCT FROM (NEW.family, NEW.contact_cost)
) EXECUTE FUNCTION mark_product();
"""
# As in 0031; `marks`: and who adds an order outside of a run marks it.
NEW_ORDER = """
CREATE OR REPLACE FUNCTION refuse_new_lost_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff WHERE id = NEW.staff_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    PERFORM FROM campaign_targets WHERE campaign_id = NEW.campaign_id AND customer_id = NEW.customer_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a work order without its target' USING ERRCODE = '23503';
    END IF;{marks}
    RETURN NEW;
END $$;
"""
MARKS_IT = "\n    INSERT INTO figure_marks (campaign_id, grid_id) VALUES (NEW.campaign_id, NEW.grid_id);"
MARKED = {
    "work_orders": ("mark_figures",),
    "dispatch_runs": ("mark_figures",),
    "contact_feedback": ("mark_figures",),
    "verifications": ("mark_figures",),
    "orders": ("mark_inserted", "mark_updated", "mark_deleted"),
    "products": ("mark_figures",),
}
FUNCTIONS = ("mark_changed_orders", "mark_campaign", "mark_reported_orders", "mark_judged_feedback", "mark_sales", "mark_product")


def upgrade() -> None:
    """Make the tables with their rights, and the triggers that mark; what is there already is marked once."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    make_sums("daily_figures", "grid_id day staff_id campaign_id", OF_MANAGERS)
    op.create_index(op.f("ix_daily_figures_campaign_id_grid_id"), "daily_figures", ["campaign_id", "grid_id"], unique=False)
    make_sums("grid_day_figures", "day grid_id", OF_GRIDS)
    make_sums("grid_month_figures", "month grid_id", OF_GRIDS)
    make_sums("monthly_figures", "month grid_id staff_id", OF_MANAGERS)
    op.create_index(op.f("ix_monthly_figures_staff_id_month"), "monthly_figures", ["staff_id", "month"], unique=False)
    op.create_index(op.f("ix_monthly_figures_grid_id_month"), "monthly_figures", ["grid_id", "month"], unique=False)
    make_sums("campaign_month_figures", "month grid_id campaign_id", OF_GRIDS)
    op.create_index(op.f("ix_campaign_month_figures_campaign_id"), "campaign_month_figures", ["campaign_id"], unique=False)
    make_marks()
    op.execute(MARKS)
    op.execute(NEW_ORDER.format(marks=MARKS_IT))
    op.execute("INSERT INTO figure_marks (campaign_id) SELECT DISTINCT campaign_id FROM dispatch_runs")


def make_sums(table: str, keys: str, visible: str) -> None:
    """A table of sums by these keys."""
    kinds = {"day": sa.Date(), "month": sa.Date()}
    counted = [(name, sa.Integer()) for name in COUNTS] + [(name, sa.Numeric()) for name in SUMS]
    op.create_table(
        table,
        *(sa.Column(key, kinds.get(key, sa.Integer()), nullable=False, autoincrement=False) for key in keys.split()),
        *(
            sa.Column(name, kind, server_default=sa.text("0"), nullable=False)
            for name, kind in [*counted, ("done_seconds", sa.BigInteger())]
        ),
        sa.PrimaryKeyConstraint(*keys.split(), name=op.f(f"pk_{table}")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
    protect(table, visible, visible)


def make_marks() -> None:
    """Whoever changes something marks it; only who acts for the whole company reads marks."""
    table = "figure_marks"
    instant = sa.DateTime(timezone=True)
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("work_order_id", sa.BigInteger(), nullable=True),
        sa.Column("feedback_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("ordered_at", instant, nullable=True),
        sa.Column("changed_at", instant, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("changed_xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_marks")),
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    protect(table, COMPANY, "true")


def protect(table: str, visible: str, written: str) -> None:
    """Row level security for everybody, the owner too."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {table} USING ({visible}) WITH CHECK ({written})")


def downgrade() -> None:
    """Take them away again."""
    op.execute(NEW_ORDER.format(marks=""))
    for table, triggers in MARKED.items():
        for trigger in triggers:
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
    for table in (
        "figure_marks",
        "campaign_month_figures",
        "monthly_figures",
        "grid_month_figures",
        "grid_day_figures",
        "daily_figures",
    ):
        op.drop_table(table)
