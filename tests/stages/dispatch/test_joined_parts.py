"""Parts of work orders whose runs are over become one, beside all who read and change them."""

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from app.core.db import make_engine, set_scope
from app.dispatch.run import order_part
from app.dispatch.run.order_part import drop_lost_parts, make_joined_part, put_joined_part
from app.dispatch.service import dispatch_campaign
from app.jobs import joining
from app.jobs.joining import join_order_parts
from app.jobs.steps import run_in_steps
from app.models.campaign import CampaignStatus
from app.models.work_order import WorkOrder
from app.points.ledger.seal_queries import missing_guards
from tests.factories import NOW, make_campaign, make_scores
from tests.stages.dispatch.test_dispatching import ALL
from tests.stages.dispatch.test_order_parts import PARTS

FAMILIES = ("broadband", "tv", "phones")
ROWS = text("SELECT w.*, CAST(changed_xid AS text) AS changed FROM work_orders w ORDER BY id")
INDEXES = text(
    "SELECT replace(pg_get_indexdef(indexrelid), :part, '') FROM pg_index WHERE indrelid = to_regclass(:part) ORDER BY 1"
)
KEPT = text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = to_regclass(:part)")
CHECKS = text("SELECT conname::text FROM pg_constraint WHERE conrelid = to_regclass(:part) AND contype = 'c' ORDER BY 1")


@pytest.fixture
def again(company):
    """Go on in a new transaction of the company."""

    def commit():
        company.commit()
        set_scope(company, scope="all")

    return commit


@pytest.fixture
def parts(company, again, monkeypatch):
    """Three runs, each with a part of its own; names of the parts in their order."""
    monkeypatch.setattr(order_part, "PART_FROM", 3)
    make_scores(company, ALL)
    for family in FAMILIES:
        _dispatch(company, family, again)
    return _parts(company)


@pytest.fixture
def ended(company, again, parts):
    """The same, and everything in them is done."""
    company.execute(text("UPDATE work_orders SET state = 'done', closed_at = now()"))
    again()
    return parts


def _dispatch(session, family, again):
    code = make_campaign(session, product_family=family, status=CampaignStatus.APPROVED, opened_at=None, list_size=8).code
    again()
    dispatch_campaign(session, campaign_code=code, now=NOW)
    again()


def _parts(session):
    return [name for name in session.scalars(PARTS) if name != "work_orders_shared"]


def _first(part):
    return int(part.rpartition("_")[2])


def _rows(session):
    return [tuple(row) for row in session.execute(ROWS)]


def _said_of(session, part):
    """What the database keeps of a part besides its rows."""
    return [[tuple(row) for row in session.execute(said, {"part": part})] for said in (INDEXES, KEPT, CHECKS)]


def _reopen(session, part):
    least = "SELECT min(id) FROM work_orders WHERE id >= :first"
    session.execute(
        text(f"UPDATE work_orders SET state = 'open', closed_at = NULL WHERE id = ({least})"), {"first": _first(part)}
    )


def test_ended_parts_become_one_with_every_row_as_it_was(company, again, ended):
    rows, had = _rows(company), _said_of(company, ended[0])
    first = make_joined_part(company, parts=3)
    again()
    assert _parts(company) == ended  # nothing is to be seen of it yet
    assert put_joined_part(company, first) == 3
    again()
    assert _parts(company) == [f"work_orders_joined_{_first(ended[0])}"]
    assert _rows(company) == rows
    assert len(rows) >= 9
    assert _said_of(company, _parts(company)[0]) == had
    assert missing_guards(company) == []


def test_who_reads_the_joined_part_is_who_read_its_parts(company, sessions, again, ended):
    put_joined_part(company, make_joined_part(company, parts=3))
    again()
    (joined,) = _parts(company)
    grids = set(company.scalars(select(WorkOrder.grid_id)))
    for grid in (*grids, max(grids) + 1000):
        with sessions() as other:
            set_scope(other, scope="grids", grid_ids=[grid])
            assert set(other.scalars(select(WorkOrder.grid_id))) == {grid} & grids
    for statement in (f"SELECT FROM {joined}", f"UPDATE {joined} SET rolls = 1"):
        with sessions() as other, pytest.raises(ProgrammingError, match="permission denied"):
            other.execute(text(statement))


def test_what_changed_while_it_was_copied_is_as_it_became(company, sessions, again, ended):
    with sessions() as other:  # begun before, committed after
        set_scope(other, scope="all")
        other.execute(text("UPDATE work_orders SET rolls = 7 WHERE id = :id"), {"id": _first(ended[1])})
        company.execute(text("UPDATE work_orders SET rolls = 1 WHERE id = :id"), {"id": _first(ended[2])})
        again()
        first = make_joined_part(company, parts=3)
        again()
        other.commit()
    _reopen(company, ended[0])
    company.execute(text("UPDATE work_orders SET lent_to_grid_id = 5 WHERE id >= :first"), {"first": _first(ended[2])})
    again()
    rows = _rows(company)
    assert put_joined_part(company, first) == 3
    assert _rows(company) == rows
    assert company.scalars(select(WorkOrder.id).where(WorkOrder.rolls == 7)).all() == [_first(ended[1])]


def test_only_neighbours_without_live_orders_are_joined(company, again, ended):
    _reopen(company, ended[1])
    again()
    assert make_joined_part(company, parts=2) is None
    company.execute(text("UPDATE work_orders SET state = 'done', closed_at = now()"))
    _reopen(company, ended[2])
    again()
    first = make_joined_part(company, parts=2)
    assert put_joined_part(company, first) == 2
    again()
    assert _parts(company) == sorted([f"work_orders_joined_{_first(ended[0])}", ended[2]])
    assert make_joined_part(company, parts=2) is None  # what is joined stays as it is


def test_who_sees_less_than_the_company_joins_nothing(sessions, parts):
    for join in (lambda other: make_joined_part(other, parts=2), lambda other: put_joined_part(other, _first(parts[0]))):
        with sessions() as other:
            set_scope(other, scope="grids", grid_ids=[1])
            with pytest.raises(ProgrammingError, match="in the scope of the company"):
                join(other)


def test_parts_are_exchanged_when_nobody_is_at_the_table(company, sessions, again, ended):
    first = make_joined_part(company, parts=3)
    again()
    with sessions() as other:
        set_scope(other, scope="all")
        other.scalars(select(WorkOrder.id)).all()
        assert put_joined_part(company, first) == 0
        company.rollback()
    set_scope(company, scope="all")
    assert put_joined_part(company, first) == 3


def test_a_joining_that_ended_early_is_gone_after_the_night_and_with_the_next(company, again, ended):
    rows = _rows(company)
    make_joined_part(company, parts=3)
    again()
    assert drop_lost_parts(company) == 1
    again()
    with pytest.raises(DBAPIError, match="no part that was joined"):
        put_joined_part(company, _first(ended[0]))
    company.rollback()
    set_scope(company, scope="all")
    for _ in range(2):
        first = make_joined_part(company, parts=3)
        again()
    assert put_joined_part(company, first) == 3
    assert _rows(company) == rows


def test_a_joined_part_that_lost_an_order_is_not_put_in_its_place(company, database, again, ended):
    first = make_joined_part(company, parts=3)
    again()
    owner = make_engine(database, as_app=False)
    with owner.begin() as connection:
        connection.execute(text(f"DELETE FROM work_orders_joined_{first} WHERE id = {_first(ended[1])}"))
    owner.dispose()
    company.execute(text("UPDATE work_orders SET rolls = 7 WHERE id = :id"), {"id": _first(ended[1])})
    again()
    with pytest.raises(DBAPIError, match="of 1 changed work orders 0 were joined"):
        put_joined_part(company, first)
    company.rollback()
    set_scope(company, scope="all")
    assert _parts(company) == ended


def test_a_part_is_put_in_its_place_once(company, again, ended):
    first = make_joined_part(company, parts=3)
    put_joined_part(company, first)
    again()
    with pytest.raises(DBAPIError, match="no part that was joined"):
        put_joined_part(company, first)


def test_two_do_not_join_at_once(company, sessions, ended):
    assert make_joined_part(company, parts=2) is not None
    with sessions() as other:
        set_scope(other, scope="all")
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert make_joined_part(other, parts=2) is None


def test_one_part_is_not_joined(company):
    with pytest.raises(DBAPIError, match="expected 2 or more, not 1"):
        make_joined_part(company, parts=1)


def test_a_run_goes_on_beside_the_joining(company, again, ended):
    first = make_joined_part(company, parts=3)
    again()
    _dispatch(company, "cloud", again)
    assert put_joined_part(company, first) == 3
    again()
    assert len(_parts(company)) == 2


def test_the_job_joins_as_long_as_there_are_enough_and_waits_for_who_is_at_the_table(
    sessions, company, again, ended, monkeypatch
):
    monkeypatch.setattr(joining, "PARTS", 2)
    monkeypatch.setattr(joining, "SECONDS_BETWEEN", 0.05)
    company.commit()
    leaves = threading.Timer(1.0, company.commit)
    set_scope(company, scope="all")
    company.scalars(select(WorkOrder.id)).all()
    leaves.start()
    assert run_in_steps(sessions, "join-order-parts", join_order_parts) == {"joined": 2}
    leaves.join()
    set_scope(company, scope="all")
    assert len(_parts(company)) == 2
    assert run_in_steps(sessions, "join-order-parts", join_order_parts) == {"joined": 0}


def test_a_job_that_never_finds_the_table_alone_leaves_everything(sessions, company, again, ended, monkeypatch):
    monkeypatch.setattr(joining, "TRIES", 2)
    monkeypatch.setattr(joining, "PARTS", 3)
    monkeypatch.setattr(joining, "SECONDS_BETWEEN", 0.0)
    rows = _rows(company)
    assert run_in_steps(sessions, "join-order-parts", join_order_parts) == {"joined": 0}
    assert _rows(company) == rows
    assert _parts(company) == ended
