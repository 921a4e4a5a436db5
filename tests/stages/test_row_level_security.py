"""The database itself hides what is not yours, whatever a query forgets."""

import pytest
from sqlalchemy import text

from app.core.db import make_engine, set_scope
from tests import factories as make
from tests.truth import make_feedback

PROTECTED = {
    "work_orders",
    "work_order_tombstones",
    "contact_feedback",
    "feedback_quarantine",
    "verifications",
    "points_entries",
    "ledger_postings",
    "points_evidence",
    "monthly_statements",
    "customers",
    "customer_arrivals",
    "customer_ownerships",
    "handovers",
    "handover_customers",
    "handover_orders",
    "campaign_targets",
    "back_check_strata",
    "back_checks",
    "notices",
    "notice_reads",
    "escalations",
    "phone_pulls",
    "outbox_events",
    "outbox_deliveries",
    "webhook_secrets",
    "digests",
    "mail_addresses",
    "competitor_findings",
    "correction_proposals",
    "feedback_attachments",
    "devices",
    "push_marks",
    "push_settings",
    "disclosures",
    "points_disputes",
    "carried_over",
    "do_not_disturb",
    "do_not_disturb_undos",
    "attachments",
    "evidence_findings",
    "review_cases",
    "daily_figures",
    "grid_day_figures",
    "grid_month_figures",
    "monthly_figures",
    "campaign_month_figures",
    "campaign_result_figures",
    "figure_alarms",
    "figure_marks",
    "saved_views",
    "figure_targets",
    "live_changes",
    "manager_messages",
}


def _count(session, table):
    return session.execute(text(f"SELECT count(*) FROM {table}")).scalar()


def test_without_a_scope_nothing_is_there(session):
    make.make_work_order(session)
    set_scope(session, scope="")
    assert _count(session, "work_orders") == _count(session, "customers") == 0


def test_a_grid_manager_sees_the_grid_and_a_terminal_manager_only_their_own(session):
    campaign = make.make_campaign(session)
    make.make_work_order(session, campaign=campaign, customer_no="C01", manager="ana")
    make.make_work_order(session, campaign=campaign, customer_no="C03", manager="bo")
    make.make_work_order(session, campaign=campaign, customer_no="C11", manager="cy")
    grid, ana = make.grid(session, "G11"), make.staff(session, "ana")
    set_scope(session, scope="grids", grid_ids=[grid.id])
    assert _count(session, "work_orders") == 2
    set_scope(session, scope="own", grid_ids=[grid.id], staff_id=ana.id)
    assert _count(session, "work_orders") == 1
    assert _count(session, "customers") == 10


def test_the_customer_of_lent_work_is_seen_by_the_borrowers_while_it_is_live_and_by_nobody_else(session):
    order = make.make_work_order(session, customer_no="C11", manager="cy")
    mine, theirs = make.grid(session, "G11"), make.grid(session, "G12")
    session.execute(text("UPDATE work_orders SET lent_to_grid_id = :g WHERE id = :i"), {"g": mine.id, "i": order.id})
    seen = text("SELECT count(*) FROM customers WHERE customer_no = 'C11'")
    for grid_ids, state, count in (([mine.id], "open", 1), ([], "open", 0), ([theirs.id], "open", 1), ([mine.id], "done", 0)):
        set_scope(session, scope="all")
        session.execute(text("UPDATE work_orders SET state = :s, closed_at = now() WHERE id = :i"), {"s": state, "i": order.id})
        set_scope(session, scope="grids", grid_ids=grid_ids)
        assert session.scalar(seen) == count, (grid_ids, state)


def test_who_reported_on_a_work_order_sees_it_wherever_it_went_and_a_colleague_does_not(session):
    order, ana, dee = make.make_work_order(session), make.staff(session, "ana"), make.staff(session, "dee")
    make_feedback(session, order)
    elsewhere = {"g": make.grid(session, "G21").id, "d": dee.id, "i": order.id}
    session.execute(text("UPDATE work_orders SET grid_id = :g, staff_id = :d WHERE id = :i"), elsewhere)
    for person, count in ((ana, 1), (make.staff(session, "bo"), 0)):
        set_scope(session, scope="own", grid_ids=[make.grid(session, "G11").id], staff_id=person.id)
        assert _count(session, "work_orders") == count, person.staff_no


def test_a_row_cannot_be_moved_out_of_ones_grids(session):
    order = make.make_work_order(session)
    grid, other = make.grid(session, "G11"), make.grid(session, "G21")
    set_scope(session, scope="grids", grid_ids=[grid.id])
    with pytest.raises(Exception, match="row-level security"):
        session.execute(text("UPDATE work_orders SET grid_id = :g WHERE id = :i"), {"g": other.id, "i": order.id})


def test_the_application_role_owns_nothing_and_cannot_pass_by(session):
    role = session.execute(text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")).one()
    assert role == (False, False)
    assert session.execute(text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")).scalar() == 0


def test_protection_is_forced_on_every_protected_table(session):
    forced = session.scalars(
        text("SELECT relname::text FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relkind IN ('r', 'p')")
    )
    assert set(forced) >= PROTECTED


def test_the_owner_is_bound_too(database):
    owner = make_engine(database, as_app=False)
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM customers")).scalar() == 0
    owner.dispose()


def test_policies_that_look_into_other_tables_are_asked_last(session):
    """PostgreSQL asks them by name, backwards, until one says yes: a search of another table must come first in the alphabet."""
    found = session.execute(
        text("SELECT tablename, policyname, qual FROM pg_policies WHERE qual IS NOT NULL ORDER BY 1, 2")
    ).all()
    looks = {(table, name) for table, name, qual in found if " FROM " in qual or "work_orders_i_reported_on()" in qual}
    plain = {(table, name) for table, name, _ in found} - looks
    assert {name for table, name in looks if table == "work_orders"} == {"also_reported_on", "also_with_customer"}
    wrong = [(one, other) for one in looks for other in plain if one[0] == other[0] and one[1] > other[1]]
    assert wrong == []
