"""What evidence of points names is there, and stays: asked once for a statement, as foreign keys would ask for every row."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import make_engine, set_scope
from app.models.points import EntryKind, PointsEntry
from app.models.work_order import WorkOrder
from app.points.evidence import EvidenceRow, insert_evidence
from app.points.plans.in_force import open_month, take_points_lock
from tests.factories import NOW, make_work_order, staff
from tests.stages.points.test_closing_races import _wait_until_blocked
from tests.truth import OCTOBER, make_feedback, make_sale

NAMED = ("entry_id", "work_order_id", "feedback_id", "verification_id", "order_id")
NOT_THERE = {"entry_id": 10**9, "work_order_id": 10**9, "feedback_id": uuid4(), "verification_id": 10**9, "order_id": 10**9}


def evidence_of_a_sale(session):
    """A row of evidence, not written yet, of a line in the open month."""
    order = make_work_order(session)
    sale, report = make_sale(session, order), make_feedback(session, order)
    plan_id = open_month(session, month=OCTOBER, now=NOW).plan_id
    account = {"month": OCTOBER, "staff_id": order.staff_id, "grid_id": order.grid_id, "component": "success", "plan_id": plan_id}
    entry = PointsEntry(
        **account, kind=EntryKind.ADJUSTMENT, points=1, cause="late_win:1", explanation={}, posted_at=NOW, refers_to_id=None
    )
    session.add(entry)
    session.flush()
    return EvidenceRow(entry.id, order.grid_id, order.staff_id, order.id, report.id, None, sale.id, "success", Decimal(1))


def test_evidence_of_what_is_there_is_taken(session):
    insert_evidence(session, [evidence_of_a_sale(session)] * 3)
    assert session.scalar(text("SELECT count(*) FROM points_evidence")) == 3


@pytest.mark.parametrize("column", NAMED)
@pytest.mark.parametrize("rows", [1, 1_200])
def test_evidence_of_what_is_not_there_is_refused(session, column, rows):
    sound = evidence_of_a_sale(session)
    with pytest.raises(DBAPIError, match="names a row of") as refused, session.begin_nested():
        insert_evidence(session, [*[sound] * (rows - 1), sound._replace(**{column: NOT_THERE[column]})])
    assert refused.value.orig.sqlstate == "23503"
    assert session.scalar(text("SELECT current_setting('gridwork.scope')")) == "all"


def test_whoever_acts_what_another_grid_has_may_be_named(session):
    """As a foreign key sees every row: evidence of shared work names what a colleague of another grid did."""
    row, dee = evidence_of_a_sale(session), staff(session, "dee")
    order = session.get_one(WorkOrder, row.work_order_id)
    report = make_feedback(session, order, staff_id=dee.id, grid_id=dee.unit_id)
    set_scope(session, scope="grids", grid_ids=[row.grid_id])
    insert_evidence(session, [row._replace(feedback_id=report.id)])
    assert session.scalar(text("SELECT current_setting('gridwork.scope')")) == "grids"


def test_an_order_that_was_paid_for_does_not_go(session):
    row = evidence_of_a_sale(session)
    insert_evidence(session, [row])
    with pytest.raises(DBAPIError, match="names a row of orders") as refused, session.begin_nested():
        session.execute(text("DELETE FROM orders WHERE id = :id"), {"id": row.order_id})
    assert refused.value.orig.sqlstate == "23503"
    make_sale(session, make_work_order(session, customer_no="C02"))
    assert session.execute(text("DELETE FROM orders WHERE id <> :id"), {"id": row.order_id}).rowcount == 1


@pytest.mark.parametrize("table", ["points_entries", "work_orders", "contact_feedback", "verifications", "orders"])
def test_each_table_that_evidence_names_is_kept(session, table):
    found = session.scalar(
        text("SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND tgname = 'kept_by_evidence'"),
        {"table": table},
    )
    assert found == 1


def test_a_work_order_that_was_paid_for_does_not_go_from_its_part_either(company, database):
    row = evidence_of_a_sale(company)
    insert_evidence(company, [row])
    company.commit()
    owner = make_engine(database, as_app=False)
    with owner.connect() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        connection.execute(text("ALTER TABLE work_orders_shared DISABLE TRIGGER kept_by_its_rows"))  # which asks other tables
        with pytest.raises(DBAPIError, match="names a row of work_orders_shared"):
            connection.execute(text("DELETE FROM work_orders_shared WHERE id = :id"), {"id": row.work_order_id})
    owner.dispose()


def test_who_deletes_an_order_waits_for_who_posts_and_is_then_refused(sessions, company):
    row = evidence_of_a_sale(company)
    company.commit()

    def delete() -> str:
        with sessions() as other:
            set_scope(other, scope="all")
            try:
                other.execute(text("DELETE FROM orders WHERE id = :id"), {"id": row.order_id})
                other.commit()
            except DBAPIError as error:
                return error.orig.sqlstate
        return "done"

    set_scope(company, scope="all")
    take_points_lock(company)  # as everybody who posts
    insert_evidence(company, [row])
    with ThreadPoolExecutor(1) as pool:
        deleting = pool.submit(delete)
        _wait_until_blocked(company)
        company.commit()
        assert deleting.result() == "23503"
