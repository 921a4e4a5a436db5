"""Handovers beside reassignments, imports and other workers, with real transactions in threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from app.core.db import set_scope
from app.core.errors import Invalid
from app.dispatch.by_hand.reassigning import reassign_work_order
from app.ingest.service import import_feed
from app.models.customer import CustomerOwnership
from app.models.work_order import WorkOrderEvent
from app.territory.applying import apply_due_handovers
from app.territory.service import confirm_handover
from tests.factories import NOW, grid, make_campaign, make_work_order
from tests.stages.territory.handing import hire, owners, plan, whose


def _in_transaction(sessions, work):
    with sessions() as session:
        set_scope(session, scope="all")
        result = work(session)
        session.commit()
        return result


def _wait_until_somebody_waits(session):
    for _ in range(1000):
        if session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            return
        session.rollback()
        threading.Event().wait(0.01)
    pytest.fail("nobody waited")


@pytest.fixture
def due(company):
    """Ana's exit, confirmed and due, with two live orders; Bo and Eva stay."""
    hire(company, "eva")
    campaign = make_campaign(company)
    orders = [make_work_order(company, campaign=campaign, customer_no=no, manager="ana") for no in ("C01", "C04")]
    confirm_handover(company, handover_id=plan(company, "exit", staff_no="ANA").id, principal=None, now=NOW)
    company.commit()
    set_scope(company, scope="all")
    return orders


def test_workers_that_apply_at_once_do_it_once(company, sessions, due):
    barrier = threading.Barrier(4)

    def work(session):
        barrier.wait()
        return apply_due_handovers(session, now=NOW)["applied"]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: _in_transaction(sessions, work), range(4))) == [0, 0, 0, 1]
    set_scope(company, scope="all")
    assert company.scalar(select(func.count()).select_from(WorkOrderEvent)) == 2
    assert company.scalar(select(func.count()).select_from(CustomerOwnership)) == 4


def _reassign(work_order_id, to, grid_id):
    return lambda session: reassign_work_order(
        session, work_order_id=work_order_id, to_staff_no=to, grid_ids=[grid_id], actor_account_id=None, reason="ill", now=NOW
    )


def test_a_reassignment_that_comes_first_stands(company, sessions, due):
    grid_id = grid(company, "G11").id
    with ThreadPoolExecutor(1) as pool, sessions() as first:
        set_scope(first, scope="all")
        _reassign(due[0].id, "EVA", grid_id)(first)
        running = pool.submit(_in_transaction, sessions, lambda s: apply_due_handovers(s, now=NOW))
        _wait_until_somebody_waits(company)
        first.commit()
        assert running.result(timeout=30)["applied"] == 1
    set_scope(company, scope="all")
    assert whose(company, due[0]) == "EVA"
    assert whose(company, due[1]) in ("BO", "EVA")


def test_a_reassignment_to_who_is_leaving_waits_and_is_refused(company, sessions, due):
    """Whoever reassigns during the handover sees, after it, that the manager works there no more."""
    order_id = make_work_order(company, customer_no="C05", manager="bo").id
    company.commit()
    set_scope(company, scope="all")
    grid_id = grid(company, "G11").id
    with ThreadPoolExecutor(1) as pool, sessions() as leaving:
        set_scope(leaving, scope="all")
        assert apply_due_handovers(leaving, now=NOW)["applied"] == 1
        running = pool.submit(_in_transaction, sessions, _reassign(order_id, "ANA", grid_id))
        _wait_until_somebody_waits(company)
        leaving.commit()
        with pytest.raises(Invalid, match="to_staff_no"):
            running.result(timeout=30)


def test_an_import_of_customers_waits_for_a_handover_and_then_knows_it_is_behind(company, sessions, due, tmp_path):
    path = tmp_path / "customers"
    path.write_text("customer_no,grid_code,owner_staff_no\nC01,G11,ANA\n")
    with ThreadPoolExecutor(1) as pool, sessions() as leaving:
        set_scope(leaving, scope="all")
        assert apply_due_handovers(leaving, now=NOW)["applied"] == 1
        running = pool.submit(
            _in_transaction, sessions, lambda s: import_feed(s, feed="customers", path=path, file_name="c", now=NOW)
        )
        _wait_until_somebody_waits(company)
        leaving.commit()
        running.result(timeout=30)
    set_scope(company, scope="all")
    assert owners(company, "C01")[0] in ("BO", "EVA")
