"""Whatever a live page shows says that it changed, in the transaction that changes it."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from app.core.clock import Month
from app.core.db import make_engine, set_scope
from app.dispatch.service import dispatch_campaign
from app.models.device import Device
from app.models.escalation import PhonePull
from app.models.evidence import ReviewCase
from app.models.organisation import Role
from app.notices.inbox import Told, put_notices
from tests import factories as make
from tests.factories import NOW
from tests.truth import make_feedback

SHOWN = {
    "contact_feedback": {"insert"},
    "correction_proposals": {"insert", "update"},
    "devices": {"insert", "update"},
    "dispatch_runs": {"insert"},
    "do_not_disturb_undos": {"insert", "update"},
    "feedback_quarantine": {"insert", "update"},
    "manager_messages": {"insert", "update"},
    "notices": {"insert", "update"},
    "phone_pulls": {"insert", "update"},
    "review_cases": {"insert", "update"},
    "work_order_returns": {"insert", "update"},
    "work_orders": {"update"},  # and those of no dispatch by refuse_new_lost_order
}


def told(session):
    """What was told since the last question, as (unit's code, topic)."""
    session.flush()
    rows = session.execute(text("DELETE FROM live_changes c USING units u WHERE u.id = c.unit_id RETURNING u.code, c.topic"))
    return {tuple(row) for row in rows}


@pytest.fixture
def order(session):
    found = make.make_work_order(session)
    assert told(session) == {("G11", "work")}
    return found


def test_work_tells_both_grids_between_which_it_goes(session, order):
    borrower = make.grid(session, "G12")
    session.execute(text("UPDATE work_orders SET lent_to_grid_id = :g"), {"g": borrower.id})
    assert told(session) == {("G11", "work"), ("G12", "work")}
    session.execute(text("UPDATE work_orders SET lent_to_grid_id = NULL, grid_id = :g"), {"g": make.grid(session, "G21").id})
    assert told(session) == {("G11", "work"), ("G12", "work"), ("G21", "work")}


def test_a_report_on_lent_work_tells_the_grid_that_lent_it_too(session, order):
    make_feedback(session, order, home_grid_id=make.grid(session, "G12").id)
    assert told(session) == {("G11", "reports"), ("G12", "reports")}


def test_a_phone_tells_the_grid_of_its_manager(session, order):
    ana = make.staff(session, "ana")
    phone = Device(staff_id=ana.id, device_id="d1", name="x", app_version="1", registered_at=NOW)
    session.add(phone)
    assert told(session) == {("G11", "phones")}
    phone.last_sync_at, phone.queue_length = NOW, 3
    assert told(session) == {("G11", "phones")}
    session.add(PhonePull(staff_id=make.staff(session, "cy").id, pulled_at=NOW))
    assert told(session) == {("G12", "phones")}


def test_what_waits_for_a_decision_tells_its_grid(session, order):
    grid, ana = make.grid(session, "G11"), make.staff(session, "ana")
    values = {"w": order.id, "g": grid.id, "s": ana.id, "now": NOW}
    columns = "work_order_id, grid_id, staff_id, reason, returned_at"
    session.execute(text(f"INSERT INTO work_order_returns ({columns}) VALUES (:w, :g, :s, 'other', :now)"), values)
    assert told(session) == {("G11", "returns")}
    session.add(ReviewCase(kind="manager", staff_id=ana.id, grid_id=grid.id, month=Month(2026, 10), reasons=[], opened_at=NOW))
    assert told(session) == {("G11", "cases")}


def test_a_notice_tells_the_unit_that_it_is_for(session):
    branch = make.grid(session, "B1")
    put_notices(session, [Told("escalation", branch.id, Role.BRANCH_MANAGER, "x", {})], now=NOW)
    assert told(session) == {("B1", "notices")}


def test_every_table_of_what_is_shown_tells(session):
    found = {}
    triggers = text(
        "SELECT CAST(CAST(tgrelid AS regclass) AS text), substr(tgname, 11) FROM pg_trigger"
        " WHERE tgname LIKE 'tell\\_live\\_%' AND tgenabled = 'O' AND tgparentid = 0"
    )
    for table, event in session.execute(triggers):
        found.setdefault(table, set()).add(event)
    assert found == SHOWN


def test_a_statement_that_changes_nothing_tells_nothing(session, order):
    session.execute(text("UPDATE work_orders SET rank = 2 WHERE id = -1"))
    assert told(session) == set()


def test_many_changes_of_one_transaction_are_told_once(session, order):
    for _ in range(5):
        session.execute(text("UPDATE work_orders SET rank = rank + 1"))
    assert session.scalar(text("SELECT count(*) FROM live_changes")) == 1


def test_who_sees_only_what_is_their_own_tells_all_the_same(session, order):
    ana, grid = make.staff(session, "ana"), make.grid(session, "G11")
    set_scope(session, scope="own", grid_ids=[grid.id], staff_id=ana.id)
    make_feedback(session, order)
    assert session.scalar(text("SELECT count(*) FROM live_changes")) == 0  # and cannot read what was told
    set_scope(session, scope="all")
    assert told(session) == {("G11", "reports")}


def test_nobody_tells_what_did_not_happen(session):
    with pytest.raises(Exception, match="permission denied"):
        session.execute(text("INSERT INTO live_changes (unit_id, topic) VALUES (1, 'work')"))


def test_nobody_calls_the_functions_by_which_it_is_told(session):
    with pytest.raises(Exception, match="permission denied"):
        session.execute(text("SELECT tell_live(ARRAY[1], 'work')"))


def test_a_change_notifies_unless_somebody_else_is_about_to(database):
    engine = make_engine(database)
    with engine.connect() as first, engine.connect() as second, engine.connect() as listener:
        driver = listener.connection.driver_connection
        driver.autocommit = True
        driver.execute("LISTEN gridwork_live")

        def heard():
            driver.execute("SELECT 1")
            return len(list(driver.notifies(timeout=0)))

        change = text("INSERT INTO phone_pulls (staff_id, pulled_at) SELECT id, now() FROM staff WHERE staff_no = :no")
        for one in (first, second):
            one.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        first.execute(change, {"no": "ANA"})
        second.execute(change, {"no": "BO"})
        second.commit()
        assert heard() == 0
        first.commit()
        assert heard() == 1
    engine.dispose()


def test_a_dispatch_tells_the_grids_of_its_work_once_when_it_is_whole(session):
    make.make_scores(session, ["C01", "C02", "C03"])
    code = make.make_campaign(session, status="approved", opened_at=None, control_share=Decimal(0)).code
    told(session)
    assert dispatch_campaign(session, campaign_code=code, now=NOW)["new_work_orders"] > 1
    assert ("G11", "work") not in told(session)
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    grids = session.scalars(text("SELECT DISTINCT u.code FROM work_orders w JOIN units u ON u.id = w.grid_id"))
    assert told(session) == {(grid, "work") for grid in grids}
