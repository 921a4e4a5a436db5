"""Permissions beyond a role: given by another person, with a reason and a last day, on record for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import set_scope
from app.models.access import PermissionGrant
from tests.factories import NOW, TODAY, staff

PATH, PEOPLE = "/operations/v1/permissions", "/dashboard/v1/personnel?unit=G11"
WHY = "she decides on the posting of 2027"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


def give(client, staff_no="CHEN", permission="personnel", days=30, reason=WHY):
    body = {"staff_no": staff_no, "permission": permission, "reason": reason, "until": str(TODAY + timedelta(days=days))}
    return client.post(PATH, json=body)


def test_a_permission_opens_what_a_role_does_not_from_the_next_request_on(client_as):
    chen, ada = client_as("chen"), client_as("ada")
    refused = chen.get(PEOPLE)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission.missing")
    assert give(ada).status_code == 201
    assert chen.get(PEOPLE).status_code == 200
    assert (chen.get("/auth/me").json()["permissions"], ada.get("/auth/me").json()["permissions"]) == (["personnel"], [])
    (shown,) = ada.get(PATH).json()["items"]
    assert (shown["staff_no"], shown["granted_by"], shown["in_force"], shown["reason"]) == ("CHEN", "ADA", True, WHY)


def test_it_is_over_after_its_last_day(client_as):
    give(client_as("ada"), days=2)
    with clock.shifted_to(NOW + timedelta(days=2)):
        assert client_as("chen").get(PEOPLE).status_code == 200
    with clock.shifted_to(NOW + timedelta(days=3)):
        assert client_as("chen").get(PEOPLE).status_code == 403
        assert client_as("chen").get("/auth/me").json()["permissions"] == []
        assert client_as("ada").get(PATH).json()["items"][0]["in_force"] is False


def test_it_is_ended_before_with_a_reason_and_once(client_as):
    ada, chen = client_as("ada"), client_as("chen")
    number = give(ada).json()["id"]
    assert ada.post(f"{PATH}/{number}/end", json={"reason": "short"}).status_code == 422
    assert ada.post(f"{PATH}/{number}/end", json={"reason": "the posting is decided"}).status_code == 200
    assert chen.get(PEOPLE).status_code == 403
    again = ada.post(f"{PATH}/{number}/end", json={"reason": "the posting is decided"})
    assert (again.status_code, again.json()["code"]) == (409, "permission.over")
    assert ada.post(f"{PATH}/999/end", json={"reason": "the posting is decided"}).status_code == 404
    (shown,) = ada.get(PATH).json()["items"]
    assert (shown["ended_by"], shown["end_reason"]) == ("ada", "the posting is decided")


def test_nobody_gives_one_to_themselves(client_as, company):
    own = give(client_as("ada"), staff_no="ADA")
    assert (own.status_code, own.json()["code"]) == (403, "permission.own")
    ada = staff(company, "ada")
    set_scope(company, scope="all", staff_id=ada.id)
    facts = {"permission": "personnel", "reason": WHY, "until": TODAY, "granted_at": NOW}
    company.add(PermissionGrant(staff_id=ada.id, granted_by_staff_id=ada.id, **facts))
    with pytest.raises(DBAPIError, match="ck_permission_grants_not_oneself"):
        company.flush()


def test_what_is_wrong_is_named(client_as):
    ada = client_as("ada")
    for wrong, field in (
        ({"days": -1}, "until"),
        ({"days": 400}, "until"),
        ({"reason": "why"}, "reason"),
        ({"reason": " " * 12}, "reason"),
        ({"permission": "crown"}, "permission"),
    ):
        answer = give(ada, **wrong)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), wrong
    assert give(ada, staff_no="NOBODY").status_code == 404


def test_the_record_is_not_changed_and_shows_others_nothing(client_as, company):
    give(client_as("ada"))
    set_scope(company, scope="grids", grid_ids=[staff(company, "ana").unit_id], staff_id=staff(company, "fu").id)
    assert company.scalar(text("SELECT count(*) FROM permission_grants")) == 0
    set_scope(company, scope="grids", grid_ids=[staff(company, "ana").unit_id], staff_id=staff(company, "chen").id)
    assert company.scalar(text("SELECT count(*) FROM permission_grants")) == 1
    set_scope(company, scope="all")
    with pytest.raises(DBAPIError, match=r"append|permission denied"):
        company.execute(text("UPDATE permission_grants SET until = 'infinity'"))
