"""Points plans in versions of two persons, for the company or a branch of its own.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from alembic import op
import sqlalchemy as sa

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
TABLES = ("points_plan_steps", "points_plan_approvals")
STEPS = ("submitted", "approved", "sent_back")

# Who approves is told by the approval; what is approved, by whom it was written and submitted, by the plan itself.
TRIGGERS = """
CREATE FUNCTION fill_plan_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT unit_id, effective_from, author_account_id INTO NEW.unit_id, NEW.effective_from, NEW.author_account_id
    FROM points_plans WHERE id = NEW.plan_id;
    SELECT step, account_id INTO last FROM points_plan_steps WHERE plan_id = NEW.plan_id ORDER BY number DESC LIMIT 1;
    IF last.step IS DISTINCT FROM 'submitted' THEN
        RAISE EXCEPTION 'points plan % is not submitted', NEW.plan_id USING ERRCODE = 'GW001';
    END IF;
    NEW.submitted_by := last.account_id;
    RETURN NEW;
END $$;
CREATE TRIGGER fill BEFORE INSERT ON points_plan_approvals FOR EACH ROW EXECUTE FUNCTION fill_plan_approval();

CREATE FUNCTION keep_points_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM points_plan_steps WHERE plan_id = NEW.plan_id)
        OR EXISTS (SELECT FROM points_months WHERE plan_id = NEW.plan_id)
        OR EXISTS (SELECT FROM points_entries WHERE plan_id = NEW.plan_id) THEN
        RAISE EXCEPTION 'points plan % was submitted or paid by: a change is a new version', NEW.plan_id USING ERRCODE = 'GW001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_plan BEFORE INSERT ON plan_components FOR EACH ROW EXECUTE FUNCTION keep_points_plan();

CREATE FUNCTION refuse_plan_of_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.author_account_id IS NULL AND (NEW.code <> 'default' OR NEW.version <> 1) THEN
        RAISE EXCEPTION 'a points plan has an author: only the built-in one has none' USING ERRCODE = 'GW001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER has_author BEFORE INSERT ON points_plans FOR EACH ROW EXECUTE FUNCTION refuse_plan_of_nobody();
"""


def upgrade() -> None:
    """Give plans a scope and an author; make the tables of their steps and approvals, with rights and guards."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("points_plans", sa.Column("unit_id", sa.Integer(), nullable=True))
    op.add_column("points_plans", sa.Column("effective_to", sa.Date(), nullable=True))
    op.add_column("points_plans", sa.Column("author_account_id", sa.Integer(), nullable=True))
    op.add_column("points_plans", sa.Column("note", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.drop_constraint("uq_points_plans_effective_from", "points_plans", type_="unique")
    for column, table in (("unit_id", "units"), ("author_account_id", "accounts")):
        name = f"fk_points_plans_{column}_{table}"
        op.execute(f"ALTER TABLE points_plans ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {table} (id) NOT VALID")
        op.execute(f"ALTER TABLE points_plans VALIDATE CONSTRAINT {name}")
    op.execute(
        "ALTER TABLE points_plans ADD CONSTRAINT ck_points_plans_effective_to CHECK (effective_to >= effective_from) NOT VALID"
    )
    op.execute("ALTER TABLE points_plans VALIDATE CONSTRAINT ck_points_plans_effective_to")
    op.create_table(
        "points_plan_steps",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "step", sa.Enum(*STEPS, name="plan_step", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["points_plans.id"], name=op.f("fk_points_plan_steps_plan_id_points_plans")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_points_plan_steps_account_id_accounts")),
        sa.PrimaryKeyConstraint("plan_id", "number", name=op.f("pk_points_plan_steps")),
    )
    op.create_table(
        "points_plan_approvals",
        sa.Column("plan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("author_account_id", sa.Integer(), nullable=False),
        sa.Column("submitted_by", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "approved_by <> author_account_id AND approved_by <> submitted_by", name=op.f("ck_points_plan_approvals_two_persons")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["points_plans.id"], name=op.f("fk_points_plan_approvals_plan_id_points_plans")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_points_plan_approvals_unit_id_units")),
        sa.ForeignKeyConstraint(["approved_by"], ["accounts.id"], name=op.f("fk_points_plan_approvals_approved_by_accounts")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_points_plan_approvals")),
        sa.UniqueConstraint(
            "unit_id",
            "effective_from",
            name=op.f("uq_points_plan_approvals_unit_id_effective_from"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(TABLES)} TO {APP_ROLE}")
    for table in TABLES:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute(TRIGGERS)


def downgrade() -> None:
    """Take them away again; plans that were approved for a branch, or twice for a month, go with what they were."""
    op.execute("DROP TRIGGER has_author ON points_plans")
    op.execute("DROP TRIGGER keep_plan ON plan_components")
    for table in reversed(TABLES):
        op.drop_table(table)
    for function in ("fill_plan_approval", "keep_points_plan", "refuse_plan_of_nobody"):
        op.execute(f"DROP FUNCTION {function}()")
    for column in ("note", "author_account_id", "effective_to", "unit_id"):
        op.drop_column("points_plans", column)
    op.create_unique_constraint("uq_points_plans_effective_from", "points_plans", ["effective_from"])
