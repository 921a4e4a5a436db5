"""Phones by HTTP: registered, reporting, revoked by whoever answers for the people; then nothing of them is let in."""

import pytest
from sqlalchemy import text

from app.core.db import set_scope
from app.models.device import Device
from tests.browsers import Browser
from tests.cast import PASSWORD
from tests.factories import get, staff
from tests.phones import batch, report

MINE, THEIRS = "/mobile/v1/devices/{}", "/dashboard/v1/devices"
PHONE = {"name": "Redmi 9A", "app_version": "1.4.2"}
LOST = {"reason": "lost in a taxi"}


@pytest.fixture
def on_phone(client_as):
    """`on_phone("ana", "phone-1")`: logged in there and registered; (client, tokens)."""

    def log_in(login, device_id, *, bound=True):
        client = client_as(None)
        body = {"login": login, "password": PASSWORD} | ({"device_id": device_id} if bound else {})
        tokens = client.post("/auth/login", json=body).json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        answer = client.put(MINE.format(device_id), json=PHONE)
        assert answer.status_code == 200, answer.text
        return client, tokens

    return log_in


def revoke(client, number, body=LOST):
    return client.post(f"{THEIRS}/{number}/revoke", json=body)


def number_of(client, device_id):
    return next(one["id"] for one in client.get(THEIRS).json()["items"] if one["device_id"] == device_id)


def test_a_phone_is_registered_reports_how_it_stands_and_its_grid_manager_sees_it(on_phone, client_as):
    ana, _ = on_phone("ana", "phone-1")
    assert ana.get("/mobile/v1/day").status_code == 200
    told = {"queue_length": 3, "oldest_queued_at": "2026-10-12T09:30:00+08:00", "app_version": "1.5.0"}
    assert ana.post(MINE.format("phone-1") + "/report", json=told).status_code == 204
    (shown,) = client_as("chen").get(THEIRS).json()["items"]
    assert (shown["staff_no"], shown["unit_code"], shown["name"], shown["pushes"]) == ("ANA", "G11", "Redmi 9A", False)
    assert (shown["app_version"], shown["queue_length"], shown["oldest_queued_at"]) == ("1.5.0", 3, "2026-10-12T01:30:00Z")
    assert shown["last_sync_at"] is not None
    assert ana.put(MINE.format("phone-1"), json=PHONE | {"name": "Ana's"}).json()["name"] == "Ana's"
    assert [one["name"] for one in client_as("chen").get(THEIRS).json()["items"]] == ["Ana's"]
    missing = ana.post(MINE.format("phone-2") + "/report", json=told)
    assert (missing.status_code, missing.json()["code"]) == (404, "device.unknown")


def test_the_tokens_of_a_revoked_phone_stop_at_once_and_those_of_another_go_on(on_phone, client_as):
    lost, tokens = on_phone("ana", "lost")
    kept, _ = on_phone("ana", "kept")
    assert lost.get("/auth/me").status_code == 200
    answer = revoke(client_as("chen"), number_of(client_as("chen"), "lost"))
    assert (answer.status_code, answer.json()["revoke_reason"]) == (200, "lost in a taxi")
    for refused in (
        lost.get("/mobile/v1/day"),
        lost.get("/mobile/v1/work-orders"),
        lost.post("/mobile/v1/feedback", json=batch(report(1))),
        lost.get("/auth/me"),
        lost.put(MINE.format("lost"), json=PHONE),
        lost.put(MINE.format("new-name"), json=PHONE),
        client_as(None).post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}),
        client_as(None).post("/auth/login", json={"login": "ana", "password": PASSWORD, "device_id": "lost"}),
        kept.get("/mobile/v1/day", headers={"X-Device-Id": "lost"}),
        kept.get("/mobile/v1/work-orders", headers={"X-Device-Id": "lost"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (401, "device.revoked")
    assert kept.get("/mobile/v1/day", headers={"X-Device-Id": "kept"}).status_code == 200
    (shown,) = client_as("chen").get(THEIRS, params={"revoked": True}).json()["items"]
    assert (shown["device_id"], shown["told_at"] is not None) == ("lost", True)


def test_a_log_in_that_named_no_phone_ends_with_the_phone_that_it_registered(on_phone, client_as):
    ana, tokens = on_phone("ana", "phone-1", bound=False)
    revoke(client_as("chen"), number_of(client_as("chen"), "phone-1"))
    assert ana.get("/mobile/v1/day").json()["code"] == "device.revoked"
    again = client_as(None).post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert again.json()["code"] == "device.revoked"


def test_a_log_in_that_began_while_its_phone_was_being_revoked_is_refused_all_the_same(on_phone, client_as, company):
    """The revoking transaction did not see it, so it could not end it."""
    ana, _ = on_phone("ana", "phone-1")
    revoke(client_as("chen"), number_of(client_as("chen"), "phone-1"))
    company.execute(text("UPDATE refresh_families SET ended_at = NULL, end_reason = NULL"))
    company.commit()
    assert ana.get("/mobile/v1/day").json()["code"] == "device.revoked"


def test_a_log_in_of_one_phone_cannot_register_another_to_outlive_it(on_phone):
    ana, _ = on_phone("ana", "phone-1")
    answer = ana.put(MINE.format("phone-2"), json=PHONE)
    assert (answer.status_code, answer.json()["code"]) == (409, "device.of_another_log_in")


def test_the_same_phone_used_by_two_people_is_revoked_for_the_one_alone(on_phone, client_as):
    ana, _ = on_phone("ana", "shared")
    bo, _ = on_phone("bo", "shared")
    chen = client_as("chen")
    first = next(one["id"] for one in chen.get(THEIRS).json()["items"] if one["staff_no"] == "ANA")
    revoke(chen, first)
    assert ana.get("/mobile/v1/day", headers={"X-Device-Id": "shared"}).status_code == 401
    assert bo.get("/mobile/v1/day", headers={"X-Device-Id": "shared"}).status_code == 200


def test_revoking_again_changes_nothing(on_phone, client_as):
    on_phone("ana", "phone-1")
    chen = client_as("chen")
    number = number_of(chen, "phone-1")
    first = revoke(chen, number).json()
    assert revoke(chen, number, {"reason": "another"}).json() == first


def test_who_may_see_and_revoke_whose_phones(on_phone, client_as):
    on_phone("ana", "phone-1")
    number = number_of(client_as("chen"), "phone-1")
    for login, seen in (("chen", 1), ("bea", 1), ("ada", 1), ("fu", 0)):
        assert len(client_as(login).get(THEIRS).json()["items"]) == seen, login
    for login in ("ana", "pia", "lin", "payroll"):
        assert client_as(login).get(THEIRS).status_code == 403, login
        assert revoke(client_as(login), number).status_code == 403, login
    assert client_as(None).get(THEIRS).status_code == revoke(client_as(None), number).status_code == 401
    elsewhere, nowhere = revoke(client_as("fu"), number), revoke(client_as("fu"), 2**62)
    assert (elsewhere.status_code, elsewhere.json()) == (404, nowhere.json())
    for login in ("chen", "pia", "payroll"):
        assert client_as(login).put(MINE.format("x"), json=PHONE).status_code == 403, login
        assert client_as(login).post(MINE.format("x") + "/report", json={}).status_code == 403, login
    assert client_as(None).put(MINE.format("x"), json=PHONE).status_code == 401


def test_row_level_security_hides_phones_from_who_does_not_answer_for_them(on_phone, client_as, company):
    on_phone("ana", "phone-1")
    on_phone("bo", "phone-2")
    ana = staff(company, "ana")
    mine, elsewhere = [ana.unit_id], [ana.unit_id + 1]
    for scope, grids, person, seen in (
        ("grids", mine, None, 2), ("grids", elsewhere, None, 0), ("own", mine, ana.id, 1), ("", [], None, 0),
    ):  # fmt: skip
        set_scope(company, scope=scope, grid_ids=grids, staff_id=person)
        assert company.scalar(text("SELECT count(*) FROM devices")) == seen, scope


def test_an_app_that_is_too_old_is_told_so_and_one_that_says_nothing_is_let_in(client_as, api):
    api.state.settings = api.state.settings.model_copy(update={"minimum_app_version": "1.4"})
    ana = client_as("ana")
    for path in ("day", "work-orders"):
        old = ana.get(f"/mobile/v1/{path}", headers={"X-App-Version": "1.3.9"})
        assert (old.status_code, old.json()["code"], old.json()["minimum_app_version"]) == (426, "app.too_old", "1.4"), path
    assert ana.get("/mobile/v1/day", headers={"X-App-Version": "1.4.0"}).status_code == 200
    assert ana.get("/mobile/v1/day").status_code == 200
    for headers in ({"X-App-Version": "newest"}, {"X-Device-Id": "a b"}):
        wrong = ana.get("/mobile/v1/day", headers=headers)
        assert (wrong.status_code, next(iter(headers)) in wrong.text) == (422, True)
    assert ana.get("/auth/me", headers={"X-Device-Id": "a' OR 1=1 --"}).status_code == 200


def test_wrong_registrations_are_named_and_nothing_is_kept(client_as, company):
    ana = client_as("ana")
    good = Browser("https://push.example/1").subscription()
    for wrong, field in (
        ({"name": ""}, "name"),
        ({"app_version": "new"}, "app_version"),
        ({"push_subscription": good | {"endpoint": "https://192.168.1.1/"}}, "url"),
        ({"push_subscription": good | {"endpoint": "http://127.0.0.1/"}}, "url"),
        ({"push_subscription": good | {"keys": {"p256dh": "x"}}}, "auth"),
        ({"push_subscription": good | {"keys": good["keys"] | {"auth": "AAAA"}}}, "auth"),
    ):
        answer = ana.put(MINE.format("phone-1"), json=PHONE | wrong)
        assert (answer.status_code, field in answer.text) == (422, True), wrong
    assert ana.put(MINE.format("%00"), json=PHONE).status_code == 422
    set_scope(company, scope="all")
    assert company.query(Device).count() == 0


def test_of_the_phones_of_a_person_five_are_pushed_to_and_the_longest_away_is_left_out(client_as, on_phone, company):
    for number in range(7):
        ana, _ = on_phone("ana", f"phone-{number}")
        browser = Browser(f"https://push.example/{number}")
        answer = ana.put(MINE.format(f"phone-{number}"), json=PHONE | {"push_subscription": browser.subscription()})
        assert answer.json()["pushes"] is True
    set_scope(company, scope="all")
    pushed = {row.device_id for row in company.query(Device) if row.push_endpoint}
    assert pushed == {f"phone-{number}" for number in range(2, 7)}
    assert get(company, Device, device_id="phone-6").push_endpoint == "https://push.example/6"


def test_a_phone_learns_the_key_to_subscribe_with_and_says_when_it_is_to_be_quiet(client_as):
    ana = client_as("ana")
    assert len(ana.get("/mobile/v1/push-key").json()["public_key"]) == 87
    assert ana.get("/mobile/v1/push-settings").json() == {"quiet_hours": None, "quiet_hours_of_all": "21-8"}
    kept = ana.put("/mobile/v1/push-settings", json={"quiet_hours": "19-9"})
    assert kept.json() == {"quiet_hours": "19-9", "quiet_hours_of_all": "21-8"} == ana.get("/mobile/v1/push-settings").json()
    assert client_as("bo").get("/mobile/v1/push-settings").json()["quiet_hours"] is None
    wrong = ana.put("/mobile/v1/push-settings", json={"quiet_hours": "8-21"})
    assert (wrong.status_code, "quiet_hours" in wrong.text) == (422, True)
    assert ana.put("/mobile/v1/push-settings", json={"quiet_hours": None}).json()["quiet_hours"] is None
    for path in ("push-key", "push-settings"):
        assert client_as(None).get(f"/mobile/v1/{path}").status_code == 401
        assert client_as("chen").get(f"/mobile/v1/{path}").status_code == 403
