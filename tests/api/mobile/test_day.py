"""A manager's day by HTTP: the recommended order, the walk, and the pool."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import text

from app.campaigns.policy.rules import QuietHours
from app.core import clock
from app.core.db import set_scope
from app.models.customer import ContactPreference, PreferenceStatus
from tests.factories import NOW, TODAY, customer, make_campaign, make_work_order, staff
from tests.phones import Phone, report, stamp
from tests.stages.campaigns.test_contact_policy import set_policy

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


def test_only_terminal_managers_have_a_day_and_a_pool(client_as):
    assert client_as(None).get("/mobile/v1/day").status_code == 401
    assert client_as(None).post("/mobile/v1/pool/take", json={"count": 1}).status_code == 401
    for login in ("chen", "pia", "payroll"):
        assert client_as(login).get("/mobile/v1/day").status_code == 403, login
        assert client_as(login).post("/mobile/v1/pool/take", json={"count": 1}).status_code == 403, login


def test_the_day_is_what_the_phone_holds_for_today_in_the_recommended_order(client_as, company):
    visits = make_campaign(company, channel="visit")
    low = make_work_order(company, campaign=visits, customer_no="C01", score=0.1)
    high = make_work_order(company, campaign=visits, customer_no="C02", score=0.9)
    last = make_work_order(company, customer_no="C04", score=0.2, due_on=TODAY)
    called = make_work_order(company, customer_no="C05", score=0.1)
    placeless = make_work_order(company, campaign=visits, customer_no="C06", score=0.8)
    customer(company, "C06").latitude = None
    make_work_order(company, customer_no="C07", state="planned", scheduled_on=TODAY + DAY)
    make_work_order(company, customer_no="C08")
    refusal = {"scope": "all", "status": PreferenceStatus.REFUSED, "recorded_at": NOW}
    company.add(ContactPreference(customer_id=customer(company, "C08").id, **refusal))
    make_work_order(company, customer_no="C03", manager="bo")
    company.commit()
    ana = client_as("ana")
    Phone(ana).send(report(called.id, "callback", callback_at=stamp(NOW + timedelta(hours=2))))
    answer = ana.get("/mobile/v1/day")
    assert answer.status_code == 200, answer.text
    day = answer.json()
    assert [(item["work_order_id"], item["because"]) for item in day["recommended"]] == [
        (called.id, "callback"), (last.id, "last_day"), (high.id, "value"), (placeless.id, "value"), (low.id, "value"),
    ]  # fmt: skip
    assert [leg["work_order_id"] for leg in day["walk"]] == [high.id, low.id]
    near_first = ana.get("/mobile/v1/day", params={"latitude": 39.001, "longitude": 117.001}).json()
    assert [leg["work_order_id"] for leg in near_first["walk"]] == [low.id, high.id]
    assert near_first["walk"][0]["metres"] == 0
    assert [leg["work_order_id"] for leg in near_first["nearest"]] == [low.id, high.id, last.id, called.id]
    away = [leg["metres"] for leg in near_first["nearest"]]
    assert away == sorted(away)
    assert away[0] == 0
    assert day["nearest"] == []
    assert ana.get("/mobile/v1/day").json() == day


def test_the_day_says_in_which_hours_nobody_may_be_contacted(client_as, company):
    ana = client_as("ana")
    assert ana.get("/mobile/v1/day").json()["quiet_hours"] == [{"channel": "any", "begins": "21:00:00", "ends": "09:00:00"}]
    visits = QuietHours(begins=time(12), ends=time(14), channel="visit")
    set_policy(company, visits, QuietHours(to_day=TODAY - DAY))
    company.commit()
    assert ana.get("/mobile/v1/day").json()["quiet_hours"] == [{"channel": "visit", "begins": "12:00:00", "ends": "14:00:00"}]


def test_the_day_goes_by_value_before_score(client_as, company):
    likely = make_work_order(company, customer_no="C01", score=0.9, value=Decimal(3))
    worth = make_work_order(company, customer_no="C02", score=0.1, value=Decimal(30))
    company.commit()
    day = client_as("ana").get("/mobile/v1/day").json()
    assert [item["work_order_id"] for item in day["recommended"]] == [worth.id, likely.id]


def test_half_a_place_and_places_off_the_earth_are_named(client_as):
    ana = client_as("ana")
    for params in ({"latitude": 39}, {"latitude": 91, "longitude": 0}, {"latitude": "nan", "longitude": 0}):
        answer = ana.get("/mobile/v1/day", params=params)
        assert (answer.status_code, "latitude" in answer.text) == (422, True), params
    day = ana.get("/mobile/v1/day").json()
    assert (day["day"], day["recommended"], day["walk"], day["nearest"]) == (str(TODAY), [], [], [])


def test_two_managers_who_take_at_once_get_different_work(client_as, company):
    pool = [make_work_order(company, customer_no=f"C0{n}", state="planned", pooled_at=NOW).id for n in range(1, 8)]
    company.commit()
    clients, together = [client_as("ana"), client_as("bo")], Barrier(2)

    def take(client):
        together.wait()
        return client.post("/mobile/v1/pool/take", json={"count": 4}).json()["work_order_ids"]

    with ThreadPoolExecutor(2) as threads:
        taken = list(threads.map(take, clients))
    assert len(set(taken[0]) | set(taken[1])) == len(taken[0]) + len(taken[1])
    for client, mine in zip(clients, taken, strict=True):
        phone = Phone(client)
        phone.pull()
        assert sorted(phone.orders) == sorted(mine)
    rest = client_as("ana").post("/mobile/v1/pool/take", json={"count": 9}).json()["work_order_ids"]
    assert sorted([*taken[0], *taken[1], *rest]) == pool


def test_nobody_takes_more_than_fits_today(client_as, company):
    staff(company, "bo").daily_capacity = 2
    for n in range(1, 5):
        make_work_order(company, customer_no=f"C0{n}", state="planned", pooled_at=NOW)
    company.commit()
    bo = client_as("bo")
    assert len(bo.post("/mobile/v1/pool/take", json={"count": 4}).json()["work_order_ids"]) == 2
    again = bo.post("/mobile/v1/pool/take", json={"count": 1})
    assert (again.status_code, again.json()["code"]) == (409, "pool.no_capacity")
    assert bo.post("/mobile/v1/pool/take", json={"count": 0}).status_code == 422


def test_a_call_back_that_a_colleague_promised_is_due_for_who_has_the_work_now(client_as, company):
    order = make_work_order(company, customer_no="C05", manager="bo")
    company.commit()
    Phone(client_as("bo")).send(report(order.id, "callback", callback_at=stamp(NOW + timedelta(hours=2))))
    set_scope(company, scope="all")
    company.execute(text("UPDATE work_orders SET staff_id = :ana"), {"ana": staff(company, "ana").id})
    company.commit()
    (item,) = client_as("ana").get("/mobile/v1/day").json()["recommended"]
    assert (item["because"], item["callback_at"]) == ("callback", "2026-10-12T04:00:00Z")
    assert client_as("bo").get("/mobile/v1/day").json()["recommended"] == []
