"""The grid manager's page: each manager today, funnel, pace, what is stuck, one manager's work, the map."""

from datetime import timedelta

import pytest

from app.core import clock
from app.core.clock import Month
from app.core.db import set_scope
from app.dispatch.escalation.service import escalate
from app.models.campaign_life import CapacityBooking
from app.models.device import Device
from app.models.escalation import PhonePull
from app.models.evidence import ReviewCase
from app.models.notice import Notice
from app.models.organisation import Absence, Holiday, Role
from tests import factories as make
from tests.factories import NOW, TODAY, make_campaign, make_work_order, staff
from tests.truth import make_feedback

LIVE, DAY = "/dashboard/v1/live", timedelta(days=1)
PATHS = [LIVE, f"{LIVE}/stuck", f"{LIVE}/managers/ANA/work-orders", f"{LIVE}/map"]


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


THE_LONG_WAY = {"X-Device-Id": "none"}  # which no desk says, and the short way does not know


def asked(client, path, **params):
    """What is answered, which is the same both ways."""
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    body, other = answer.json(), client.get(path, params=params, headers=THE_LONG_WAY).json()
    assert {**other, "as_of": None} == {**body, "as_of": None}
    return body


def shown(client, **params):
    body = asked(client, LIVE, **params)
    return body, {one["staff_no"]: one for one in body["managers"]}


@pytest.mark.parametrize("path", PATHS)
def test_it_is_for_those_who_lead_managers(client_as, path):
    assert client_as(None).get(path).status_code == 401
    for login in ("ana", "pia", "lin", "payroll"):
        assert client_as(login).get(path).status_code == 403, login


@pytest.mark.parametrize(("path", "ordinary"), [(LIVE, "today_of"), (f"{LIVE}/stuck", "stuck_work")])
def test_who_leads_managers_is_answered_the_short_way(client_as, monkeypatch, path, ordinary):
    monkeypatch.setattr(f"app.api.dashboard.live.{ordinary}", None)
    for login in ("chen", "bea"):
        assert client_as(login).get(path).status_code == 200
    assert client_as("ada").get(path).status_code == 500


def test_each_manager_of_my_grids_with_work_results_and_phone(client_as, company):
    campaign = make_campaign(company)
    open_ = make_work_order(company, campaign=campaign, customer_no="C01")
    make_work_order(company, campaign=campaign, customer_no="C02", scheduled_on=TODAY - DAY, rolls=1)
    make_work_order(company, campaign=campaign, customer_no="C03", state="planned", scheduled_on=TODAY + DAY)
    make_work_order(company, campaign=campaign, customer_no="C04", pooled_at=NOW, state="planned")
    done = make_work_order(company, campaign=campaign, customer_no="C05", state="done", closed_at=NOW)
    make_feedback(company, open_, outcome="interested")
    first = make_feedback(company, done, outcome="not_reached")
    make_feedback(company, done, outcome="bought", corrects_id=first.id)
    make_feedback(company, done, outcome="bought", contacted_at=NOW - 3 * DAY)  # not today, and last week
    ana = staff(company, "ana")
    company.add_all(
        [
            Device(staff_id=ana.id, device_id=name, name=name, app_version="1", registered_at=NOW, **more)
            for name, more in (
                ("d1", {"last_sync_at": NOW - timedelta(hours=2), "queue_length": 3, "oldest_queued_at": NOW - DAY}),
                ("d2", {"last_sync_at": NOW, "queue_length": 9, "revoked_at": NOW}),
            )
        ]
    )
    company.add(PhonePull(staff_id=ana.id, pulled_at=NOW - timedelta(hours=1)))
    company.add(Absence(staff_id=staff(company, "bo").id, from_date=TODAY, to_date=TODAY))
    company.commit()
    body, managers = shown(client_as("chen"))
    assert set(managers) == {"ANA", "BO"}
    ana = managers["ANA"]
    assert (ana["open"], ana["planned"], ana["overdue"]) == (2, 1, 1)
    assert (ana["day_contacted"], ana["day_reached"], ana["day_interested"], ana["day_won"]) == (2, 2, 2, 1)
    assert (ana["queued"], ana["absent"], managers["BO"]["absent"]) == (3, False, True)
    assert ana["last_seen_at"].startswith("2026-10-12T01:00")
    assert body["funnel_day"] == {"given": 3, "contacted": 2, "reached": 2, "interested": 2, "won": 1}
    assert body["funnel_month"] == body["funnel_day"]
    assert body["waiting"]["pooled"] == 1
    assert shown(client_as("fu"))[1].keys() == {"CY"}


def test_work_on_loan_is_shown_where_it_is_worked_on(client_as, company):
    order = make_work_order(company, customer_no="C11", manager="ana", lent_to_grid_id=make.grid(company, "G11").id)
    order.home_staff_id = staff(company, "cy").id
    company.commit()
    assert shown(client_as("chen"))[1]["ANA"]["open"] == 1
    assert shown(client_as("fu"))[1]["CY"]["open"] == 0
    orders = client_as("chen").get(PATHS[2]).json()
    assert [(one["customer_no"], one["grid_code"]) for one in orders["orders"]] == [("C11", "G12")]


def test_a_branch_manager_sees_all_grids_or_the_one_chosen(client_as, company):
    bea = client_as("bea")
    body, managers = shown(bea)
    assert (set(managers), [grid["code"] for grid in body["grids"]]) == ({"ANA", "BO", "CY"}, ["G11", "G12"])
    assert set(shown(bea, grid_code="G12")[1]) == {"CY"}
    assert bea.get(LIVE, params={"grid_code": "G21"}).json()["code"] == "grid.unknown"


def test_the_pace_is_held_against_what_campaigns_booked_else_against_capacity(client_as, company):
    pace = shown(client_as("chen"))[0]["pace"]
    assert (pace["basis"], pace["planned"], pace["due"], pace["contacted"]) == ("capacity", 80, 16, 0)
    campaign, grid = make_campaign(company), make.grid(company, "G11")
    company.add(Holiday(day=TODAY + DAY, name="x"))
    company.add(CapacityBooking(campaign_id=campaign.id, grid_id=grid.id, week=TODAY, contacts=20, booked_at=NOW))
    make_feedback(company, make_work_order(company, campaign=campaign))
    company.commit()
    pace = shown(client_as("chen"))[0]["pace"]
    assert (pace["basis"], pace["planned"], pace["due"], pace["contacted"]) == ("booked", 20, 5, 1)


def test_what_is_stuck_is_listed_until_somebody_moves_it(client_as, company):
    order = make_work_order(company, scheduled_on=TODAY - 4 * DAY, rolls=4, dispatched_at=NOW - 9 * DAY)
    escalate(company, now=NOW)
    company.commit()
    chen = client_as("chen")
    (stuck,) = asked(chen, f"{LIVE}/stuck")["items"]
    assert (stuck["work_order_id"], stuck["staff_no"], stuck["customer_no"]) == (order.id, "ANA", "C01")
    assert shown(chen)[1]["ANA"]["stuck"] == 1
    assert client_as("fu").get(f"{LIVE}/stuck").json() == {"items": []}
    moved = chen.post(f"/dashboard/v1/work-orders/{order.id}/reassign", json={"to_staff_no": "BO", "reason": "help"})
    assert moved.status_code == 200, moved.text
    assert chen.get(f"{LIVE}/stuck").json() == {"items": []}


def test_a_managers_work_and_who_could_have_it(client_as, company):
    order = make_work_order(company)
    make_feedback(company, order, outcome="callback", callback_at=NOW + DAY)
    company.commit()
    found = client_as("chen").get(PATHS[2]).json()
    (shown_order,) = found["orders"]
    assert (shown_order["work_order_id"], shown_order["last_outcome"]) == (order.id, "callback")
    assert [(one["staff_no"], one["same_grid"]) for one in found["others"]] == [("BO", True), ("CY", False)]
    for login, number in (("fu", "ANA"), ("chen", "CHEN"), ("chen", "NOBODY")):
        answer = client_as(login).get(f"{LIVE}/managers/{number}/work-orders")
        assert (answer.status_code, answer.json()["code"]) == (404, "manager.unknown")


def test_the_map_has_customers_with_open_work_and_todays_reports_in_order(client_as, company):
    campaign = make_campaign(company)
    order = make_work_order(company, campaign=campaign, customer_no="C01")
    make_work_order(company, campaign=campaign, customer_no="C02", state="done", closed_at=NOW)
    for minutes, latitude in ((30, 39.2), (10, 39.1)):
        make_feedback(company, order, contacted_at=NOW - timedelta(minutes=minutes), latitude=latitude, longitude=117.1)
    make_feedback(company, order, contacted_at=NOW - DAY, latitude=39.9, longitude=117.1)
    make_feedback(company, order)
    company.commit()
    found = client_as("chen").get(f"{LIVE}/map").json()
    assert [one["customer_no"] for one in found["customers"]] == ["C01"]
    assert [one["latitude"] for one in found["reports"]] == [39.2, 39.1]
    assert client_as("fu").get(f"{LIVE}/map").json()["reports"] == []


def test_what_waits_for_me_is_counted(client_as, company):
    ana, grid = staff(company, "ana"), make.grid(company, "G11")
    company.add(ReviewCase(kind="manager", staff_id=ana.id, grid_id=grid.id, month=Month(2026, 10), reasons=[], opened_at=NOW))
    order = make_work_order(company)
    company.commit()
    answer = client_as("ana").put(f"/mobile/v1/work-orders/{order.id}/return", json={"reason": "no_time"})
    assert answer.status_code == 200, answer.text
    set_scope(company, scope="all")
    told = {"unit_id": grid.id, "role": Role.GRID_MANAGER, "kind": "x", "data": {}, "raised_at": NOW}
    company.add_all(Notice(subject=str(one), for_staff_id=one, **told) for one in (None, staff(company, "chen").id, ana.id))
    company.commit()
    waiting = shown(client_as("chen"))[0]["waiting"]
    assert (waiting["returns"], waiting["cases"], waiting["undos"], waiting["unread"]) == (1, 1, 0, 2)
