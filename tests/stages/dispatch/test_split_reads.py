"""What the split reads of the past."""

from datetime import timedelta

import pytest

from app.dispatch.splitting.queries import achieved_since, middles_of_own, middles_of_visits
from app.models.customer import Order
from app.models.work_order import WorkOrderState
from tests.factories import NOW, customer, make_campaign, make_work_order, staff

YEAR = timedelta(days=365)


def _sale(session, order, **overrides):
    values = {"order_no": f"S{order.id}", "customer_id": order.customer_id, "product_id": order.product_id}
    session.add(Order(**(values | {"ordered_at": order.dispatched_at + timedelta(days=1)} | overrides)))
    session.flush()


def test_what_a_manager_achieved_is_held_against_the_scores(session):
    campaign = make_campaign(session)
    done = {"campaign": campaign, "manager": "ana", "state": WorkOrderState.DONE, "score": 0.25, "matures_at": NOW}
    won = make_work_order(session, customer_no="C01", **done)
    _sale(session, won)
    cancelled = make_work_order(session, customer_no="C02", **done)
    _sale(session, cancelled, cancelled_at=cancelled.dispatched_at + timedelta(days=2))
    early = make_work_order(session, customer_no="C03", **done)
    _sale(session, early, ordered_at=early.dispatched_at - timedelta(hours=1))
    make_work_order(session, customer_no="C04", **(done | {"state": WorkOrderState.EXPIRED}))
    make_work_order(session, customer_no="C05", **(done | {"matures_at": NOW + timedelta(days=1)}))
    rows = achieved_since(session, [campaign.product_id], since=NOW - YEAR, now=NOW)
    assert rows == [(staff(session, "ana").id, campaign.product_id, 1, pytest.approx(0.75))]
    assert achieved_since(session, [campaign.product_id], since=NOW, now=NOW) == []
    assert achieved_since(session, [campaign.product_id + 1000], since=NOW - YEAR, now=NOW) == []


def test_the_middle_of_the_work_is_that_of_own_customers_and_of_live_visits(session):
    ana = staff(session, "ana")
    for number, place in (("C01", (39.0, 117.0)), ("C02", (39.5, 117.5))):
        person = customer(session, number)
        person.owner_staff_id, person.latitude, person.longitude = ana.id, *place
    session.flush()
    middle = {row[0]: row[1:] for row in middles_of_own(session)}[ana.id]
    assert middle == (pytest.approx(39.25), pytest.approx(117.25))
    calls, visits = make_campaign(session), make_campaign(session, code="VISITS", channel="visit", product_code="TV1")
    make_work_order(session, campaign=calls, customer_no="C01", manager="ana")
    make_work_order(session, campaign=visits, customer_no="C02", manager="ana")
    assert middles_of_visits(session) == [(ana.id, pytest.approx(39.5), pytest.approx(117.5))]
