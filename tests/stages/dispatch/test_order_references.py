"""What other tables keep of a work order: it is there, and stays while they name it, whichever part of the table it is in."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import make_engine, set_scope
from app.models.work_order import WorkOrderState
from tests.factories import grid, make_work_order, staff
from tests.truth import make_feedback

REFERRING = (
    "attachments", "contact_feedback", "do_not_disturb", "escalations", "handover_orders", "work_order_events",
    "work_order_returns", "work_order_tombstones",
)  # fmt: skip
# Written by the orders' own triggers, guarded elsewhere, or said of an order without a key at any time.
ELSEWHERE = {"contact_locks", "disclosures", "figure_marks", "points_disputes", "points_evidence"}
NOBODYS = 10**12


def test_every_table_that_names_a_work_order_asks_whether_it_is_there(session):
    names = session.scalars(
        text(
            "SELECT c.relname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE a.attname = 'work_order_id' AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace"
        )
    )
    asking = session.scalars(text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'has_work_order'"))
    assert set(names) - ELSEWHERE == set(asking) == set(REFERRING)


@pytest.fixture
def owner(database):
    """A connection of the owner's, who sees the whole company."""
    engine = make_engine(database, as_app=False)
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        yield connection
    engine.dispose()


@pytest.mark.parametrize("table", REFERRING)
def test_a_row_of_a_work_order_that_is_not_there_is_refused(owner, table):
    with pytest.raises(IntegrityError, match=f"{table} of work order {NOBODYS}, which is not there"):
        owner.execute(text(f"INSERT INTO {table} (work_order_id) VALUES ({NOBODYS})"))


def test_a_row_does_not_go_over_to_a_work_order_that_is_not_there(company, owner):
    order = make_work_order(company)
    company.commit()
    of = {"staff": order.staff_id, "order": order.id, "grid": order.grid_id}
    owner.execute(text("INSERT INTO work_order_tombstones (staff_id, work_order_id, grid_id) VALUES (:staff, :order, :grid)"), of)
    with pytest.raises(IntegrityError, match="which is not there"):
        owner.execute(text(f"UPDATE work_order_tombstones SET work_order_id = {NOBODYS}"))


def test_a_work_order_that_is_hidden_from_the_writer_is_there_all_the_same(session):
    order = make_work_order(session)
    bo = staff(session, "bo")
    set_scope(session, scope="own", grid_ids=[grid(session, "G12").id], staff_id=bo.id)
    assert session.scalar(text("SELECT count(*) FROM work_orders")) == 0
    with pytest.raises(IntegrityError, match="null value"):  # it came past the question
        session.execute(text(f"INSERT INTO work_order_events (work_order_id) VALUES ({order.id})"))


def test_a_work_order_that_others_name_stays(company, owner):
    make_feedback(company, make_work_order(company, state=WorkOrderState.OPEN))
    company.commit()
    with pytest.raises(IntegrityError, match="is still named by other rows"):
        owner.execute(text("DELETE FROM work_orders"))


def test_a_work_order_that_goes_frees_its_customer(company, owner):
    make_work_order(company, state=WorkOrderState.OPEN)
    company.commit()
    assert owner.scalar(text("SELECT count(*) FROM contact_locks")) == 1
    owner.execute(text("DELETE FROM work_orders"))
    assert owner.scalar(text("SELECT count(*) FROM contact_locks")) == 0
