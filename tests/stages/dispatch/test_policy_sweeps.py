"""All live work is held against the contact policy every night and when another version comes, batch by batch."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.campaigns.policy.rules import SlidingWindow
from app.core.db import set_scope
from app.dispatch.policy_sweeps import sweep_next_batch
from app.jobs.asking import ask_contact_policy
from app.models.policy import ContactPolicySweep
from app.models.work_order import WorkOrderState
from tests.factories import NOW, TODAY, make_campaign, make_work_order
from tests.stages.campaigns.test_contact_policy import report, set_policy
from tests.stages.dispatch.test_dispatching import refuse

ONCE = SlidingWindow(most=1)
NIGHT = NOW + timedelta(hours=15)  # one in the morning


def order_of(session, product_code="FTTH1", **more):
    return make_work_order(session, campaign=make_campaign(session, product_code=product_code), **more)


def ask_all(session, now=NOW):
    """The job's work, in one transaction."""
    return ask_contact_policy(lambda part: part(session, now))


def test_another_policy_is_applied_to_what_is_out_once_it_is_in_force(session):
    kept, begun = order_of(session), order_of(session, "TV1", state=WorkOrderState.IN_PROGRESS, customer_no="C02")
    report(session, begun, 0)
    order_of(session, "TV1")
    order_of(session, customer_no="C02")
    assert ask_all(session) == {"asked": 4, "withdrawn": 0}
    set_policy(session, ONCE, effective_from=TODAY + timedelta(days=1))
    assert ask_all(session) == {"asked": 0, "withdrawn": 0}
    assert ask_all(session, NOW + timedelta(days=1)) == {"asked": 4, "withdrawn": 2}
    for order in (kept, begun):
        session.refresh(order)
    assert (kept.state, begun.state) == (WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS)
    assert ask_all(session, NOW + timedelta(days=1)) == {"asked": 0, "withdrawn": 0}


def test_every_night_all_live_work_is_asked_about(session):
    order = order_of(session)
    assert ask_all(session)["asked"] == 1
    report(session, order_of(session, "TV1", state=WorkOrderState.DONE), 20, outcome="refused", objection="wants_no_contact")
    assert ask_all(session, NOW + timedelta(hours=14)) == {"asked": 0, "withdrawn": 0}  # midnight
    assert ask_all(session, NIGHT) == {"asked": 1, "withdrawn": 1}
    session.refresh(order)
    assert order.close_reason == "resting_after_refusal"


@pytest.fixture
def five(session):
    orders = [order_of(session, customer_no=f"C0{number}") for number in range(1, 6)]
    for number in (2, 5):
        refuse(session, f"C0{number}")
    return orders


def through(session):
    return list(session.scalars(select(ContactPolicySweep.through_work_order_id).order_by(ContactPolicySweep.id)))


def test_a_sweep_that_was_broken_off_goes_on_where_it_stopped(session, five):
    assert sweep_next_batch(session, most=2, now=NOW) == {"asked": 2, "withdrawn": 1}
    assert sweep_next_batch(session, most=2, now=NOW) == {"asked": 2, "withdrawn": 0}
    assert sweep_next_batch(session, most=2, now=NOW) == {"asked": 1, "withdrawn": 1}
    assert sweep_next_batch(session, most=2, now=NOW) is None
    assert through(session) == [five[1].id, five[3].id, None]


def test_a_sweep_begins_anew_where_another_policy_or_another_night_has_come(session, five):
    for now in (NOW, NIGHT):
        assert sweep_next_batch(session, most=2, now=now)["asked"] == 2
    set_policy(session, ONCE, now=NIGHT)
    sweep_next_batch(session, most=2, now=NIGHT)
    # The second had been withdrawn by then, so that the first two are the first and the third.
    assert through(session) == [five[1].id, five[2].id, five[2].id]


def test_two_do_not_sweep_at_once(company, sessions):
    order_of(company)
    company.commit()
    set_scope(company, scope="all")
    with sessions() as other:
        set_scope(other, scope="all")
        assert sweep_next_batch(other, now=NOW) is not None
        assert sweep_next_batch(company, now=NOW) is None
        other.rollback()
    assert sweep_next_batch(company, now=NOW) == {"asked": 1, "withdrawn": 0}
