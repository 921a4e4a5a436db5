"""Runs at size: draws by customer number, values and contacts of orders, and guards asked once for a statement."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW_REASONS = ("better_use", "over_budget", "below_cost")

# In place of foreign keys, which cost a look-up for every order of a dispatch. What row level security hides is not there.
GUARDS = """
CREATE FUNCTION refuse_lost_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff WHERE id IN (SELECT staff_id FROM added) ORDER BY id FOR KEY SHARE;
    IF EXISTS (SELECT FROM (SELECT DISTINCT staff_id FROM added) a WHERE NOT EXISTS (SELECT FROM staff s WHERE s.id = a.staff_id)) THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    IF EXISTS (SELECT FROM added a WHERE NOT EXISTS (
        SELECT FROM campaign_targets t WHERE t.campaign_id = a.campaign_id AND t.customer_id = a.customer_id
    )) THEN
        RAISE EXCEPTION 'a work order without its target' USING ERRCODE = '23503';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER has_target_and_manager AFTER INSERT ON work_orders REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_lost_orders();

CREATE FUNCTION refuse_lost_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.campaign_id <> OLD.campaign_id OR NEW.customer_id <> OLD.customer_id THEN
        RAISE EXCEPTION 'a work order stays with its target' USING ERRCODE = '23503';
    END IF;
    PERFORM FROM staff WHERE id = NEW.staff_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a work order of a manager who is not there' USING ERRCODE = '23503';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keeps_target_and_manager BEFORE UPDATE OF campaign_id, customer_id, staff_id ON work_orders FOR EACH ROW
    WHEN (NEW.campaign_id <> OLD.campaign_id OR NEW.customer_id <> OLD.customer_id OR NEW.staff_id <> OLD.staff_id)
    EXECUTE FUNCTION refuse_lost_order();

CREATE FUNCTION keep_manager_with_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM work_orders WHERE staff_id = OLD.id) THEN
        RAISE EXCEPTION 'a manager with work orders stays' USING ERRCODE = '23503';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_with_orders BEFORE DELETE ON staff FOR EACH ROW EXECUTE FUNCTION keep_manager_with_orders();

-- A target without a decision has no order; only such a one may leave a list.
CREATE FUNCTION keep_decided_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a target that was decided stays as it is on its list' USING ERRCODE = '23503';
END $$;
CREATE TRIGGER keep_decided BEFORE DELETE ON campaign_targets FOR EACH ROW WHEN (OLD.reason = 'dispatched')
    EXECUTE FUNCTION keep_decided_target();
CREATE TRIGGER keep_key BEFORE UPDATE OF campaign_id, customer_id ON campaign_targets FOR EACH ROW
    EXECUTE FUNCTION keep_decided_target();
"""


def upgrade() -> None:
    """Add the columns, exchange the keys of work orders for guards, and allow the new reasons."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("customers", sa.Column("draw_key", sa.BigInteger(), nullable=True))
    op.add_column("campaign_targets", sa.Column("value", sa.Numeric(14, 4), nullable=True))
    op.add_column("work_orders", sa.Column("value", sa.Numeric(14, 4), nullable=True))
    op.add_column("work_orders", sa.Column("contact_id", sa.BigInteger(), nullable=True))
    op.execute(GUARDS)
    op.drop_constraint("fk_work_orders_campaign_id_customer_id_campaign_targets", "work_orders", type_="foreignkey")
    op.drop_constraint("fk_work_orders_staff_id_staff", "work_orders", type_="foreignkey")
    allow_reasons(add=NEW_REASONS)


def allow_reasons(*, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
    """Change the list of reasons, whatever else other migrations put into it."""
    op.execute(f"""
        DO $$
        DECLARE
            listed text[];
        BEGIN
            SELECT array_agg(m.words[1]) INTO listed FROM pg_constraint c,
                regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') AS m (words)
            WHERE c.conname = 'ck_campaign_targets_terminal_reason';
            SELECT array_agg(DISTINCT r) INTO listed FROM unnest(listed || CAST(ARRAY{list(add)} AS text[])) r
            WHERE r <> ALL(CAST(ARRAY{list(remove)} AS text[]));
            ALTER TABLE campaign_targets DROP CONSTRAINT ck_campaign_targets_terminal_reason;
            EXECUTE 'ALTER TABLE campaign_targets ADD CONSTRAINT ck_campaign_targets_terminal_reason CHECK (reason IN ('
                || (SELECT string_agg(quote_literal(r), ', ') FROM unnest(listed) r) || ')) NOT VALID';
        END $$
    """)
    op.execute("ALTER TABLE campaign_targets VALIDATE CONSTRAINT ck_campaign_targets_terminal_reason")


def downgrade() -> None:
    """Take them away again."""
    op.execute("UPDATE campaign_targets SET reason = 'over_capacity' WHERE reason IN ('better_use', 'over_budget', 'below_cost')")
    allow_reasons(remove=NEW_REASONS)
    op.create_foreign_key("fk_work_orders_staff_id_staff", "work_orders", "staff", ["staff_id"], ["id"])
    op.create_foreign_key(
        "fk_work_orders_campaign_id_customer_id_campaign_targets",
        "work_orders",
        "campaign_targets",
        ["campaign_id", "customer_id"],
        ["campaign_id", "customer_id"],
    )
    op.execute("DROP TRIGGER keep_key ON campaign_targets")
    op.execute("DROP TRIGGER keep_decided ON campaign_targets")
    op.execute("DROP TRIGGER keep_with_orders ON staff")
    op.execute("DROP TRIGGER keeps_target_and_manager ON work_orders")
    op.execute("DROP TRIGGER has_target_and_manager ON work_orders")
    for name in ("keep_decided_target", "keep_manager_with_orders", "refuse_lost_order", "refuse_lost_orders"):
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_column("work_orders", "contact_id")
    op.drop_column("work_orders", "value")
    op.drop_column("campaign_targets", "value")
    op.drop_column("customers", "draw_key")
