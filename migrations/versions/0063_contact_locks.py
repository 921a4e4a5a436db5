"""The contact lock is a table: one row for each customer and family that a live work order holds.

As a unique key of the work orders it could hold over one table alone; so it holds over any number of parts of them.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long; a
migration that has been released is never edited.
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

IS_LIVE = "state IN ('planned', 'open', 'in_progress')"
OLD_LIVE, NEW_LIVE = f"OLD.{IS_LIVE}", f"NEW.{IS_LIVE}"

# Only these functions write here. A run is held at once after its INSERT, everybody else row by row, as with their targets.
HOLDING = f"""
CREATE FUNCTION hold_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM contact_locks
        WHERE customer_id = OLD.customer_id AND product_family = OLD.product_family AND work_order_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.{IS_LIVE} THEN
        INSERT INTO contact_locks (customer_id, product_family, work_order_id) VALUES (NEW.customer_id, NEW.product_family, NEW.id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION hold_contacts_of_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    campaign integer := current_setting('gridwork.dispatching')::integer;
BEGIN
    INSERT INTO contact_locks (customer_id, product_family, work_order_id)
    SELECT w.customer_id, w.product_family, w.id FROM work_orders w
    WHERE w.campaign_id = campaign AND w.dispatch_run_id = (SELECT max(id) FROM dispatch_runs WHERE campaign_id = campaign)
        AND w.{IS_LIVE} AND NOT EXISTS (
            SELECT FROM contact_locks l
            WHERE l.customer_id = w.customer_id AND l.product_family = w.product_family AND l.work_order_id = w.id
        )
    ORDER BY w.customer_id;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION hold_contact(), hold_contacts_of_run() FROM PUBLIC;

CREATE TRIGGER hold_contact AFTER INSERT ON work_orders FOR EACH ROW
    WHEN (NEW.campaign_id::text IS DISTINCT FROM current_setting('gridwork.dispatching', true) AND {NEW_LIVE})
    EXECUTE FUNCTION hold_contact();
CREATE TRIGGER hold_contacts_of_run AFTER INSERT ON work_orders FOR EACH STATEMENT
    WHEN (coalesce(current_setting('gridwork.dispatching', true), '') <> '') EXECUTE FUNCTION hold_contacts_of_run();
CREATE TRIGGER hold_or_free_contact AFTER UPDATE ON work_orders FOR EACH ROW
    WHEN (({OLD_LIVE}) <> ({NEW_LIVE}) OR ({NEW_LIVE} AND (OLD.customer_id, OLD.product_family) <> (NEW.customer_id, NEW.product_family)))
    EXECUTE FUNCTION hold_contact();
CREATE TRIGGER free_contact AFTER DELETE ON work_orders FOR EACH ROW WHEN ({OLD_LIVE}) EXECUTE FUNCTION hold_contact();
"""
TRIGGERS = ("hold_contact", "hold_contacts_of_run", "hold_or_free_contact", "free_contact")


def upgrade() -> None:
    """Lock who is held now; the unique key becomes a plain index, by which a customer's live orders are found."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '120s'")
    op.execute("LOCK TABLE work_orders IN SHARE ROW EXCLUSIVE MODE")
    op.execute(f"CREATE INDEX ix_work_orders_customer_live ON work_orders (customer_id, product_family) WHERE {IS_LIVE}")
    op.execute("DROP INDEX uq_work_orders_contact_lock")
    op.create_table(
        "contact_locks",
        sa.Column("customer_id", sa.BigInteger, nullable=False),
        sa.Column("product_family", sa.Text, nullable=False),
        sa.Column("work_order_id", sa.BigInteger, nullable=False),
        # By this name the release before knows who came second.
        sa.PrimaryKeyConstraint("customer_id", "product_family", name="uq_work_orders_contact_lock"),
    )
    op.execute("SELECT set_config('gridwork.scope', 'all', true)")
    op.execute(
        f"INSERT INTO contact_locks SELECT customer_id, product_family, id FROM work_orders WHERE {IS_LIVE} ORDER BY customer_id"
    )
    op.execute(HOLDING)


def downgrade() -> None:
    """The unique key again."""
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON work_orders")
    op.execute("DROP FUNCTION hold_contact(), hold_contacts_of_run()")
    op.drop_table("contact_locks")
    op.execute(f"CREATE UNIQUE INDEX uq_work_orders_contact_lock ON work_orders (customer_id, product_family) WHERE {IS_LIVE}")
    op.execute("DROP INDEX ix_work_orders_customer_live")
