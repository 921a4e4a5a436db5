"""How long the inputs of runs are kept, and the keys of draws of rows of before there were keys."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core.clock import Month
from app.core.draws import draw_key
from app.core.errors import Invalid
from app.dispatch.run.replay import InputsNotKept, replay_run
from app.dispatch.run.retaining import forget_inputs, keep_run
from app.dispatch.service import dispatch_campaigns
from app.ingest.draw_keys import fill_draw_keys
from app.jobs.leftovers import fill_all_draw_keys
from app.jobs.steps import run_in_steps
from app.models.customer import Customer
from app.models.points import PointsMonth, PointsPlan
from app.models.work_order import DispatchRun, WorkOrder
from app.points.plans.in_force import ensure_default_plan
from tests.factories import NOW
from tests.stages.dispatch.test_dispatching import make_list

LATER = NOW + timedelta(days=401)


@pytest.fixture
def runs(session):
    """The runs of two campaigns that were dispatched together."""
    campaigns = [make_list(session, ["C01"]), make_list(session, ["C02"], product_code="TV1")]
    dispatch_campaigns(session, campaign_codes=[campaign.code for campaign in campaigns], now=NOW)
    return list(session.scalars(select(DispatchRun).order_by(DispatchRun.id)))


def _close_month(session):
    """In which the orders of these campaigns mature."""
    (matures_at,) = set(session.scalars(select(WorkOrder.matures_at)))
    ensure_default_plan(session, now=NOW)
    plan = session.scalars(select(PointsPlan)).one()
    session.add(PointsMonth(month=Month.of(matures_at), plan_id=plan.id, closed_at=LATER))
    session.flush()


def _forget(session, now=LATER):
    count = forget_inputs(session, days=400, now=now)["forgotten"]
    session.expire_all()
    return count


def test_inputs_go_when_they_are_old_and_their_month_is_closed(session, runs):
    _close_month(session)
    assert _forget(session, NOW + timedelta(days=399)) == 0
    assert replay_run(session, run_id=runs[0].id).identical
    assert _forget(session) == 2
    assert [run.inputs_path for run in runs] == [None, None]
    with pytest.raises(InputsNotKept):
        replay_run(session, run_id=runs[0].id)
    assert _forget(session) == 0


def test_inputs_stay_while_the_month_is_open_in_which_their_orders_count(session, runs):
    assert _forget(session) == 0


def test_who_keeps_one_run_keeps_those_that_share_its_inputs(session, runs):
    _close_month(session)
    keep_run(session, run_id=runs[1].id, because="an audit")
    assert _forget(session) == 0
    assert [run.kept_because for run in runs] == ["an audit"] * 2
    keep_run(session, run_id=runs[0].id, because=None)
    assert _forget(session) == 2
    with pytest.raises(InputsNotKept):
        keep_run(session, run_id=runs[0].id, because="too late")


@pytest.mark.parametrize("because", ["", "  ", "x" * 1001, "two\nlines"])
def test_a_reason_that_says_nothing_is_refused(session, runs, because):
    with pytest.raises(Invalid, match="because"):
        keep_run(session, run_id=runs[0].id, because=because)


def test_customers_without_a_key_get_theirs_batch_by_batch(session):
    session.execute(text("UPDATE customers SET draw_key = NULL WHERE customer_no <> 'C03'"))
    session.execute(text("UPDATE customers SET draw_key = 7 WHERE customer_no = 'C03'"))
    found, after = [], 0
    while after is not None:
        count, after = fill_draw_keys(session, after=after, batch=6)
        found.append(count)
    assert found == [6, 6, 2, 0]
    keys = dict(session.execute(select(Customer.customer_no, Customer.draw_key)).all())
    assert keys == {number: 7 if number == "C03" else draw_key(number) for number in keys}


def test_the_job_fills_all_keys_once(company, sessions):
    company.execute(text("UPDATE customers SET draw_key = NULL"))
    company.commit()
    assert run_in_steps(sessions, "fill-draw-keys", fill_all_draw_keys) == {"filled": 15}
    assert run_in_steps(sessions, "fill-draw-keys", fill_all_draw_keys) == {"filled": 0}
