"""Dispatches, refusals and corrections at the same time, with real transactions in threads."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from app.campaigns.service import WrongStatus
from app.core.db import set_scope
from app.dispatch.by_hand.reassigning import reassign_work_order
from app.dispatch.service import dispatch_campaign
from app.dispatch.sweeps import end_campaign, withdraw_refused
from app.models.organisation import Staff
from app.models.work_order import WorkOrder, WorkOrderState
from tests.factories import NOW, TODAY, customer, make_campaign, make_work_order
from tests.stages.dispatch.test_dispatching import ALL, make_list, refuse


def _together(sessions, *works):
    """Run each work(session) in a thread and transaction of its own, started at one moment; their results."""
    barrier = threading.Barrier(len(works))

    def run(work):
        with sessions() as session:
            set_scope(session, scope="all")
            barrier.wait()
            result = work(session)
            session.commit()
            return result

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def _live_by_customer(session):
    set_scope(session, scope="all")
    statement = select(WorkOrder.customer_id, func.count()).where(WorkOrder.state == WorkOrderState.OPEN)
    return dict(session.execute(statement.group_by(WorkOrder.customer_id)).all())


def test_two_dispatches_of_one_campaign_at_once_make_every_order_once(company, sessions):
    code = make_list(company).code
    company.commit()
    work = [lambda session: dispatch_campaign(session, campaign_code=code, now=NOW)] * 4
    reports = _together(sessions, *work)
    assert sorted(report["new_work_orders"] for report in reports) == [0, 0, 0, 15]
    assert _live_by_customer(company) == dict.fromkeys(range(1, 16), 1)


@pytest.mark.parametrize("trial", range(5))
def test_campaigns_that_share_customers_leave_each_with_one_live_order_and_balance(company, sessions, trial):
    codes = [make_list(company, random.Random(10 * trial + i).sample(ALL, 15)).code for i in range(4)]
    company.commit()
    works = [lambda session, code=code: dispatch_campaign(session, campaign_code=code, now=NOW) for code in codes]
    reports = _together(sessions, *works)
    assert sum(report["new_work_orders"] for report in reports) == 15
    assert sum(report["waterfall"]["locked_by_other_campaign"] for report in reports) == 45
    assert _live_by_customer(company) == dict.fromkeys(range(1, 16), 1)


def test_an_order_that_commits_during_a_dispatch_locks_its_target(company, sessions):
    first, second = make_list(company, ["C01", "C02"]).code, make_list(company, ["C02", "C03"]).code
    company.commit()
    with ThreadPoolExecutor(1) as pool, sessions() as other:
        set_scope(other, scope="all")
        dispatch_campaign(other, campaign_code=first, now=NOW)  # not committed yet: the second cannot see it
        running = pool.submit(_together, sessions, lambda s: dispatch_campaign(s, campaign_code=second, now=NOW))
        _wait_until_somebody_waits(company)
        other.commit()
        (report,) = running.result(timeout=30)
    assert (report["new_work_orders"], report["waterfall"]["locked_by_other_campaign"]) == (1, 1)


def test_a_refusal_is_seen_by_the_dispatch_or_withdraws_what_it_made(company, sessions):
    """Between a dispatch's look at the refusals and its commit no refusal can slip in."""
    code = make_list(company, ["C01", "C02"]).code
    company.commit()
    with sessions() as dispatching, sessions() as feed:
        set_scope(dispatching, scope="all")
        set_scope(feed, scope="all")
        feed.execute(text("SET LOCAL lock_timeout = '100ms'"))
        dispatch_campaign(dispatching, campaign_code=code, now=NOW)
        with pytest.raises(OperationalError, match="lock timeout"):
            refuse(feed, "C01")
        feed.rollback()
        dispatching.commit()
        set_scope(feed, scope="all")
        refuse(feed, "C01")
        assert withdraw_refused(feed, now=NOW) == {"withdrawn": 1}


def test_a_dispatch_that_meets_a_closing_campaign_waits_and_makes_nothing(company, sessions):
    code = make_list(company, ["C01", "C02"]).code
    company.commit()
    with ThreadPoolExecutor(1) as pool, sessions() as closing:
        set_scope(closing, scope="all")
        end_campaign(closing, campaign_code=code, now=NOW)
        running = pool.submit(_together, sessions, lambda s: dispatch_campaign(s, campaign_code=code, now=NOW))
        _wait_until_somebody_waits(company)
        closing.commit()
        with pytest.raises(WrongStatus):
            running.result(timeout=30)


def test_a_dispatch_does_not_give_away_the_day_that_is_being_given_by_hand(company, sessions):
    company.execute(update(Staff).where(Staff.staff_no == "ANA").values(daily_capacity=1))
    company.execute(update(Staff).where(Staff.staff_no == "BO").values(daily_capacity=1))
    other = make_campaign(company, product_code="TV1")
    given = make_work_order(company, campaign=other, customer_no="C10", manager="bo").id
    code = make_list(company, ["C01", "C02"], ends_on=TODAY).code
    company.commit()
    with ThreadPoolExecutor(1) as pool, sessions() as by_hand:
        set_scope(by_hand, scope="all")
        grids = [customer(by_hand, "C10").grid_id]
        reassign_work_order(
            by_hand, work_order_id=given, to_staff_no="ANA", grid_ids=grids, actor_account_id=None, reason="ill", now=NOW
        )
        running = pool.submit(_together, sessions, lambda s: dispatch_campaign(s, campaign_code=code, now=NOW))
        _wait_until_somebody_waits(company)
        by_hand.commit()
        running.result(timeout=30)
    set_scope(company, scope="all")
    days = company.execute(select(func.count(WorkOrder.id)).group_by(WorkOrder.staff_id, WorkOrder.scheduled_on)).scalars().all()
    assert days == [1, 1]


def _wait_until_somebody_waits(session):
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        if session.scalar(waiting):
            return
        session.rollback()
        threading.Event().wait(0.01)
    pytest.fail("nobody waited for the uncommitted order")
