"""What the feeds said before: orders and base points as they were until they changed, and since when an order is known.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TABLES = ("order_versions", "base_points_versions")
# What the feeds overwrite is kept as it was, by the database, so that no way of writing forgets it. The time is the database's
# own; a process that plays another time (clock.shifted_to) says by how much.
HISTORY = """
CREATE FUNCTION recorded_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT clock_timestamp() + coalesce(nullif(current_setting('gridwork.shift', true), '')::interval, interval '0')
$$;
CREATE FUNCTION keep_order_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO order_versions (order_id, order_no, customer_id, product_id, ordered_at, cancelled_at, known_at, changed_at)
        SELECT o.id, o.order_no, o.customer_id, o.product_id, o.ordered_at, o.cancelled_at, o.known_at, recorded_now()
        FROM before o JOIN after n ON n.id = o.id
        WHERE (o.customer_id, o.product_id, o.ordered_at, o.cancelled_at)
            IS DISTINCT FROM (n.customer_id, n.product_id, n.ordered_at, n.cancelled_at);
    ELSE
        INSERT INTO order_versions (order_id, order_no, customer_id, product_id, ordered_at, cancelled_at, known_at, changed_at)
        SELECT o.id, o.order_no, o.customer_id, o.product_id, o.ordered_at, o.cancelled_at, o.known_at, recorded_now() FROM before o;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_updated AFTER UPDATE ON orders REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION keep_order_version();
CREATE TRIGGER keep_deleted AFTER DELETE ON orders REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION keep_order_version();
CREATE FUNCTION keep_base_points_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO base_points_versions (period, staff_id, component, points, changed_at)
        SELECT period, staff_id, component, NULL, recorded_now() FROM after;
    ELSE
        INSERT INTO base_points_versions (period, staff_id, component, points, changed_at)
        SELECT period, staff_id, component, points, recorded_now() FROM before;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_inserted AFTER INSERT ON base_points REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION keep_base_points_version();
CREATE TRIGGER keep_updated AFTER UPDATE ON base_points REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION keep_base_points_version();
CREATE TRIGGER keep_deleted AFTER DELETE ON base_points REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION keep_base_points_version();
"""


def upgrade() -> None:
    """Make the tables, the triggers that fill them, and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    instant = sa.DateTime(timezone=True)
    op.add_column("orders", sa.Column("known_at", instant, nullable=True))
    op.create_table(
        "order_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("ordered_at", instant, nullable=False),
        sa.Column("cancelled_at", instant, nullable=True),
        sa.Column("known_at", instant, nullable=True),
        sa.Column("changed_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_versions")),
    )
    op.create_index(op.f("ix_order_versions_order_id_changed_at"), "order_versions", ["order_id", "changed_at"], unique=False)
    op.create_index(op.f("ix_order_versions_customer_id"), "order_versions", ["customer_id"], unique=False)
    op.create_table(
        "base_points_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("points", sa.Numeric(14, 4), nullable=True),
        sa.Column("changed_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_base_points_versions")),
    )
    op.create_index(op.f("ix_base_points_versions_period_staff_id"), "base_points_versions", ["period", "staff_id"], unique=False)
    op.execute(HISTORY)
    op.execute(
        "ALTER TABLE orders ALTER COLUMN known_at SET DEFAULT recorded_now()"
    )  # no rewrite: older orders were always known
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("orders", "known_at")
    for table, triggers in {"orders": ("updated", "deleted"), "base_points": ("inserted", "updated", "deleted")}.items():
        for trigger in triggers:
            op.execute(f"DROP TRIGGER keep_{trigger} ON {table}")
    for function in ("keep_order_version", "keep_base_points_version", "recorded_now"):
        op.execute(f"DROP FUNCTION {function}")
    for table in TABLES:
        op.drop_table(table)
