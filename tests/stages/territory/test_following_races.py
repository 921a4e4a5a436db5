"""Work that follows the customers feed beside imports, handovers, reassignments and runs, with real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from app.core.db import set_scope
from app.ingest.service import import_feed
from app.models.territory import OwnershipNews
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState
from app.territory.feed_moves import follow_feed
from tests.factories import NOW, grid, make_campaign, make_work_order
from tests.stages.territory.handing import give_all, whose


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "customers"
    path.write_text("customer_no,grid_code,owner_staff_no\nC01,G12,CY\n")
    return path


@pytest.fixture
def order(company):
    give_all(company, "ana", "C01")
    order = make_work_order(company)
    company.commit()
    set_scope(company, scope="all")
    return order


def take_in(session, file):
    import_feed(session, feed="customers", path=file, file_name="customers", now=NOW)


def in_transaction(sessions, work):
    with sessions() as session:
        set_scope(session, scope="all")
        result = work(session)
        session.commit()
        return result


def moved(sessions):
    return in_transaction(sessions, lambda session: follow_feed(session, now=NOW)["moved"])


def in_the_news(session):
    return session.scalar(select(func.count()).select_from(OwnershipNews))


def test_while_an_import_is_under_way_nothing_follows_and_its_news_is_not_lost(company, sessions, order, file):
    in_transaction(sessions, lambda session: take_in(session, file))
    file.write_text("customer_no,grid_code,owner_staff_no\nC01,G21,DEE\n")
    with sessions() as importing:
        set_scope(importing, scope="all")
        take_in(importing, file)
        assert moved(sessions) == 0
        importing.commit()
    assert moved(sessions) == 1
    assert (whose(company, order), order.grid_id) == ("DEE", grid(company, "G21").id)


def test_what_somebody_else_holds_is_not_waited_for_and_follows_later(company, sessions, order, file):
    in_transaction(sessions, lambda session: take_in(session, file))
    with sessions() as other:
        set_scope(other, scope="all")
        other.scalars(select(WorkOrder).where(WorkOrder.id == order.id).with_for_update()).one()
        assert moved(sessions) == 0
        assert in_the_news(company) == 1
        other.rollback()
    assert (moved(sessions), in_the_news(company)) == (1, 0)


def test_workers_that_follow_at_once_do_it_once(company, sessions, order, file):
    in_transaction(sessions, lambda session: take_in(session, file))
    barrier = threading.Barrier(4)

    def work(_):
        barrier.wait()
        return moved(sessions)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1
    assert company.scalar(select(func.count()).select_from(WorkOrderEvent)) == 1


def test_work_of_a_run_that_knew_the_owner_of_before_follows_too(company, sessions, order, file):
    company.execute(text("UPDATE work_orders SET state = 'done'"))
    company.commit()
    set_scope(company, scope="all")
    campaign = make_campaign(company, product_code="TV1")
    company.execute(text("LOCK TABLE customers IN SHARE MODE"))  # as a run does before it reads who owns whom
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(in_transaction, sessions, lambda session: take_in(session, file))
        for _ in range(1000):
            if company.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                break
            threading.Event().wait(0.01)
        late = make_work_order(company, campaign=campaign, state=WorkOrderState.PLANNED)
        company.commit()
        importing.result(timeout=30)
    set_scope(company, scope="all")
    assert moved(sessions) == 1
    assert whose(company, late) == "CY"


@pytest.mark.parametrize(("scope", "seen"), [({"scope": "all"}, 1), ({"scope": "grids", "grid_ids": [1, 2, 3, 4, 5, 6, 7]}, 0)])
def test_only_the_company_sees_what_the_feed_changed(sessions, order, file, scope, seen):
    in_transaction(sessions, lambda session: take_in(session, file))
    with sessions() as session:
        set_scope(session, **scope)
        assert in_the_news(session) == seen
