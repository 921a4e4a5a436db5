"""Periods of ownership are held apart by keys instead of an exclusion constraint.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "customer_ownerships"
ONE_BEGINS = "uq_customer_ownerships_one_begins"
ONE_ENDS = "uq_customer_ownerships_one_ends"
FOLLOWS = "fk_customer_ownerships_follows"


def upgrade() -> None:
    """One period begins and one ends on a day, and each begins on the day on which another of the customer's ended."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {ONE_BEGINS} UNIQUE NULLS NOT DISTINCT (customer_id, from_date)")
    op.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {ONE_ENDS} UNIQUE NULLS NOT DISTINCT (customer_id, to_date)")
    op.execute(
        f"ALTER TABLE {TABLE} ADD CONSTRAINT {FOLLOWS}"
        f" FOREIGN KEY (customer_id, from_date) REFERENCES {TABLE} (customer_id, to_date) NOT VALID"
    )
    op.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT {FOLLOWS}")
    op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT ex_customer_ownerships_one_at_a_time")
    op.drop_index(op.f("ix_customer_ownerships_customer_id"), table_name=TABLE)  # the keys begin with it


def downgrade() -> None:
    """Hold them apart as before."""
    op.create_index(op.f("ix_customer_ownerships_customer_id"), TABLE, ["customer_id"], unique=False)
    op.execute(
        f"ALTER TABLE {TABLE} ADD CONSTRAINT ex_customer_ownerships_one_at_a_time EXCLUDE USING gist"
        " (int8range(customer_id, customer_id, '[]') WITH &&, daterange(from_date, to_date) WITH &&)"
    )
    for name in (FOLLOWS, ONE_ENDS, ONE_BEGINS):
        op.drop_constraint(name, TABLE)
