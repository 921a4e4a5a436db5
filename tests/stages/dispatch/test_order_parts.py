"""The work orders of a big run are a part of their table, written beside the run and seen when it commits."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from app.core.db import make_engine, set_scope
from app.dispatch.life import CONTACT_LOCK, move_work_order
from app.dispatch.run import order_part
from app.dispatch.run.order_part import attach_part, drop_lost_parts, may_have_part, take_part
from app.dispatch.service import dispatch_campaign, dispatch_campaigns
from app.dispatch.states import Event
from app.models.campaign import Campaign, CampaignStatus
from app.models.work_order import WorkOrder
from tests.factories import NOW, make_campaign, make_scores, make_work_order
from tests.stages.dispatch.test_dispatching import ALL
from tests.truth import make_feedback

FIRST_OF_PARTS = 2**40
PARTS = text(
    "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'work_orders'::regclass ORDER BY 1"
)
TABLES = text("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname ~ '^work_orders_[0-9]+$' ORDER BY 1")
OWN_IDS = {"id", "contact_id", "dispatch_run_id", "changed_xid"}
LOCKS = text("SELECT work_order_id FROM contact_locks ORDER BY 1")
LIVE = text("SELECT id FROM work_orders WHERE state IN ('planned', 'open', 'in_progress') ORDER BY 1")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(order_part, "PART_FROM", 3)


@pytest.fixture
def approved(company):
    """Two campaigns without lists for the same customers, of one family."""
    make_scores(company, ALL)
    values = {"status": CampaignStatus.APPROVED, "opened_at": None, "list_size": 8}
    found = [make_campaign(company, **values).code for _ in range(2)]
    company.commit()
    set_scope(company, scope="all")
    return found


@pytest.fixture
def dispatched(company, approved):
    """A run whose orders are a part, committed."""
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    company.commit()
    set_scope(company, scope="all")
    return approved[0]


def _orders(session, code):
    found = session.scalars(
        select(WorkOrder)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .where(Campaign.code == code)
        .order_by(WorkOrder.customer_id)
    )
    return list(found)


def _values(orders):
    names = [column.name for column in WorkOrder.__table__.columns if column.name not in OWN_IDS]
    return [tuple(getattr(order, name) for name in names) for order in orders]


def _one(session, code):
    return _orders(session, code)[0]


def _held(database):
    """The work orders that hold contacts, as the owner sees them: nobody else does."""
    engine = make_engine(database, as_app=False)
    with engine.connect() as owner:
        found = owner.scalars(LOCKS).all()
    engine.dispose()
    return found


def test_the_orders_of_a_part_are_what_they_would_be_in_the_table_of_all(company, approved, monkeypatch):
    report = dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    orders = _orders(company, approved[0])
    assert all(order.id >= FIRST_OF_PARTS for order in orders)
    assert [order.contact_id for order in orders] == [order.id for order in orders]
    xids = company.scalars(text("SELECT DISTINCT CAST(changed_xid AS text) FROM work_orders")).all()
    assert xids == [company.scalar(text("SELECT CAST(pg_current_xact_id() AS text)"))]
    assert len(company.scalars(PARTS).all()) == 2
    values = _values(orders)
    company.rollback()
    set_scope(company, scope="all")
    monkeypatch.setattr(order_part, "PART_FROM", 10**6)
    assert dispatch_campaign(company, campaign_code=approved[0], now=NOW) == report
    assert _values(_orders(company, approved[0])) == values
    assert len(values) >= 5


def test_several_campaigns_of_a_run_share_a_part(company, approved):
    make_campaign(company, product_code="TV1", product_family="tv", status=CampaignStatus.APPROVED, opened_at=None, code="TV")
    make_scores(company, ALL, product_code="TV1")
    dispatch_campaigns(company, campaign_codes=[approved[0], "TV"], now=NOW)
    company.commit()
    set_scope(company, scope="all")
    assert len(company.scalars(PARTS).all()) == 2
    both = _orders(company, approved[0]) + _orders(company, "TV")
    assert all(order.id >= FIRST_OF_PARTS for order in both)
    assert {order.contact_id for order in both} < {order.id for order in both}


def test_nobody_sees_the_orders_before_their_run_commits_and_nobody_waits_for_it(company, sessions, approved):
    earlier = make_work_order(company, customer_no="C15", manager="dee", product_family="tv")
    company.commit()
    set_scope(company, scope="all")
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    with sessions() as other:
        set_scope(other, scope="all")
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        assert other.scalars(select(WorkOrder.id)).all() == [earlier.id]
        make_feedback(other, other.get(WorkOrder, earlier.id))
        other.execute(text("UPDATE work_orders SET rolls = 1"))
        other.commit()
    company.commit()
    with sessions() as other:
        set_scope(other, scope="all")
        assert len(_orders(other, approved[0])) >= 5


def test_what_a_run_left_that_ended_early_is_gone_with_the_next(company, approved):
    dispatch_campaign(company, campaign_code=approved[1], now=NOW)
    company.rollback()
    set_scope(company, scope="all")
    (left,) = company.scalars(TABLES).all()
    assert _orders(company, approved[1]) == []
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    company.commit()
    set_scope(company, scope="all")
    tables = company.scalars(TABLES).all()
    assert left not in tables
    assert tables == [name for name in company.scalars(PARTS) if name != "work_orders_shared"]


def test_what_a_run_left_that_ended_early_is_gone_after_the_night_but_not_while_a_run_writes(company, sessions, approved):
    dispatch_campaign(company, campaign_code=approved[1], now=NOW)
    with sessions() as other:  # what is written is no part of anything before its run commits
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert drop_lost_parts(other) == 0
    company.rollback()
    set_scope(company, scope="all")
    assert drop_lost_parts(company) == 1
    assert company.scalars(TABLES).all() == []
    company.commit()
    set_scope(company, scope="all")
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    company.commit()
    assert drop_lost_parts(company) == 0


def test_who_is_held_by_another_campaign_gets_no_second_live_order(company, sessions, dispatched, approved):
    held = {order.customer_id for order in _orders(company, dispatched)}
    dispatch_campaign(company, campaign_code=approved[1], now=NOW)
    assert held.isdisjoint(order.customer_id for order in _orders(company, approved[1]))


def test_a_run_that_meets_an_order_of_meanwhile_looks_again(company, database, sessions, approved, monkeypatch):
    fill, met = order_part.fill_part, []

    def meanwhile(session, part, campaigns):
        if not met:
            with sessions() as other:
                set_scope(other, scope="all")
                met.append(make_work_order(other, customer_no="C01").customer_id)
                other.commit()
        fill(session, part, campaigns)

    monkeypatch.setattr("app.dispatch.run.order_rows.fill_part", meanwhile)
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    company.commit()
    set_scope(company, scope="all")
    assert met[0] not in {order.customer_id for order in _orders(company, approved[0])}
    assert _held(database) == company.scalars(LIVE).all()


def test_the_locks_are_those_of_the_live_orders_whatever_becomes_of_them(company, database, dispatched):
    ids = [order.id for order in _orders(company, dispatched)]
    assert _held(database) == sorted(ids)
    first = company.get(WorkOrder, ids[0])
    move_work_order(company, work_order=first, event=Event.WITHDRAWN, reason="customer_refused", now=NOW)
    company.commit()
    set_scope(company, scope="all")
    assert _held(database) == company.scalars(LIVE).all() == sorted(ids[1:])


def test_the_orders_of_a_run_without_a_part_hold_their_customers_too(company, database, approved, monkeypatch):
    monkeypatch.setattr(order_part, "PART_FROM", 10**6)
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    company.commit()
    set_scope(company, scope="all")
    assert _held(database) == company.scalars(LIVE).all() != []
    held = company.scalar(text("SELECT customer_no FROM customers WHERE id = (SELECT min(customer_id) FROM work_orders)"))
    with pytest.raises(IntegrityError, match=CONTACT_LOCK):
        make_work_order(company, customer_no=held)


def test_without_its_locks_a_part_is_not_attached(company, approved, monkeypatch):
    monkeypatch.setattr("app.dispatch.run.order_rows.hold_contacts", lambda session, part: None)
    with pytest.raises(IntegrityError, match="0 contacts are held"):
        dispatch_campaign(company, campaign_code=approved[0], now=NOW)


def test_a_campaign_with_orders_gets_no_part(company, dispatched):
    with_orders = company.scalar(select(Campaign.id).where(Campaign.code == dispatched))
    assert not may_have_part(company, [with_orders], orders=3)
    assert not may_have_part(company, [with_orders, with_orders + 1000], orders=3)
    assert may_have_part(company, [with_orders + 1000], orders=3)
    assert not may_have_part(company, [with_orders + 1000], orders=2)


def _again(session, order, *, into="work_orders", **changes):
    names = ", ".join(column.name for column in WorkOrder.__table__.columns if column.name not in ("id", "changed_xid", *changes))
    values = ", ".join(f":{name}" for name in changes)
    session.execute(
        text(f"INSERT INTO {into} ({names}, {', '.join(changes)}) SELECT {names}, {values} FROM work_orders WHERE id = :of"),
        {**changes, "of": order.id},
    )


def _attach_again(session, order, **changes):
    """A part of one order, like this one but for the changes, written and attached as a run does."""
    part = take_part(session, 1)
    session.execute(text("SELECT make_order_part(:first, 1)"), {"first": part.first_id})
    _again(session, order, into=f"work_orders_{part.first_id}", id=part.first_id, **changes)
    session.execute(text("SELECT index_order_part(:first)"), {"first": part.first_id})
    attach_part(session, part, lists=())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "done"}, "have work orders already"),
        ({"state": "open", "campaign_id": 10**6}, "0 contacts are held for 1 live"),
        ({"state": "done", "campaign_id": 10**6}, "without its target"),
        ({"state": "done", "campaign_id": 10**6, "staff_id": 10**6}, "a manager who is not there"),
    ],
)
def test_a_part_is_attached_with_all_that_is_asked_of_single_orders(company, dispatched, changes, said):
    with pytest.raises(IntegrityError, match=said):
        _attach_again(company, _one(company, dispatched), **changes)


def test_a_second_order_for_a_target_of_a_part_is_refused(company, dispatched):
    with pytest.raises(IntegrityError, match="a second work order for a target"):
        _again(company, _one(company, dispatched), state="done")


def test_a_second_order_for_a_target_by_a_run_is_refused_when_it_commits(company, dispatched):
    order = _one(company, dispatched)
    company.execute(text("SELECT set_config('gridwork.dispatching', :campaign, true)"), {"campaign": str(order.campaign_id)})
    run = company.scalar(
        text(
            "INSERT INTO dispatch_runs (campaign_id, started_at, finished_at, target_count, waterfall)"
            " VALUES (:campaign, now(), now(), 0, '{}') RETURNING id"
        ),
        {"campaign": order.campaign_id},
    )
    _again(company, order, state="done", dispatch_run_id=run)
    with pytest.raises(IntegrityError, match="a second work order for a target"):
        company.commit()


def test_two_live_orders_of_a_customer_meet_the_lock_across_parts(company, dispatched, approved):
    order = _one(company, dispatched)
    customer_no = company.scalar(text("SELECT customer_no FROM customers WHERE id = :id"), {"id": order.customer_id})
    with pytest.raises(IntegrityError, match=CONTACT_LOCK):
        make_work_order(company, customer_no=customer_no)


def test_a_part_is_read_through_the_table_alone(company, sessions, dispatched):
    (part,) = company.scalars(TABLES).all()
    for statement in (f"SELECT FROM {part}", f"UPDATE {part} SET rolls = 1", f"INSERT INTO {part} DEFAULT VALUES"):
        with sessions() as other:
            set_scope(other, scope="all")
            with pytest.raises(ProgrammingError, match="permission denied"):
                other.execute(text(statement))


def test_a_manager_of_a_grid_sees_the_orders_of_that_grid_alone_in_a_part(company, sessions, dispatched):
    grids = {order.grid_id for order in _orders(company, dispatched)}
    for grid in (*grids, max(grids) + 1000):
        with sessions() as other:
            set_scope(other, scope="grids", grid_ids=[grid])
            assert {order.grid_id for order in _orders(other, dispatched)} == {grid} & grids


@pytest.mark.parametrize("function", ["make_order_part(1, 1)", "make_order_part(1099511627776, 0)", "take_part_ids(0)"])
def test_a_part_begins_where_no_other_order_is(company, function):
    with pytest.raises(DBAPIError, match=r"expected 1 or more|a part of"):
        company.execute(text(f"SELECT {function}"))


def test_an_attached_part_is_not_held_again(company, dispatched):
    first = min(order.id for order in _orders(company, dispatched))
    with pytest.raises(DBAPIError, match="is attached"):
        company.execute(text("SELECT hold_contacts_of_part(:first)"), {"first": first})
