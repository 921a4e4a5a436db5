"""Who did what when, in one table that triggers fill from what is recorded elsewhere, so that one index answers one search.

Rules of every migration: it must run beside the code of the release before it; no statement holds a lock for long
(columns nullable first, constraints NOT VALID then VALIDATE, indexes on big tables CONCURRENTLY in a migration of
their own); a migration that has been released is never edited.
"""

from typing import NamedTuple

from alembic import op
import sqlalchemy as sa

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

APP_ROLE = "gridwork_app"
COMPANY = "(SELECT current_setting('gridwork.scope', true) = 'all')"
TABLE = "audit_entries"
BY_HAND = "'pooled', 'return_accepted', 'return_rejected', 'redispatched', 'pulled_back', 'reassigned', 'lent', 'brought_home', 'extended'"


class Source(NamedTuple):
    """Where entries come from. Columns: of the rest of `act` (none: ''), the reference of the object, who, when and why ('': none).

    `condition`: which rows; `column`: an update that sets it, else an insertion; `past`: whether rows of before are taken over.
    """

    table: str
    act: str
    verb: str
    kind: str
    ref: str
    who: str
    when: str
    why: str
    condition: str = "true"
    column: str = ""
    past: bool = True


SOURCES = (
    Source("disclosures", "disclosure", "kind", "customer", "customer_no", "staff_id", "happened_at", "purpose"),
    Source("campaign_events", "campaign", "verb", "campaign", "campaign_id", "account_id", "happened_at", "comment"),
    Source("review_events", "case", "act", "case", "case_id", "account_id", "happened_at", "reason"),
    Source("rule_switches", "rule.switched", "", "rule", "rule", "account_id", "happened_at", "because"),
    Source("points_plan_steps", "plan", "step", "plan", "plan_id", "account_id", "taken_at", "comment"),
    Source("month_overrides", "month.passed_over", "", "month", "month", "account_id", "overridden_at", "reason"),
    Source("carried_over", "month.carried_over", "", "month", "month", "account_id", "carried_at", "reason"),
    Source("ledger_overrides", "ledger.overridden", "", "override", "id", "", "taken_at", "reason"),
    Source("contact_policies", "policy.proposed", "", "policy", "number", "author", "proposed_at", "note"),
    Source("contact_policy_approvals", "policy.approved", "", "policy", "number", "approver", "approved_at", ""),
    Source("payroll_acknowledgements", "payroll.acknowledged", "", "month", "month", "account_id", "acknowledged_at", ""),
    Source("payroll_delta_acknowledgements", "payroll.acknowledged", "", "month", "month", "account_id", "acknowledged_at", ""),
    Source("account_events", "account", "act", "account", "account_id", "by_account_id", "happened_at", "reason"),
    Source("permission_grants", "permission.granted", "", "staff", "staff_id", "granted_by_staff_id", "granted_at", "reason"),
    Source("permission_ends", "permission.ended", "", "staff", "staff_id", "ended_by_account_id", "ended_at", "reason"),
    Source("personnel_looks", "personnel.looked", "", "staff", "staff_id", "account_id", "looked_at", "", "{row}.staff_id IS NOT NULL"),
    Source("personnel_looks", "personnel.looked", "", "unit", "unit_id", "account_id", "looked_at", "", "{row}.unit_id IS NOT NULL"),
    Source("job_requests", "job.asked", "", "job", "job", "account_id", "asked_at", ""),
    Source("handovers", "handover.planned", "", "handover", "id", "planned_by_account_id", "planned_at", "reason"),
    Source("feed_days", "feed.declared", "", "feed", "feed", "declared_by_account_id", "declared_at", "day",
           "{row}.declared_by_account_id IS NOT NULL"),
    Source("work_order_events", "work_order", "event", "work_order", "work_order_id", "actor_account_id", "happened_at", "reason",
           f"{{row}}.actor_account_id IS NOT NULL AND {{row}}.event IN ({BY_HAND})", past=False),
    Source("handovers", "handover.confirmed", "", "handover", "id", "confirmed_by_account_id", "confirmed_at", "", column="confirmed_at"),
    Source("handovers", "handover.cancelled", "", "handover", "id", "cancelled_by_account_id", "cancelled_at", "", column="cancelled_at"),
    Source("points_months", "month.closed", "", "month", "month", "closed_by_account_id", "closed_at", "", column="closed_at"),
    Source("devices", "device.revoked", "", "staff", "staff_id", "revoked_by_account_id", "revoked_at", "revoke_reason",
           column="revoked_at"),
    Source("points_disputes", "dispute", "decision", "dispute", "id", "decided_by_staff_id", "decided_at", "decision_reason",
           column="decided_at"),
)  # fmt: skip

# Written by its owner's functions alone: who may write anywhere else can neither add to the record nor take from it.
FUNCTIONS = """
CREATE FUNCTION audit_name(kind text, ref text) RETURNS text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT kind || ':' || coalesce(CASE kind
        WHEN 'campaign' THEN (SELECT code FROM campaigns WHERE id = ref::int)
        WHEN 'staff' THEN (SELECT staff_no FROM staff WHERE id = ref::int)
        WHEN 'unit' THEN (SELECT code FROM units WHERE id = ref::int)
        WHEN 'account' THEN (SELECT login FROM accounts WHERE id = ref::int)
        WHEN 'month' THEN left(ref, 7)
        ELSE ref END, ref)
$$;
CREATE FUNCTION audit_account(named text, value text) RETURNS int LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN named LIKE '%staff_id' THEN (SELECT id FROM accounts WHERE staff_id = value::int)
        WHEN named IN ('author', 'approver') THEN (SELECT id FROM accounts WHERE login = value)
        ELSE value::int END
$$;
CREATE FUNCTION write_audit(said jsonb, args text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO audit_entries (happened_at, account_id, act, object, reason)
    VALUES ((said->>args[6])::timestamptz, audit_account(args[5], said->>args[5]), args[1] || coalesce('.' || (said->>args[2]), ''),
        audit_name(args[3], said->>args[4]), nullif(said->>args[7], ''))
$$;
CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM write_audit(to_jsonb(NEW), ARRAY(SELECT unnest(TG_ARGV)));  -- theirs begins at 0
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION write_audit(jsonb, text[]), audit_account(text, text), audit_name(text, text) FROM PUBLIC;
"""


def upgrade() -> None:
    """Make the table, take over what was recorded before, and let the triggers fill it from now on."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '300s'")
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    for columns in (["happened_at", "id"], ["account_id", "happened_at", "id"], ["object", "happened_at", "id"]):
        op.create_index(op.f(f"ix_audit_entries_{'_'.join(columns)}"), TABLE, columns, unique=False)
    op.execute(FUNCTIONS)
    op.execute(f"GRANT SELECT ON {TABLE} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY by_scope ON {TABLE} FOR SELECT USING ({COMPANY})")
    op.execute(f"CREATE POLICY kept ON {TABLE} FOR INSERT WITH CHECK (true)")
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute("SELECT set_config('gridwork.scope', 'all', true)")  # the owner is bound by row level security too
    for number, source in enumerate(SOURCES):
        take_over(source)
        watch(source, f"keep_audit_{number}")


def take_over(source: Source) -> None:
    """What was recorded before. What was done to single work orders is too much: it begins now."""
    if source.past:
        condition = f"t.{source.column} IS NOT NULL" if source.column else source.condition.format(row="t")
        op.execute(
            f"SELECT count(write_audit(to_jsonb(t), ARRAY[{arguments(source)}])::text) FROM {source.table} t WHERE {condition}"
        )


def watch(source: Source, name: str) -> None:
    """What is recorded from now on."""
    if source.column:
        event = f"UPDATE OF {source.column}"
        condition = f"NEW.{source.column} IS NOT NULL AND OLD.{source.column} IS NULL"
    else:
        event, condition = "INSERT", source.condition.format(row="NEW")
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {source.table} FOR EACH ROW WHEN ({condition})"
        f" EXECUTE FUNCTION keep_audit({arguments(source)})"
    )


def arguments(source: Source) -> str:
    """What keep_audit is told, as text literals."""
    told = (source.act, source.verb, source.kind, source.ref, source.who, source.when, source.why)
    return ", ".join(f"'{one}'" for one in told)


def downgrade() -> None:
    """Take it away again."""
    for number, source in enumerate(SOURCES):
        op.execute(f"DROP TRIGGER keep_audit_{number} ON {source.table}")
    op.execute("DROP FUNCTION keep_audit()")
    op.execute("DROP FUNCTION write_audit(jsonb, text[])")
    op.execute("DROP FUNCTION audit_account(text, text)")
    op.execute("DROP FUNCTION audit_name(text, text)")
    op.drop_table(TABLE)
