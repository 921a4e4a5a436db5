"""What administrators do and see: permissions beyond a role, what was done to accounts, jobs on request, and who did what.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
MYSELF = "staff_id = (SELECT nullif(current_setting('gridwork.staff_id', true), '')::int)"
RECORDS = ("account_events", "permission_grants", "permission_ends", "personnel_looks")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, their rights and their guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("accounts", sa.Column("temporary_until", INSTANT, nullable=True))
    op.add_column("feed_days", sa.Column("declared_by_account_id", sa.Integer(), nullable=True))
    key = "fk_feed_days_declared_by_account_id_accounts"
    op.create_foreign_key(op.f(key), "feed_days", "accounts", ["declared_by_account_id"], ["id"], postgresql_not_valid=True)
    op.execute(f"ALTER TABLE feed_days VALIDATE CONSTRAINT {key}")
    make_account_events()
    make_permissions()
    make_looks()
    make_job_tables()
    for table in RECORDS:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    for table in ("permission_grants", "permission_ends"):
        protect(table)
        op.execute(f"CREATE POLICY by_scope ON {table} USING ({COMPANY} OR {MYSELF}) WITH CHECK ({COMPANY})")
    protect("personnel_looks")
    op.execute(f"CREATE POLICY by_scope ON personnel_looks FOR SELECT USING ({COMPANY})")
    op.execute("CREATE POLICY kept ON personnel_looks FOR INSERT WITH CHECK (true)")


def protect(table: str) -> None:
    """Row level security that binds the owner too."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def make_account_events() -> None:
    """What was done to accounts."""
    acts = ("created", "disabled", "enabled", "password_reset", "password_chosen")
    act = sa.Enum(*acts, name="account_act", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "account_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("act", act, nullable=False),
        sa.Column("by_account_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_events_account_id_accounts")),
        sa.ForeignKeyConstraint(["by_account_id"], ["accounts.id"], name=op.f("fk_account_events_by_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
    )
    op.create_index(op.f("ix_account_events_account_id"), "account_events", ["account_id"], unique=False)


def make_permissions() -> None:
    """Who may do more than the role says, and which of these were ended early."""
    kinds = sa.Enum("personnel", "payroll_console", name="permission", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "permission_grants",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("permission", kinds, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("granted_by_staff_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.CheckConstraint("granted_by_staff_id <> staff_id", name=op.f("ck_permission_grants_not_oneself")),
        sa.CheckConstraint("length(btrim(reason)) >= 10", name=op.f("ck_permission_grants_reason_given")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_permission_grants_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["granted_by_staff_id"], ["staff.id"], name=op.f("fk_permission_grants_granted_by_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission_grants")),
    )
    op.create_index(
        op.f("ix_permission_grants_staff_id_permission"), "permission_grants", ["staff_id", "permission"], unique=False
    )
    op.create_table(
        "permission_ends",
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_by_account_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["permission_grants.id"], name=op.f("fk_permission_ends_grant_id_permission_grants")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_permission_ends_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["ended_by_account_id"], ["accounts.id"], name=op.f("fk_permission_ends_ended_by_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_permission_ends")),
    )


def make_looks() -> None:
    """Who looked at whose history."""
    op.create_table(
        "personnel_looks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.CheckConstraint("num_nonnulls(staff_id, unit_id) = 1", name=op.f("ck_personnel_looks_at_one")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_personnel_looks_account_id_accounts")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_personnel_looks_staff_id_staff")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_personnel_looks_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_looks")),
    )
    op.create_index(op.f("ix_personnel_looks_staff_id_looked_at"), "personnel_looks", ["staff_id", "looked_at"], unique=False)


def make_job_tables() -> None:
    """The timetable as the worker has it, and what people asked it for."""
    op.create_table(
        "job_times",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("next_due_at", INSTANT, nullable=True),
        sa.Column("may_ask", sa.Boolean(), nullable=False),
        sa.Column("noted_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_times")),
    )
    op.create_table(
        "job_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_job_requests_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_requests")),
    )
    waiting = sa.text("taken_at IS NULL")
    op.create_index("uq_job_requests_waiting", "job_requests", ["job"], unique=True, postgresql_where=waiting)
    op.create_index(op.f("ix_job_runs_job_id"), "job_runs", ["job", "id"], unique=False)
    op.create_index("ix_job_runs_failed", "job_runs", ["id"], unique=False, postgresql_where=sa.text("outcome = 'failed'"))
    op.create_index(op.f("ix_import_batches_feed_id"), "import_batches", ["feed", "id"], unique=False)
    op.create_index(op.f("ix_monthly_statements_staff_id_month"), "monthly_statements", ["staff_id", "month"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON job_times TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON job_requests TO {APP_ROLE}")


def downgrade() -> None:
    """Take it away again."""
    for table in ("job_requests", "job_times", "personnel_looks", "permission_ends", "permission_grants", "account_events"):
        op.drop_table(table)
    op.drop_index(op.f("ix_monthly_statements_staff_id_month"), table_name="monthly_statements")
    op.drop_index(op.f("ix_import_batches_feed_id"), table_name="import_batches")
    op.drop_index("ix_job_runs_failed", table_name="job_runs")
    op.drop_index(op.f("ix_job_runs_job_id"), table_name="job_runs")
    op.drop_column("feed_days", "declared_by_account_id")
    op.drop_column("accounts", "temporary_until")
