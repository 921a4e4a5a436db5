"""A record is only ever added to, and in one's own name; and what acts as the owner of the database is lent to nobody."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import APP_ROLE, make_engine, set_scope
from tests.factories import NOW, TODAY, grid, staff

RECORDS = """
account_events audit_entries back_check_strata base_points_versions campaign_evaluations campaign_events
campaign_previews campaign_versions carried_over competitor_findings contact_feedback contact_policies
contact_policy_approvals disclosures escalation_rule_changes evaluated_managers evidence_findings feedback_attachments
ledger_leaves ledger_override_rows ledger_overrides ledger_postings ledger_seals month_overrides monthly_statements
order_versions payroll_acknowledgements payroll_delta_acknowledgements payroll_delta_files payroll_file_lines
payroll_files permission_ends permission_grants personnel_looks plan_components points_entries points_evidence
points_inputs points_plan_approvals points_plan_steps points_plans ranker_calibrations ranker_promotions
ranker_watches review_events rule_switches verifications work_order_events
"""
# These change, and stay.
KEPT = """
capacity_bookings correction_proposals customer_ownerships devices do_not_disturb do_not_disturb_undos
evaluation_requests evidence_rule_states handovers job_requests manager_messages points_disputes points_months
push_marks push_settings review_cases revoked_devices run_progress sms_confirmations work_order_returns work_orders
"""
DEEDS = """
account_events account
campaign_events campaign
carried_over month.carried_over
contact_policies policy.proposed
contact_policy_approvals policy.approved
devices device.revoked
disclosures disclosure
escalation_rule_changes rule.changed
feed_days feed.declared
handovers handover.cancelled
handovers handover.confirmed
handovers handover.planned
job_requests job.asked
ledger_overrides ledger.overridden
month_overrides month.passed_over
payroll_acknowledgements payroll.acknowledged
payroll_delta_acknowledgements payroll.acknowledged
permission_ends permission.ended
permission_grants permission.granted
personnel_looks personnel.looked
personnel_looks personnel.looked
points_disputes dispute
points_months month.closed
points_plan_steps plan
review_events case
rule_switches rule.switched
work_order_events work_order
work_order_events work_order
"""
# What the application asks the owner to do: statistics, lists and orders of a run as parts and several parts as one, numbers of
# orders, telling live pages of one order.
LENT = {
    "analyze_over_parts", "analyze_table", "attach_list_part", "attach_order_part", "drop_lost_parts", "hold_contacts_of_part",
    "index_list_part", "index_order_part", "make_joined_part", "make_list_part", "make_order_part", "put_joined_part",
    "take_order_ids", "take_part_ids", "tell_live_order",
}  # fmt: skip
# BEFORE each ROW, DELETE and UPDATE; BEFORE each statement, TRUNCATE
_GUARDED = text("""
SELECT CAST(c.relname AS text) FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgenabled IN ('O', 'A')
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
GROUP BY c.relname
HAVING bool_or(t.tgname = 'append_only' AND t.tgtype & 27 = 27) AND bool_or(t.tgname = 'no_truncate' AND t.tgtype & 34 = 34)
""")
_RIGHTS = text(f"""
SELECT CAST(relname AS text), has_table_privilege('{APP_ROLE}', oid, 'UPDATE'),
    has_table_privilege('{APP_ROLE}', oid, 'DELETE') OR has_table_privilege('{APP_ROLE}', oid, 'TRUNCATE')
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
""")
_LENT = text("SELECT proname::text FROM pg_proc WHERE prosecdef AND has_function_privilege(:role, oid, 'EXECUTE')")


def test_a_record_is_only_ever_added_to(session):
    records = set(RECORDS.split())
    assert set(session.scalars(_GUARDED)) == records
    assert [name for name, changed, deleted in session.execute(_RIGHTS) if name in records and (changed or deleted)] == []


def test_what_says_what_became_of_something_is_never_deleted(session):
    assert {name for name, changed, deleted in session.execute(_RIGHTS) if changed and not deleted} == set(KEPT.split())


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entries SET reason = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"]
)
def test_not_even_who_owns_the_record_of_deeds_changes_it(database, statement):
    owner = make_engine(database, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY"))
        connection.execute(text("INSERT INTO audit_entries (happened_at, act, object) VALUES (now(), 'x', 'y')"))
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))
        connection.rollback()
    owner.dispose()


def test_every_deed_comes_into_the_record(session):
    acts = text(
        "SELECT concat_ws(' ', CAST(tgrelid AS regclass), split_part(encode(tgargs, 'escape'), '\\000', 1)) FROM pg_trigger"
        " WHERE tgfoid = CAST('keep_audit' AS regproc) AND tgenabled = 'O' ORDER BY 1"
    )
    assert session.scalars(acts).all() == DEEDS.strip().splitlines()


def test_what_acts_as_the_owner_is_lent_to_nobody(session):
    assert set(session.scalars(_LENT, {"role": APP_ROLE})) == LENT
    assert session.scalars(_LENT, {"role": "public"}).all() == []


@pytest.mark.parametrize(
    ("function", "columns"),
    [
        ("keep_audit('job.asked', '', 'job', 'job', 'account_id', 'at', '')", "job text, account_id int, at timestamptz"),
        ("post_both_sides()", "id bigint"),
        ("hold_contact()", "id bigint, customer_id bigint, product_family text, state text"),
        ("hold_contacts_of_run()", "id bigint"),
        ("tell_live_grid('work')", "grid_id int"),
    ],
)
def test_nobody_lets_the_owner_write_by_a_trigger_of_their_own(session, function, columns):
    session.execute(text(f"CREATE TEMP TABLE mine ({columns})"))
    with pytest.raises(DBAPIError, match="permission denied for function"):
        session.execute(text(f"CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION {function}"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM contact_locks",
        "INSERT INTO contact_locks VALUES (1, 'fiber', 1)",
        "UPDATE contact_locks SET work_order_id = 2",
        "DELETE FROM contact_locks",
    ],
)
def test_only_what_becomes_of_work_orders_holds_and_frees_contacts(session, statement):
    with pytest.raises(DBAPIError, match="permission denied for table contact_locks"):
        session.execute(text(statement))


def account(session, name):
    return session.scalar(text("SELECT id FROM accounts WHERE login = :login"), {"login": name})


def test_who_looked_at_people_is_kept_under_their_own_name(session):
    fu, chen = staff(session, "fu"), staff(session, "chen")
    look = text("INSERT INTO personnel_looks (account_id, staff_id, looked_at) VALUES (:account, :seen, :now)")
    for scope in ("grids", "all"):
        set_scope(session, scope=scope, grid_ids=[grid(session, "G12").id], staff_id=fu.id)
        session.execute(look, {"account": account(session, "fu"), "seen": chen.id, "now": NOW})
        with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
            session.execute(look, {"account": account(session, "chen"), "seen": chen.id, "now": NOW})


def test_a_permission_is_given_and_ended_under_ones_own_name(session):
    ada, lin, chen = (staff(session, name) for name in ("ada", "lin", "chen"))
    give = text(
        "INSERT INTO permission_grants (staff_id, permission, reason, until, granted_by_staff_id, granted_at)"
        " VALUES (:to, 'personnel', 'for the postings', :until, :by, :now) RETURNING id"
    )
    end = text(
        "INSERT INTO permission_ends (grant_id, staff_id, reason, ended_by_account_id, ended_at)"
        " VALUES (:grant, :to, 'the posting is decided', :by, :now)"
    )
    set_scope(session, scope="all", staff_id=ada.id)
    values = {"to": chen.id, "until": TODAY, "now": NOW}
    number = session.scalar(give, values | {"by": ada.id})
    set_scope(session, scope="all", staff_id=lin.id)
    for statement, by in ((give, ada.id), (end, account(session, "ada"))):
        with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
            session.execute(statement, values | {"by": by, "grant": number})
    session.execute(end, values | {"by": account(session, "lin"), "grant": number})
